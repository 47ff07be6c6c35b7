"""The frame of every command: it reads the command line, and answers a user's mistake with one line.

with one_clear_line():
    main()
"""

import errno
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from types import FrameType
from typing import cast

from backprop86.engines.recipe import BadInput
from backprop86.running.settings import Settings, check_name, stems
from backprop86.running.wording import HYDRA_ERRORS, in_words

PLACE_ERRORS = {
    errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR,
}  # fmt: skip
"""Faults of a folder or a disk that the user named; every other OSError is a bug."""


STOPPING = ("SIGTERM", "SIGHUP")
"""Signals of a scheduler at the end of its time, and of a closed terminal; Windows has no SIGHUP."""


def stop_as_ctrl_c() -> None:
    """Make the signals that end a process raise KeyboardInterrupt in its main thread, as Ctrl-C does."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for name in STOPPING:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)


@contextmanager
def one_clear_line() -> Iterator[None]:
    """Answer a user's mistake with one line and exit status 2, and Ctrl-C with one line; bugs keep a traceback."""
    stop_as_ctrl_c()
    for stream in (sys.stdout, sys.stderr):
        cast(TextIOWrapper, stream).reconfigure(encoding="utf-8")  # a pipe on Windows has no ∂
    try:
        yield
    except BadInput as error:
        _leave(f"error: {error}", 2)
    except HYDRA_ERRORS as error:
        _leave(f"error: {in_words(error, Settings, stems())}", 2)
    except OSError as error:
        if error.errno not in PLACE_ERRORS:
            raise
        place = f"{error.filename} cannot be used: " if error.filename else ""
        _leave(f"error: {place}{error.strerror}", 2)
    except KeyboardInterrupt as stop:
        _leave(f"stopped; {stop}" if stop.args else "stopped", 130)


def _leave(line: str, status: int) -> None:
    print(line.replace("\n", "\\n").replace("\r", "\\r"), file=sys.stderr)  # the typed text may hold line ends
    sys.exit(status)


def arguments(given: list[str]) -> list[str]:
    """Return a command line in Hydra's grammar: output=/tmp/main (1) becomes output="/tmp/main (1)".

    Raises BadInput, in one line, for an unknown experiment: Hydra would accept lists, numbers and null.
    """
    flags = [argument for argument in given if argument in ("-m", "--multirun")]  # Hydra wants them first
    others, several = [argument for argument in given if argument not in flags], bool(flags)
    for argument in others:
        name, _, value = argument.partition("=")
        if not name:
            raise BadInput(f"{argument} must be written as name=value")
        if name == "experiment" and "(" not in value:  # glob(*) is Hydra's
            for one in value.split(",") if several else [value]:
                check_name(one, "; several run with -m" if "," in one else "")
    return flags + [_quoted(argument, several) for argument in others]


def _quoted(argument: str, several: bool) -> str:
    name, _, value = argument.partition("=")
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    if name != "output" or not value or is_quoted or (several and "," in value):
        return argument
    value = os.path.expanduser(value).replace("${", r"\${")
    value = re.sub(r'(\\*)("|$)', lambda found: 2 * found[1] + (found[2] and r"\""), value)
    return f'output="{value}"'
