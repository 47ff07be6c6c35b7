"""The frame of every command: its end at a signal."""

import subprocess
import sys

import pytest

from backprop86.running.cli import STOPPING


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
@pytest.mark.parametrize("name", STOPPING)
def test_a_signal_stops_as_ctrl_c_does(name):
    program = f"""
import os, signal
from backprop86.running.cli import one_clear_line
with one_clear_line():
    os.kill(os.getpid(), signal.{name})
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "stopped\n")
