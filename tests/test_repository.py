"""Rules for the whole repository: no autograd, a fitting lock, results that fit their runs, a README that runs."""

import ast
import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version

import pyarrow.parquet as pq
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from backprop86.running.settings import load, stems
from helpers import ROOT

SOURCES = [path for folder in ("src", "experiments") for path in (ROOT / folder).rglob("*.py")]
PEERS = ROOT / "experiments" / "peers"
CUDA = ("nvidia-", "cuda-", "triton")
"""Packages that torch brings along on Linux unless it is a CPU build, which the lock is made with."""


AUTOGRAD = ("oracles.py", "graphs.py")
"""The files of gradients/ with autograd: the oracle, and forms whose gradients come through torch."""


def autograd_in(source):
    """Return every place of a source that may differentiate: imports, names, keywords, calls of somebody's backward."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Attribute):
            names = [] if of_ours(node) else [ast.unparse(node), node.attr]
        elif isinstance(node, ast.Call):
            names = [f"{keyword.arg}=" for keyword in node.keywords]
            without_cache = isinstance(node.func, ast.Attribute) and node.func.attr == "backward" and len(node.args) < 2
            names += ["backward"] if without_cache else []
        else:
            names = [node.value] if isinstance(node, ast.Constant) and node.value == "backward" else []
        found += [name for name in names if FORBIDDEN.fullmatch(name)]
    return sorted(found)


def of_ours(attribute):
    """Return whether this is the backward pass of a module of ours, or of a pair that is checked."""
    owner = ast.unparse(attribute.value).removeprefix("self.")
    passes = (
        "Linear",
        "Logistic",
        "Gain",
        "desired_states",
        "error",
        "network",
        "net",
        "methods",
        "self",
        "suspect.pair",
        "layer",
        "entry",
        "function",
    )
    return attribute.attr == "backward" and owner in passes


FORBIDDEN = re.compile(r"(torch\.)?(autograd|func|optim)(\..*)?|functorch|jax(\..*)?|grad|requires_grad[_=]*|backward")


@pytest.mark.parametrize(
    "planted",
    [
        "from torch.autograd import grad",
        "from torch import autograd as a",
        "import torch.autograd.functional",
        "from torch.func import vjp",
        "import functorch",
        "from torch import optim",
        "torch.func.vjp(f, w)",
        "E(w).sum().backward()",
        "E(w).backward(g, retain_graph)",
        "getattr(E, 'backward')()",
        "w = torch.zeros(3, requires_grad=True)",
        "w.requires_grad_()",
        "w.requires_grad = True",
        "step = w.grad",
        "import jax",
    ],
)
def test_a_planted_autograd_is_found(planted):
    assert autograd_in(planted)


@pytest.mark.slow
def test_no_autograd_outside_the_oracles():
    shown = {  # torch's SGD runs beside equation 9; a tensor that somebody handed in is put back as it was; a name
        "pairs.py": ["backward"],
        "whole_runs.py": ["grad", "optim", "torch.optim", "torch.optim.SGD"],
        "memory.py": ["grad", "grad", "grad", "requires_grad", "requires_grad", "requires_grad_"],
    }
    for path in SOURCES:
        found = autograd_in(path.read_text("utf-8"))
        if path.name not in AUTOGRAD and not path.is_relative_to(PEERS):  # the checker's files; other people's ways
            assert found == shown.get(path.name, []), path
    for name in AUTOGRAD:
        assert autograd_in((ROOT / "src/backprop86/gradients" / name).read_text("utf-8"))


LETTER = ["modules", "wiring", "network", "desired_states", "descent"]
ROOMS = ["engines", "gradients", "running", "judging", "report", "explaining", "problems", "figures", "face"]
"""A room imports from the letter, from itself, and from the rooms before it."""
ORDER = [*LETTER, *ROOMS[:2], "testing", "pytest_plugin", *ROOMS[2:]]
"""The files beside the rooms have their places, too."""


def imported(path):
    """Return every module of ours that a file imports, by its dotted name, wherever the import stands."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} has a relative import, which this test does not follow"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.removeprefix("backprop86.") for name in names if name.startswith("backprop86.")}


@pytest.mark.slow
def test_imports_go_one_way():
    package = ROOT / "src" / "backprop86"
    entries = {path.stem for path in package.iterdir() if not path.name.startswith("__") and path.name != "py.typed"}
    assert entries == set(ORDER)
    for path in package.rglob("*.py"):
        own = path.relative_to(package).parts[0].removesuffix(".py")
        used = {name.split(".")[0] for name in imported(path)}
        if own != "__init__":
            assert {name for name in used if ORDER.index(name) > ORDER.index(own)} == set(), path
    assert "gradients.oracles.by_autograd" in imported(package / "explaining" / "first_step.py")
    assert "engines.recipe.Recipe" in imported(package / "problems" / "xor.py")


def test_tests_follow_the_rooms():
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == {"letter", *ROOMS}
    files = [path for path in (ROOT / "tests").rglob("*.py") if path.name.startswith("test_")]
    assert {path.name for path in files if path.parent.name == "tests"} == {"test_repository.py", "test_metadata.py"}
    assert len({path.name for path in files}) == len(files)
    for path in files:
        assert not re.search(r"^(from|import) test_", path.read_text("utf-8"), re.MULTILINE), path


def test_no_circle_inside_a_room():
    package = ROOT / "src" / "backprop86"
    for room in ROOMS:
        files = {path.stem: imported(path) for path in (package / room).glob("[!_]*.py")}
        left = {
            name: {other for other in files for one in used if f"{one}.".startswith(f"{room}.{other}.")}
            for name, used in files.items()
        }
        while free := [name for name, used in left.items() if not used & left.keys()]:
            for name in free:
                del left[name]
        assert left == {}, room


def used_by(path, start=None):
    """Return the names, modules and attributes that a file uses; with `start`, that one function and those it calls."""
    tree = ast.parse(path.read_text("utf-8"))
    own = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    came_from = {
        alias.asname or alias.name: f"{getattr(node, 'module', None) or alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    reached, todo = set(), list(own) if start is None else [start]
    while todo:
        for node in ast.walk(own[todo.pop()]):
            name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
            todo += [name] if name in own and name not in reached else []
            reached |= {name}
    return reached - {None} | {came_from[name] for name in reached if name in came_from}


@pytest.mark.parametrize(
    ("file", "start"),
    [("gradients/high_precision.py", None), ("explaining/pencil.py", None), ("gradients/whole_runs.py", "trajectory")],
)
def test_a_second_implementation_shares_no_code_with_the_first(file, start):
    first = {f"backprop86.{name}" for name in ("modules", "network", "descent", "engines.reference", "engines.kernel")}
    first |= {"descent", "squared_error"}  # Recipe's ways to the same code
    used = used_by(ROOT / "src/backprop86" / file, start)
    assert used & first == set()
    assert used & {"backprop86.wiring", "backprop86.engines.recipe"}
    assert ("torch" in used) == (file == "gradients/whole_runs.py")
    assert used_by(ROOT / "src/backprop86/gradients/whole_runs.py", "with_sgd") & first == {"descent"}


@pytest.mark.slow
def test_functions_fit_a_screen():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 45, f"{path}: {node.name}"


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS = ["bench", "browser", "cluster", "contest", "cuda", "docs"]
AUDIT = "requirements/audit.lock"
"""The lock of the auditors, which have an environment of their own."""
LOCKS = ["requirements/build.lock", "requirements/main.lock", "requirements/torch.lock"]
"""The locks of every installation, in this order; each of the extras has one more."""


def pins(text):
    """Return every requirement of a lock and its hashes."""
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", "").splitlines()
    parts = [[part.strip() for part in line.split("--hash=sha256:")] for line in lines]
    return [(Requirement(requirement), hashes) for requirement, *hashes in parts]


def locked(*files):
    """Return the version of every package that these locks pin on this machine."""
    found = [pin for file in files for pin, _ in pins((ROOT / file).read_text("utf-8"))]
    here = [pin for pin in found if not pin.marker or pin.marker.evaluate()]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in here}


def loose(text):
    """Return the open places of a lock: requirements that allow several versions, or any file."""
    of_one_file = re.compile(r"[0-9a-f]{64}")
    return [
        str(pin)
        for pin, hashes in pins(text)
        if not re.fullmatch(r"==[^*,]+", str(pin.specifier))
        or not hashes
        or not all(of_one_file.fullmatch(one) for one in hashes)
    ]


def test_every_pin_has_a_version_and_hashes():
    files = {path.relative_to(ROOT).as_posix(): path for path in ROOT.glob("requirements/*")}
    assert files.keys() == {*LOCKS, AUDIT, *(f"requirements/{extra}.lock" for extra in EXTRAS)}
    for name, path in files.items():
        of_torch = [f"torch=={locked('requirements/torch.lock')['torch']}"]
        assert loose(path.read_text("utf-8")) == (of_torch if name == LOCKS[2] else []), path
    good = "numba==0.68.1 \\\n    --hash=sha256:" + 64 * "0"
    assert loose(good) == []
    for planted in (good[:13], good[:-1], good.replace("==", ">="), good.replace(".1", ".*"), "numba @ https://a.b/c"):
        assert loose(planted), planted


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_lock_of_an_extra_fits_the_project_and_the_other_locks(extra):
    own, others = locked(f"requirements/{extra}.lock"), locked(*LOCKS)
    for requirement in map(Requirement, PROJECT["project"]["optional-dependencies"][extra]):
        assert requirement.specifier.contains(own[canonicalize_name(requirement.name)]), requirement
    assert [name for name in own if name in others and own[name] != others[name]] == []


def test_every_folder_of_the_package_is_in_the_wheel():
    package = ROOT / "src" / "backprop86"
    folders = {".".join(("backprop86", *path.relative_to(package).parent.parts)) for path in package.rglob("*.py")}
    named = PROJECT["tool"]["setuptools"]["packages"]
    assert set(named) == {"backprop86.conf", *folders}
    assert named == sorted(named)


def test_the_lock_holds_exactly_what_the_project_needs():
    project, locked_here = PROJECT["project"], locked(*LOCKS)
    extras = project["optional-dependencies"]
    assert {*extras} == {"run", "dev", *EXTRAS}
    wanted = project["dependencies"] + extras["run"] + extras["dev"] + PROJECT["build-system"]["requires"]
    wanted = [Requirement(text) for text in wanted]
    seen = set()
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        if (requirement.marker and not requirement.marker.evaluate({"extra": ""})) or name.startswith(CUDA):
            continue
        assert name in locked_here, f"{name} is in no lock"
        assert requirement.specifier.contains(locked_here[name]), f"{name} {locked_here[name]} is locked: {requirement}"
        if name not in seen:
            seen.add(name)
            wanted += [Requirement(text) for text in _requires(name, locked_here[name])]
    assert set(locked_here) == seen


def _requires(name, of_version):
    try:
        assert Version(version(name)).public == of_version, f"{name} {version(name)} is installed, not as locked"
        return requires(name) or []
    except PackageNotFoundError:
        pytest.fail(f"{name} is in the locks but not installed")


def test_the_readme_examples_run(capsys):
    page = (ROOT / "README.md").read_text("utf-8")
    own, *_ = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(own, {})
    (printed,) = re.findall(r"```text\n(input.*?)```", page, re.DOTALL)
    right, wrong = capsys.readouterr().out.splitlines()
    assert wrong == printed.splitlines()[1]
    assert re.sub(r"\de-1\d", "", right) == re.sub(r"\de-1\d", "", printed.splitlines()[0])  # rounding, of any machine


def test_nothing_of_ours_uses_the_peers():
    imports = re.compile(r"^\s*(from|import) (peers|benchmark)\b", re.MULTILINE)
    uses = [path for path in SOURCES if imports.search(path.read_text("utf-8")) and not path.is_relative_to(PEERS)]
    assert sorted(path.name for path in uses) == ["benchmark.py", "check_gpu.py", "contest.py"]


def test_every_file_that_a_page_links_to_is_there():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "results/README.md"]
    links = {page: re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")) for page in pages}
    assert len(links[ROOT / "README.md"]) > 20
    local = [page.parent / link for page in pages for link in links[page] if not link.startswith("http")]
    assert [path for path in local if not path.exists()] == []


@pytest.mark.results
@pytest.mark.slow
def test_the_committed_runs_have_their_thousand_seeds():
    for settings in (load(stem, output=ROOT / "results") for stem in stems()):
        if settings.experiment.by_itself and not settings.runs_file.is_file():
            continue
        experiment = settings.experiment
        rows = pq.read_table(settings.runs_file, columns=["variant", "reading", "seed"]).to_pandas()
        seeds = rows.groupby(["variant", "reading"], sort=False)["seed"].agg(list)
        assert seeds.index.tolist() == [experiment.place_of(name) for name in experiment.every_reading]
        assert all(some == list(range(experiment.seeds)) for some in seeds)
    assert sum(path.stat().st_size for path in (ROOT / "results").rglob("*") if path.is_file()) < 20e6


RUNS_TEXT = re.compile(
    r"(c?pickle|_pickle|dill|cloudpickle|marshal|shelve|joblib)\.(loads?|open|Unpickler)|(builtins\.)?(eval|exec|compile)"
    r"|torch\.load|(pd|pandas)\.read_pickle|yaml\.(unsafe_|full_)?load(_all)?|os\.(system|popen)"
    r"|subprocess\.(getoutput|getstatusoutput)|allow_pickle|shell"
)
"""Calls that may run the contents of a text or a file; `safe_load` is safe. The last two are keywords."""


def runs_text_in(source):
    """Return every place of a source that may run its input, under any imported name."""
    tree, found = ast.parse(source), []
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom):
            known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            first, dot, rest = ast.unparse(node).partition(".")
            found.append(known.get(first, first) + dot + rest)
        elif isinstance(node, ast.keyword) and not (isinstance(node.value, ast.Constant) and node.value.value is False):
            found.append(node.arg or "")
    return sorted(name for name in found if RUNS_TEXT.fullmatch(name))


@pytest.mark.parametrize(
    "planted",
    [
        "import pickle; pickle.loads(text)",
        "import pickle as p; p.load(file)",
        "from pickle import loads; loads(text)",
        "from pickle import Unpickler as U; U(file).load()",
        "eval('1')",
        "run = exec",
        "import builtins; builtins.eval('1')",
        "import torch; torch.load(path)",
        "from torch import load; load(path)",
        "import yaml; yaml.load(text, Loader=yaml.Loader)",
        "from yaml import unsafe_load; unsafe_load(text)",
        "import numpy as np; np.load(path, allow_pickle=True)",
        "import subprocess; subprocess.run(line, shell=True)",
        "subprocess.run(line, shell=yes)",
        "import os; os.system('ls')",
        "from os import popen as start; start('ls')",
        "import pandas as pd; pd.read_pickle(path)",
    ],
)
def test_a_planted_call_that_runs_text_is_found(planted):
    assert runs_text_in(planted)


@pytest.mark.slow
def test_nothing_that_is_read_is_run():
    sealed = {
        "compiling.py": ["pickle.loads"],  # numba's own, of which a seal is compared first
        "planting.py": ["exec"],  # the source of a backward pass in this package, with an edit that stands beside it
    }
    for path in SOURCES:
        assert runs_text_in(path.read_text("utf-8")) == sealed.get(path.name, []), path
    source = ast.parse((ROOT / "src/backprop86/engines/compiling.py").read_text("utf-8"))
    (loads,) = [node for node in ast.walk(source) if isinstance(node, ast.FunctionDef) and node.name == "load_overload"]
    assert "payload = kept(" in ast.unparse(loads)  # which returns nothing without its seal
    assert runs_text_in("import re; re.compile('a'); from yaml import safe_load; safe_load(a); f(shell=False)") == []
