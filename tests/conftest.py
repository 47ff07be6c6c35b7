"""Settings of every test: one thread, and random wirings that CI can repeat; a browser where one is at hand."""

import os
import shutil

import pytest
import torch
from hypothesis import settings

import counts

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None)
settings.load_profile("same" if os.environ.get("CI") else "random")


def pytest_addoption(parser):
    parser.addoption("--thorough", action="store_true", help="run every test with its full counts (an hour)")


def pytest_configure(config):
    os.environ[counts.NAME] = "yes" if config.getoption("thorough") else ""


@pytest.fixture(autouse=True)
def one_thread():
    """Use one thread: tensors are so small that two threads would wait for each other, for minutes on busy cores."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def browser():
    """Return a Chromium without a screen."""
    why = "needs what requirements/browser.lock has and a chromium on the PATH"
    api = pytest.importorskip("playwright.sync_api", reason=why)
    found = [path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))]
    if not found:
        pytest.skip(why)
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found[0], args=["--no-sandbox"])
        yield browser
        browser.close()
