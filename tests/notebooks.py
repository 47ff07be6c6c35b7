"""Execute a notebook, and write it without what differs from run to run.

    python tests/notebooks.py examples/backprop_by_hand.ipynb examples/backprop_by_hand.ipynb

makes the outputs of the notebook anew. The test runs this file in a process of its own, since Jupyter warns.
"""

import sys
from pathlib import Path

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def executed(path):
    """Return the notebook with the outputs of a run in a new kernel, and nothing that tells of the machine."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, 4)
    NotebookClient(notebook, timeout=300, kernel_name="python3", record_timing=False, coalesce_streams=True).execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(executed(sys.argv[1]), "utf-8", newline="\n")
