"""Killing a run again and again, alone, beside another run and on a full disk: are rows lost, or changed?

python experiments/torture.py              50 kills, some five minutes
python experiments/torture.py --hours 1    kills for an hour

Each time the program starts a command and stops it by a signal after a while. Every finished range of seeds must then
still exist with the same bytes, and whenever the run comes to its end its rows must be those of an undisturbed run.
"""

import argparse
import hashlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from rich.progress import track

from backprop86.running.cli import one_clear_line

RUN = Path(__file__).with_name("run.py")
ASKED = ["experiment=xor", "reading=as_printed", "seeds=80000", "experiment.recipe.sweeps=1000000"]
"""Forty ranges of a tenth of a second to a second each."""
SIGNALS = ["SIGKILL"] * 3 + ["SIGTERM", "SIGHUP", "SIGINT"]


@dataclass
class Found:
    """Counts of kills, of finished ranges and of faults."""

    kills: Counter[str] = field(default_factory=Counter)  # alone, two writers, full disk -> processes
    seen: dict[str, str] = field(default_factory=dict)  # of the present run: range -> digest of its file
    ranges: int = 0  # ranges that were finished at a kill
    wholes: int = 0  # runs that came to their end
    lost: int = 0
    changed: int = 0


def start(output: Path, most_bytes: int | None = None) -> subprocess.Popen:
    """Start the run with a limit of `most_bytes` on the size of a file, as on a full disk."""

    def limit() -> None:
        if most_bytes is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    command = [sys.executable, str(RUN), *ASKED, f"output={output}"]
    return subprocess.Popen(command, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=limit)


def digests(output: Path) -> dict[str, str]:
    """Return every range in the folder, with the digest of its file."""
    paths = (output / "ranges").rglob("*.parquet")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def look(output: Path, whole: bytes, found: Found) -> None:
    """Compare the folder with its earlier contents, and with the rows of an undisturbed run."""
    now, made = digests(output), output / "runs" / "xor.parquet"
    if made.is_file():
        found.wholes += 1
        found.changed += made.read_bytes() != whole
        shutil.rmtree(output)
        found.seen = {}
        return
    found.lost += len(found.seen.keys() - now.keys())
    found.changed += sum(now[name] != digest for name, digest in found.seen.items() if name in now)
    found.ranges += len(now.keys() - found.seen.keys())
    found.seen |= now


def kill_once(output: Path, generator: random.Random, found: Found, longest: float) -> None:
    """Start a run, two at once, or one on a full disk, and stop each at its own random moment, after `longest` seconds
    at most.
    """
    kind = generator.choice(["alone", "alone", "two writers", "full disk"])
    running = [start(output, 1_000 if kind == "full disk" else None) for _ in range(2 if kind == "two writers" else 1)]
    for process in running:
        time.sleep(generator.uniform(0, longest / len(running)))
        name = generator.choice(SIGNALS)
        process.send_signal(getattr(signal, name))
        _, err = process.communicate()
        found.kills[kind] += 1
        told = err.splitlines()[-1:]
        is_full = kind == "full disk" and process.returncode == 2 and "could not be written" in told[0]
        if not is_full and process.returncode not in (0, 130, -getattr(signal, name)):
            raise RuntimeError(f"status {process.returncode} after {name}, {kind}: {err[-2000:]}")


def main() -> int:
    """Kill runs, and report the rows; return 1 if one was lost or changed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50, help="number of kills (50)")
    parser.add_argument("--hours", type=float, default=0.0, help="go on for this time instead")
    parser.add_argument("--seed", type=int, default=1986, help="seed of the random moments (1986)")
    given = parser.parse_args()
    found, generator, until = Found(), random.Random(given.seed), time.monotonic() + 3600 * given.hours
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "killed"
        began = time.monotonic()
        start(Path(folder) / "whole").communicate()
        lasted = time.monotonic() - began  # an undisturbed run, so that a slow machine has time to finish some ranges
        whole = (Path(folder) / "whole" / "runs" / "xor.parquet").read_bytes()
        for _ in track(range(1_000_000 if given.hours else given.kills), "killing", total=given.kills):
            if given.hours and time.monotonic() > until:
                break
            kill_once(output, generator, found, lasted)
            look(output, whole, found)
        while output.exists() or not found.wholes:  # to the end, unless the last run came there
            start(output).communicate()
            look(output, whole, found)
    print(report(found))
    return 1 if found.lost or found.changed else 0


def report(found: Found) -> str:
    """Return the closing lines."""
    of_each = ", ".join(f"{n} {kind}" for kind, n in sorted(found.kills.items()))
    return (
        f"{found.kills.total()} kills ({of_each}); {found.ranges} ranges of seeds were finished in between,\n"
        f"and {found.wholes} times the run came to its end all the same\n"
        f"ranges lost: {found.lost}; files changed: {found.changed}"
    )


if __name__ == "__main__":
    with one_clear_line():
        status = main()
    sys.exit(status)
