"""Settings of every test: one thread, and random wirings that CI can repeat."""

import os

import pytest
import torch
from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None)
settings.load_profile("same" if os.environ.get("CI") else "random")


@pytest.fixture(autouse=True)
def one_thread():
    """Tensors are so small that two threads wait for each other, for minutes where the cores have other work."""
    torch.set_num_threads(1)
