"""Two auditors of research artifacts look at the repository; exit status 1 if one of them is not content.

rrdoctor: at least 90 of 100 points for ACM's artifact evaluation, "Functional" or better, nothing open.
adduce: "Silver" or better, nothing open but the false alarms of [tool.adduce] in pyproject.toml, each with its reason.
`make audit` runs it in the environment of requirements/audit.lock.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
AUDITORS = {
    "rrdoctor": ["scan", ".", "--config", ".ci/rrdoctor.yml", "--quiet", "--fail-on", "none", "--format", "json"],
    "adduce": ["check", ".", "--format", "json"],
}
POINTS, LEVELS, TIERS = 90, ("Functional", "Reproduced-ready"), ("Silver", "Gold")


def found_by(auditor: str) -> dict:
    """Return the report of an auditor."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        program = Path(sys.executable).with_name(auditor)
        subprocess.run([program, *AUDITORS[auditor], "--output", report], cwd=ROOT, check=True, stdout=subprocess.PIPE)
        return json.loads(report.read_text("utf-8"))


def open_findings(auditor: str, report: dict) -> list[str]:
    """Return a line for each finding that is neither mended nor a known false alarm."""
    if auditor == "adduce":
        listed = [one for one in report["findings"] if one["status"] in ("fail", "partial") and not one["suppressed"]]
    else:
        listed = report["findings"]
    return [f"{auditor} {one['rule_id']}: {one['message']}" for one in listed]


def main() -> None:
    """Print what each auditor says."""
    doctor, adduce = found_by("rrdoctor"), found_by("adduce")
    level, points = doctor["readiness"]["level"], doctor["score"]
    print(f"rrdoctor: {points} of 100, {level}; adduce: {adduce['total']} of 100, {adduce['tier']}")
    wrong = open_findings("rrdoctor", doctor) + open_findings("adduce", adduce)
    if points < POINTS or level not in LEVELS:
        wrong.append(f"rrdoctor must give {POINTS} points or more, and {' or '.join(LEVELS)}")
    if adduce["tier"] not in TIERS:
        wrong.append(f"adduce must give {' or '.join(TIERS)}")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
