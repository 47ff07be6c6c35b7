"""The engine of the page, asked from Python: in Node, and in a Firefox; Chromium is Playwright's."""

import json
import shutil
import socket
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from helpers import ROOT

PAGE = ROOT / "page"
IN_NODE = Path(__file__).parent / "in_node.mjs"
HOUR = 3_600_000
"""Milliseconds that a page may take: a hundred runs of a large net take minutes."""


def node(*words, given=b""):
    """Return what a program says in Node; a test is skipped where there is none."""
    if not shutil.which("node"):
        pytest.skip("needs node on the PATH")
    return subprocess.run(["node", *words], input=given, check=True, stdout=subprocess.PIPE).stdout


def computed(what, dtype, numbers):
    """Return fma of rows of three numbers, or the logistic of numbers."""
    given = np.ascontiguousarray(numbers, dtype=np.float64).tobytes()
    return np.frombuffer(node(IN_NODE, what, dtype, given=given), np.float64)


def told(what, tasks):
    """Return the start, or the end in training, of each seed of each task, {"replay", "seeds", "sweeps"}."""
    return json.loads(node(IN_NODE, what, given=json.dumps(tasks).encode()))


def numbers(text):
    """Return the numbers whose bytes a text says in hexadecimal digits, all NaN as one."""
    found = np.frombuffer(bytes.fromhex(text), np.float64)
    return np.where(np.isnan(found), np.nan, found)


def site(folder):
    """Build the classic script into a folder, beside an empty page with a strict policy; return the page's address."""
    if not (PAGE / "node_modules").is_dir():
        pytest.skip("needs npm ci in page/")
    node(PAGE / "build.js", folder)
    policy = "default-src 'none'; script-src file:; worker-src blob:"
    head = f'<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
    page = folder / "index.html"
    page.write_text(f'{head}<title>The engine</title><script src="engine.js"></script>', "utf-8")
    return page.as_uri()


SETTLED = """() => {
  const player = globalThis.backprop86?.player;
  return player?.curves && !player.isBusy && !player.isPlaying && !document.body.classList.contains("waiting");
}"""
DRAWN = "new Promise((resume) => requestAnimationFrame(() => requestAnimationFrame(resume)))"
"""The last state is drawn in the next frame."""


def ready(page):
    """Wait until the page shows its place, and nothing moves."""
    page.wait_for_function(SETTLED)
    page.evaluate(DRAWN)
    return page


class Firefox:
    """A Firefox without a screen, spoken to by its own protocol, Marionette: it needs no other program."""

    def __init__(self, folder):
        """Start one with a profile of its own; a test is skipped where there is none."""
        program = shutil.which("firefox") or shutil.which("firefox-esr") or pytest.skip("needs firefox on the PATH")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (folder / "user.js").write_text(f'user_pref("marionette.port", {self.port});\n')
        words = ["--headless", "--marionette", "--no-remote", "--profile", folder]
        self.process = subprocess.Popen([program, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.socket = self._connected()
        self.stream = self.socket.makefile("rwb")
        self._read()
        self.number = 0
        self.ask("WebDriver:NewSession", {})
        self.ask("WebDriver:SetTimeouts", {"script": HOUR})

    def _connected(self):
        for _ in range(300):
            try:
                return socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                time.sleep(0.1)
        raise AssertionError("Firefox did not answer within half a minute")

    def _read(self):
        length = b""
        while (one := self.stream.read(1)) != b":":
            length += one
        return json.loads(self.stream.read(int(length)))

    def ask(self, command, about):
        """Return the answer to a command of Marionette."""
        self.number += 1
        text = json.dumps([0, self.number, command, about]).encode()
        self.stream.write(b"%d:%s" % (len(text), text))
        self.stream.flush()
        _, _, error, answer = self._read()
        assert error is None, error
        return answer

    def goto(self, address):
        """Open a page."""
        self.ask("WebDriver:Navigate", {"url": address})

    def evaluate(self, function, given=None):
        """Return what an asynchronous function of the page's own answers, given one value."""
        script = f"const [given, keep] = arguments; ({function})(given).then(keep, (error) => keep(String(error)));"
        about = {"script": script, "args": [given], "newSandbox": False, "sandbox": None}
        return self.ask("WebDriver:ExecuteAsyncScript", about)["value"]

    def close(self):
        """End it."""
        self.ask("Marionette:Quit", {"flags": ["eForceQuit"]})
        self.process.wait(30)
        self.stream.close()
        self.socket.close()
