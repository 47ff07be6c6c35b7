"""What the repository says of itself to machines must be true: versions, licences, files, commands, locks, imports."""

import ast
import importlib.util
import json
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import backprop86
from backprop86.report.croissant import LETTER, LICENCE
from backprop86.running.settings import CONF
from helpers import ROOT

LOCKS = [f"requirements/{name}.lock" for name in ("build", "main", "torch")]


def text(place):
    return (ROOT / place).read_text("utf-8")


PROJECT = tomllib.loads(text("pyproject.toml"))
CITATION = yaml.safe_load(text("CITATION.cff"))
CODEMETA, ZENODO = json.loads(text("codemeta.json")), json.loads(text(".zenodo.json"))
DOCKERFILE, MAKEFILE = text("Dockerfile"), text("Makefile")
MANIFEST = yaml.safe_load(text(".adduce/manifest.yaml"))
WORKFLOW = yaml.safe_load(text(".github/workflows/ci.yml"))
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
PYTHONS = SpecifierSet(PROJECT["project"]["requires-python"])


def test_every_version_and_date_is_the_same():
    version, date = re.search(r"^## (\S+), (\S+)$", text("CHANGELOG.md"), re.MULTILINE).groups()
    said = [PROJECT["project"]["version"], backprop86.__version__, CITATION["version"]]
    assert [*said, CODEMETA["version"], ZENODO["version"]] == 5 * [version]
    assert re.search(r"^## .*$", text("CHANGELOG.md"), re.MULTILINE)[0] == f"## {version}, {date}"
    dates = [str(CITATION["date-released"]), CODEMETA["datePublished"], CODEMETA["dateModified"]]
    assert [*dates, ZENODO["publication_date"]] == 4 * [date]


def test_every_licence_is_the_same():
    assert text("LICENSE").startswith("MIT License\n")
    said = [PROJECT["project"]["license"], CITATION["license"], ZENODO["license"]]
    assert [*said, CODEMETA["license"].removeprefix("https://spdx.org/licenses/")] == 4 * ["MIT"]
    (results,) = CODEMETA["hasPart"]
    assert results["license"] == "https://spdx.org/licenses/CC-BY-4.0"
    assert MANIFEST["datasets"][0]["license"] == "CC-BY-4.0"
    assert LICENCE in text("results/LICENSE")


def test_title_authors_letter_and_keywords_are_the_same():
    assert ZENODO["title"] == CITATION["title"] == MANIFEST["paper"]["title"]
    (author,), (creator,), (maker,) = CITATION["authors"], ZENODO["creators"], CODEMETA["author"]
    assert author["name"] == creator["name"] == maker["name"]
    assert ZENODO["keywords"] == CODEMETA["keywords"]
    (publication,), (related,) = CODEMETA["referencePublication"], ZENODO["related_identifiers"]
    letter = CITATION["references"][0]
    assert [publication["@id"], related["identifier"], letter["doi"]] == [LETTER, *2 * [LETTER.split("org/")[1]]]
    assert publication["name"] == letter["title"]
    assert [line[: line.index(",")] for line in ZENODO["references"]] == [
        one["authors"][0]["family-names"] for one in CITATION["references"]
    ]


def test_codemeta_and_zenodo_keep_to_their_vocabularies():
    assert CODEMETA["@context"] == "https://w3id.org/codemeta/3.0"
    assert CODEMETA["@type"] == "SoftwareSourceCode"
    assert ZENODO["upload_type"] == "software"
    assert ZENODO["access_right"] == "open"
    assert ZENODO["related_identifiers"][0].items() >= {"relation": "references", "scheme": "doi"}.items()


def test_codemeta_has_the_requirements_of_the_project():
    wanted = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
    said = {one["name"]: SpecifierSet(one["version"]) for one in CODEMETA["softwareRequirements"]}
    assert said == {one.name: one.specifier for one in wanted}
    assert CODEMETA["runtimePlatform"] == f"Python {PROJECT['project']['requires-python']}"


def imports(path):
    """Return the packages that a file imports, wherever the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module.split(".")[0]}
    return found


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["src", "experiments", "tests"])
def test_every_import_is_declared(folder):
    project = PROJECT["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values(), PROJECT["build-system"]["requires"]]
    declared = {canonicalize_name(Requirement(line).name) for lines in lists for line in lines} | {"backprop86"}
    declared |= {"packaging"} if folder == "tests" else set()  # pytest brings it
    own = {path.stem for path in [*(ROOT / "experiments").rglob("*"), *(ROOT / "tests").rglob("*")]}
    names = {"cuda": ["cuda-core"], **packages_distributions()}
    for path in (ROOT / folder).rglob("*.py"):
        others = imports(path) - sys.stdlib_module_names - own - {"backprop86"}
        undeclared = {one for one in others if not {canonicalize_name(n) for n in names.get(one, [one])} & declared}
        assert undeclared == set(), path


def test_the_dockerfile_installs_with_the_locks_and_runs_as_nobody_special():
    stages = dict(re.findall(r"^FROM (\S+) AS (\w+)$", DOCKERFILE, re.MULTILINE))
    base, *rest = stages
    assert rest == ["system"]  # the second stage begins with the first
    python = re.fullmatch(r"python:(\d+\.\d+\.\d+)-slim-bookworm", base)[1]
    assert python in PYTHONS
    assert MANIFEST["environment"]["python"] == python.rpartition(".")[0]
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE)[-1] == "1000"
    assert "RUN make .venv/ready" in DOCKERFILE
    assert json.loads(re.search(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)[1]) == ["make", "check"]
    recipe = re.search(r"^\.venv/ready:.*?\n\n", MAKEFILE, re.MULTILINE | re.DOTALL)[0]
    assert re.findall(r"-r (\S+\.lock)", recipe) == LOCKS
    left_out = [line for line in text(".dockerignore").splitlines() if not line.startswith("#")]
    assert not {"requirements", "src", "conf", "results", "results/runs", "experiments", "pyproject.toml"} & {*left_out}


def test_the_devcontainer_is_a_stage_of_the_dockerfile():
    said = json.loads(text(".devcontainer/devcontainer.json"))
    assert (ROOT / ".devcontainer" / said["build"]["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert f"AS {said['build']['target']}\n" in DOCKERFILE
    assert f"useradd --create-home --uid 1000 {said['remoteUser']}" in DOCKERFILE
    assert said["updateContentCommand"].startswith("make .venv/ready ")


def test_the_workflow_runs_ci_and_every_python_and_system():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    steps = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", one) for one in used)
    whole, fast = WORKFLOW["jobs"]["whole"], WORKFLOW["jobs"]["fast"]
    assert "bash .ci/run" in [step.get("run") for step in whole["steps"]]
    assert whole["container"] == re.search(r"FROM (\S+)", DOCKERFILE)[1].replace("-slim", "")
    matrix = fast["strategy"]["matrix"]["include"]
    assert {one["os"].split("-")[0] for one in matrix} == {"ubuntu", "macos", "windows"}
    pythons = {one["python"] for one in matrix} | {"3.11"}
    assert pythons == {f"3.{minor}" for minor in range(30) if f"3.{minor}" in PYTHONS}
    lines = "\n".join(step.get("run", "") for step in fast["steps"])
    assert re.findall(r"-r (\S+)", lines) == LOCKS
    assert "--require-hashes --no-build-isolation -r requirements/main.lock" in lines
    assert "-m pytest" in lines


def test_ci_runs_the_auditors_of_the_lock():
    assert "\nmake audit " in text(".ci/run")
    recipe = re.search(r"^audit:.*?\n\n", MAKEFILE, re.MULTILINE | re.DOTALL)[0]
    assert "--require-hashes -r requirements/audit.lock" in recipe
    assert ".ci/audit.py" in recipe
    assert {"adduce", "rrdoctor"} <= set(re.findall(r"^(\w+)==", text("requirements/audit.lock"), re.MULTILINE))


def test_every_false_alarm_of_the_auditors_has_a_reason():
    listed = re.search(r"^\[tool\.adduce\].*", text("pyproject.toml"), re.MULTILINE | re.DOTALL)[0].splitlines()
    alarms = [line for line in listed if '"R-' in line]
    alarms += [line for line in text(".ci/rrdoctor.yml").splitlines() if "enabled: false" in line]
    assert len(alarms) > 5
    assert [line for line in alarms if not re.search(r"# \w[^#]{30,}$", line)] == []


@pytest.fixture
def audit():
    """The script of CI."""
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ONE = {"rule_id": "R-ENV-003", "message": "no container", "suppressed": False}


def test_an_open_finding_of_an_auditor_is_named(audit):
    found = [ONE | {"status": status} for status in ("pass", "partial", "fail", "n/a")]
    assert audit.open_findings("adduce", {"findings": found}) == 2 * ["adduce R-ENV-003: no container"]
    assert audit.open_findings("adduce", {"findings": [ONE | {"status": "fail", "suppressed": True}]}) == []
    assert audit.open_findings("rrdoctor", {"findings": [ONE]}) == ["rrdoctor R-ENV-003: no container"]


@pytest.mark.parametrize(
    ("doctor", "adduce", "wrong"),
    [
        ({}, {}, None),
        ({"score": 89}, {}, "90 points"),
        ({"readiness": {"level": "Available"}}, {}, "Functional or Reproduced-ready"),
        ({"findings": [ONE]}, {}, "^rrdoctor R-ENV-003: no container$"),
        ({}, {"tier": "Bronze"}, "^adduce must give Silver or Gold$"),
        ({}, {"findings": [ONE | {"status": "partial"}]}, "^adduce R-ENV-003: no container$"),
    ],
)
def test_ci_fails_if_an_auditor_is_not_content(audit, monkeypatch, doctor, adduce, wrong):
    reports = {
        "rrdoctor": {"readiness": {"level": "Functional"}, "score": 90, "findings": []} | doctor,
        "adduce": {"total": 75.0, "tier": "Silver", "findings": []} | adduce,
    }
    monkeypatch.setattr(audit, "found_by", reports.get)
    if wrong is None:
        audit.main()
    else:
        with pytest.raises(SystemExit, match=wrong):
            audit.main()


def test_the_hooks_have_the_versions_of_the_lock():
    (repo,) = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    assert repo["repo"] == "local"
    for hook in repo["hooks"]:
        (needed,) = hook["additional_dependencies"]
        name, _, version = needed.partition("==")
        assert version
        assert name != "ruff" or f"\n{needed} \\" in text("requirements/main.lock")
    assert [hook["id"] for hook in repo["hooks"]][:2] == ["ruff", "ruff-format"]


def test_the_manifest_names_claims_commands_and_files_that_are_there():
    for claim in MANIFEST["claims"]:
        made = claim["produced_by"]
        told = yaml.safe_load(text(made["config"]))
        (said,) = [one for one in told["claims"] if one["id"] == claim["id"]]
        assert said["source"] == claim["where"]
        assert claim["seeds"] == [0, told["seeds"] - 1]
        assert made["command"].removeprefix("make ") in TARGETS
        assert (ROOT / made["config"]).is_relative_to(CONF)
        assert (ROOT / made["data"]).is_file()
        assert (ROOT / made["log"]).is_file()
    environment = MANIFEST["environment"]
    assert all((ROOT / place).is_file() for place in (environment["lockfile"], environment["container"]))
    assert MANIFEST["smoke"]["command"].removeprefix("make ") in TARGETS


@pytest.mark.results
def test_the_manifest_names_the_companions_of_the_rows():
    (rows,) = MANIFEST["datasets"]
    assert (ROOT / rows["checksum"]).is_file()
    assert json.loads(text(rows["croissant"]))["license"] == LICENCE


PAGES = ["results/README.md", "SECURITY.md", "CONTRIBUTING.md", ".github/PULL_REQUEST_TEMPLATE.md"]


@pytest.mark.parametrize("page", PAGES)
def test_the_links_and_commands_of_a_page_are_there(page):
    links = re.findall(r"\]\(([^)#]+)\)", text(page))
    assert [link for link in links if ":" not in link and not (ROOT / page).parent.joinpath(link).exists()] == []
    commands = re.findall(r"`make ([a-z]+)", text(page))
    assert [one for one in commands if one not in TARGETS] == []
    assert links or commands or page == "SECURITY.md"


@pytest.mark.parametrize("form", ["bug", "wrong_number"])
def test_an_issue_form_asks_each_question_once(form):
    said = yaml.safe_load(text(f".github/ISSUE_TEMPLATE/{form}.yml"))
    assert {"name", "description", "body"} <= said.keys()
    questions = [part["id"] for part in said["body"]]
    assert len(set(questions)) == len(questions) >= 3
    assert all(part["attributes"]["label"] for part in said["body"])


@pytest.mark.parametrize("section", ["*.py", "Makefile"])
def test_the_editor_keeps_to_the_style_of_the_linter(section):
    found = re.search(rf"^\[{re.escape(section)}\]\n((?:\w+ = .*\n)+)", text(".editorconfig"), re.MULTILINE)[1]
    if section == "*.py":
        assert f"max_line_length = {PROJECT['tool']['ruff']['line-length']}\n" in found
    else:
        assert found == "indent_style = tab\n"
