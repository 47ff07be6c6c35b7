"""examples/backprop_by_hand.ipynb: the functions of the .py, the outputs of a run, and nothing of the machine."""

import ast
import json
import re
import subprocess
import sys

import pytest

from helpers import ROOT
from notebooks import METADATA

NOTEBOOK = ROOT / "examples" / "backprop_by_hand.ipynb"
COMMITTED = json.loads(NOTEBOOK.read_text("utf-8"))


def source_of(notebook):
    """Return the code of all cells, in order."""
    return "\n\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code")


def functions(source):
    """Return the text of each function by its name."""
    found = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return {node.name: ast.get_source_segment(source, node) for node in found}


def constants(source):
    """Return the lines that set a name in capitals."""
    return {line for line in source.splitlines() if re.match(r"[A-Z_, ]+ = ", line)}


def said(notebook):
    """Return all that the cells print and return as text; of a picture, that it is there."""
    found = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            assert output["output_type"] in ("stream", "execute_result", "display_data"), output
            data = output.get("data", {})
            found.append((cell["id"], "".join(output.get("text", data.get("text/plain", ""))), "image/png" in data))
    return found


def test_the_functions_are_those_of_the_file():
    file = (ROOT / "examples" / "backprop_by_hand.py").read_text("utf-8")
    own, theirs = functions(source_of(COMMITTED)), functions(file)
    assert theirs.pop("main")  # its lines stand in the cells
    assert {name: own.get(name) for name in theirs} == theirs
    assert own.keys() - theirs.keys() == {"picture"}
    assert constants(file) <= constants(source_of(COMMITTED))


def test_it_is_small_and_says_nothing_of_a_machine():
    assert NOTEBOOK.stat().st_size < 200_000
    assert COMMITTED["metadata"] == METADATA
    assert (COMMITTED["nbformat"], COMMITTED["nbformat_minor"]) == (4, 5)
    cells = COMMITTED["cells"]
    assert [cell["id"] for cell in cells] == [f"cell-{number:02}" for number in range(1, len(cells) + 1)]
    assert [cell["metadata"] for cell in cells] == [{}] * len(cells)
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    text = re.sub(r'"image/png": ".*?"', "", NOTEBOOK.read_text("utf-8"))
    assert not re.search(r"/(home|root|work|tmp|Users)/|[A-Z]:\\\\|ipykernel", text)


def test_the_files_that_it_links_to_are_there():
    text = "\n".join("".join(cell["source"]) for cell in COMMITTED["cells"] if cell["cell_type"] == "markdown")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert links
    assert [link for link in links if not (NOTEBOOK.parent / link).is_file()] == []


@pytest.mark.slow
def test_the_outputs_are_those_of_a_run(tmp_path):
    for package in ("nbclient", "ipykernel"):
        pytest.importorskip(package, reason="needs the extra `docs`", exc_type=ImportError)
    script, made = ROOT / "tests" / "notebooks.py", tmp_path / "made.ipynb"
    subprocess.run([sys.executable, script, NOTEBOOK, made], check=True, capture_output=True, timeout=300)
    found = json.loads(made.read_text("utf-8"))
    assert said(found) == said(COMMITTED)
    assert [picture for *_, picture in said(found)].count(True) == 2
    assert found["metadata"] == METADATA
