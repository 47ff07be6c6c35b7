"""The 1986 back-propagation experiments, with every backward pass written by hand.

import backprop86 as bp

Python imports a name when it is first used, so `import backprop86` is quick and needs neither torch nor pandas.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import backprop86.testing as testing
    from backprop86.descent import Descent
    from backprop86.engines.recipe import Recipe
    from backprop86.face.catalogue import experiments
    from backprop86.face.pages import explain
    from backprop86.face.rows import read_runs, run, verify
    from backprop86.face.verdicts import judge
    from backprop86.gradients.gradcheck import gradcheck
    from backprop86.modules import Gain, Linear, Logistic, SquaredError
    from backprop86.network import Network, initial_weights
    from backprop86.wiring import Wiring, layered, unroll, wire

# MKL otherwise picks its kernel by the address of a matrix, so that the last bit of seed 17's gradient would depend on
# the other seeds of its batch. Its reproducible mode must be set before its first use.
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")

__version__ = "0.2.0"

__all__ = [
    "Descent",
    "Gain",
    "Linear",
    "Logistic",
    "Network",
    "Recipe",
    "SquaredError",
    "Wiring",
    "__version__",
    "experiments",
    "explain",
    "gradcheck",
    "initial_weights",
    "judge",
    "layered",
    "read_runs",
    "run",
    "testing",
    "unroll",
    "verify",
    "wire",
]
HOMES = {
    "modules": ("Gain", "Linear", "Logistic", "SquaredError"),
    "wiring": ("Wiring", "layered", "unroll", "wire"),
    "network": ("Network", "initial_weights"),
    "descent": ("Descent",),
    "engines.recipe": ("Recipe",),
    "gradients.gradcheck": ("gradcheck",),
    "face.rows": ("read_runs", "run", "verify"),
    "face.verdicts": ("judge",),
    "face.pages": ("explain",),
    "face.catalogue": ("experiments",),
}
"""The public names by the file that defines them; `testing` is a file itself."""
HOME = {name: home for home, names in HOMES.items() for name in names}
OF_RUN = ("PIL", "filelock", "llvmlite", "matplotlib", "numba", "pyarrow", "rich", "scipy", "seaborn")
"""The packages of the extra `run`, under the names that Python imports."""


def __getattr__(name: str) -> Any:
    """Import a name at its first use; ImportError, in one line, if it needs the extra `run`."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        if name == "testing":
            return import_module("backprop86.testing")
        found = getattr(import_module(f"backprop86.{HOME[name]}"), name)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in OF_RUN:
            raise
        how = "pip install 'backprop86[run]'"
        raise ImportError(f"backprop86.{name} needs {missing}, which is not installed: {how}", name=missing) from error
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
