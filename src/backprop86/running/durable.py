"""Files that are complete or absent, whatever process is killed and whenever the power fails."""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from backprop86.engines.recipe import BadInput

HOST = re.sub(r"\W", "_", socket.gethostname())
ASIDE = re.compile(rf".*\.{HOST}\.(\d+)\.unfinished")
"""The name of an unfinished file, with its process and machine, since other machines may use the same folder."""


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; the finished file is moved to `path` once it is on the disk.

    A link stays a link, and the file that it names is replaced. BadInput, in one line, names a file that does not fit
    on the disk or may not be replaced; the old file is then unchanged.
    """
    place = path.resolve()
    aside = place.with_name(f"{place.name}.{HOST}.{os.getpid()}.unfinished")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        _synced(aside, os.O_RDWR)
        aside.replace(place)
        if os.name != "nt":  # Windows cannot open a folder
            _synced(place.parent, os.O_RDONLY)
    except OSError as error:
        raise BadInput(f"{path} could not be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)


def _synced(path: Path, flags: int) -> None:
    """Wait until the content is on the disk: otherwise a power cut may leave the name without the content."""
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_left_overs(folder: Path) -> None:
    """Remove the unfinished files of killed processes of this machine."""
    for path in folder.glob("*.unfinished"):
        found = ASIDE.fullmatch(path.name)
        if found and not is_at_work(int(found[1])):
            with suppress(OSError):
                path.unlink()


def is_at_work(process: int) -> bool:
    """Return whether another process of this machine has this number."""
    if process == os.getpid():
        return False
    if os.name == "nt":  # os.kill would end it there
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # the process belongs to another user
        pass
    return True
