"""A small made-up folder of results, for the tests of the gallery."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from backprop86.report.gallery import gallery
from backprop86.report.page import Part

TITLES = {"xor": "XOR", "depth": "Depth & width", "map": "Map"}
SAYS = 'fewer than 3 < 4 & "never" </script><b>bold</b>'
CLAIMS = [  # id, experiment, source, says, kind, printed, the verdict under each reading
    ("xor-sweeps", "xor", "P Fig. 3", "learned in 558 sweeps", "draw", "558", ["reproduced", "not reproduced"]),
    ("xor-minima", "xor", "N p. 535, P p. 332", "minima are rare", "every", "never", ["not reproduced"] * 9),
    ("xor-escape", "xor", "P Fig. 5, fn 2", SAYS, "rate", "1% to 2%", ["doubtful"]),
    ("depth-0.3", "depth", "H p. 11, N equation 5", "it shrinks", "every", "always", ["partly", "reproduced"]),
    ("depth-bound", "depth", "N", "not by more than a quarter", "draw", "less than 200", ["not reproduced"]),
    ("depth-ours", "depth", "ours", "learned at any depth", "every", "nothing", ["reproduced"]),
]
IDS = [claim[0] for claim in CLAIMS]


def ledger():
    rows = []
    for claim, stem, source, says, kind, printed, verdicts in CLAIMS:
        is_number = printed.isdecimal()
        for k, verdict in enumerate(verdicts):
            words = f"as printed {k}, with a rather long name {k}"
            row = {"claim": claim, "stem": stem, "source": source, "says": says, "kind": kind}
            row |= {"printed": printed, "name": words.replace(" ", "_"), "variant": "", "reading": f"r{k}"}
            row |= {"words": words, "verdict": verdict, "is_share": not is_number, "n": 1000, "runs": 2000}
            row |= {"learned_share": 0.5, "estimate": 1234567.0, "low": 0.125, "high": np.inf, "untrained": np.nan}
            row |= {"p5": 446.0 if is_number else np.nan, "p95": np.inf if is_number else np.nan}
            row |= dict.fromkeys(("percentile", "percentile_low", "percentile_high"), 41.9 if is_number else np.nan)
            if not is_number:
                row |= {"estimate": 0.423, "low": 0.393, "high": 0.454}
            rows.append(row | {"ours": "42.3%; 39.3% to 45.4% (n = 1,000)", "because": f"Since {claim} is <so>."})
    return pd.DataFrame(rows)


def sidecar(name, experiment, claims):
    bibtex = f"@misc{{backprop86:{name},\n  title = {{{{XOR}} & more, seeds < 1,000}},\n  year = {{2025}}\n}}"
    return {"name": name, "experiment": experiment, "claims": claims, "caption": f"{name}, of <1,000> runs",
            "command": f"python experiments/run.py experiment={experiment} && python experiments/report.py",
            "key": f"backprop86:{name}", "bibtex": bibtex, "config": "", "seeds": {}, "versions": {}}  # fmt: skip


FIGURES = [sidecar("benchmark", "", []), sidecar("xor_fig3", "xor", IDS[:2]), sidecar("depth_start", "depth", IDS[3:])]
FIGURES.append(sidecar("explain_step", "", []))
PARTS = [
    Part("One step: <made up>", ["It is worked as with a pencil & paper."]),
    Part("1. Small random weights", ["Drawn.", pd.DataFrame({"weight": ["1 → h1"], "w": ["-0.293072"]})]),
    Part(
        "2. Forward",
        [["h1", "  x = 0.25 < 1", "  y = 0.562177"], pd.DataFrame({f"column {k}": ["0.123456"] for k in range(30)})],
    ),
]


def write(folder):
    for name in ("figures", "tables"):
        (folder / name).mkdir()
    for k, figure in enumerate(FIGURES):
        drawn = Figure(figsize=(12 - k, 3))
        drawn.subplots().plot([k, 1])
        for kind in ("png", "svg", "pdf"):
            drawn.savefig(folder / "figures" / f"{figure['name']}.{kind}", dpi=40)
        (folder / "figures" / f"{figure['name']}.json").write_text("{}")
    for name in [f"tables/{stem}.{kind}" for stem in TITLES for kind in ("csv", "md", "tex")]:
        (folder / name).write_text(name)
    kinds = "kind,in the rows,runs,meaning\ntoo slow,still_learning,1234,E < 1 still fell\nblew up,diverged,0,never\n"
    (folder / "tables/failure_kinds.csv").write_text(kinds)
    (folder / "tables/failure_kinds.md").write_text("| kind |")
    (folder / "tables/failure_kinds.tex").write_text("kind")
    for name in ("claims.csv", "claims.md", "figures.bib", "numbers.tex"):
        (folder / name).write_text(name)
    (folder / "index.html").write_text(gallery(ledger(), FIGURES, TITLES, folder, PARTS), "utf-8")
