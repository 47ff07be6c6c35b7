"""The names of `import backprop86`: imported at their first use, and each the right object."""

import subprocess
import sys
from importlib import import_module
from types import FunctionType, ModuleType

import pytest

import backprop86 as bp
from helpers import ROOT

ELSEWHERE = {"gradcheck", "testing"}
"""Names that have tests of their own."""


def fresh(code):
    """Return the output of a new Python."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_nothing_is_imported_before_it_is_used():
    heavy = "sorted({'torch', 'pandas', 'numpy', 'numba', 'hydra'} & sys.modules.keys())"
    assert fresh(f"import sys, backprop86; print({heavy})") == "[]\n"
    timed = "import time; t = time.perf_counter(); import backprop86; print(time.perf_counter() - t)"
    assert min(float(fresh(timed)) for _ in range(3)) < 0.3
    assert fresh(f"import sys, backprop86; backprop86.layered; print({heavy})") == "['numpy']\n"


def test_every_name_is_there():
    assert dir(bp) == bp.__all__ == sorted(bp.__all__)
    for name in set(bp.__all__) - ELSEWHERE - {"__version__"}:
        found = getattr(bp, name)
        assert found.__name__ == name
        assert found.__doc__
        assert found.__module__ == f"backprop86.{bp.HOME[name]}"
    assert set(bp.HOME) | {"testing", "__version__"} == set(bp.__all__)
    with pytest.raises(AttributeError, match=r"^module 'backprop86' has no attribute 'nonsense'$"):
        _ = bp.nonsense


def test_no_name_turns_into_a_module():
    for name in ("explaining.command", "running.run", "running.verify", "judging.ledger", "wiring", "network"):
        import_module(f"backprop86.{name}")
    for name in ("explain", "run", "verify", "judge", "wire"):
        assert isinstance(getattr(bp, name), FunctionType), name
    assert not [name for name in bp.__all__ if isinstance(vars(bp).get(name), ModuleType) and name != "testing"]


@pytest.mark.slow
def test_what_needs_no_extra():
    files = sorted((ROOT / "src" / "backprop86").glob("problems/*.py"))
    names = [f"problems.{file.stem}" for file in files if file.stem != "__init__"]
    names += ["face.pages", "face.catalogue", "gradients.gradcheck", "gradients.high_precision"]
    code = f"import sys; from importlib import import_module\nsys.modules |= dict.fromkeys({bp.OF_RUN})\n"
    assert len(names) > 25
    assert fresh(f"{code}for name in {names}: import_module(f'backprop86.{{name}}')\nprint('done')") == "done\n"


@pytest.mark.slow
def test_a_name_that_needs_the_extra_says_so():
    hidden = "import sys; sys.modules['{0}'] = None; import backprop86 as bp; bp.{1}"
    for module, name in (("pyarrow", "run"), ("numba", "run"), ("scipy", "judge"), ("rich", "verify")):
        with pytest.raises(subprocess.CalledProcessError) as error:
            fresh(hidden.format(module, name))
        line = f"ImportError: backprop86.{name} needs {module}, which is not installed: pip install 'backprop86[run]'"
        assert error.value.stderr.splitlines()[-1] == line
    with pytest.raises(subprocess.CalledProcessError) as error:
        fresh(hidden.format("jinja2", "explain"))
    assert "backprop86[run]" not in error.value.stderr  # it is in the base set
