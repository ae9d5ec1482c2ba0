"""The two doors, each in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

STAGES = Path(__file__).parents[2] / "stages"
REPORT = [
    "--params=params.yaml", "--pipeline=dvc.yaml", "--metrics=metrics.json", "--code=params.yaml", "--code=src",
    "--prepared=data/prepared",
    "--judges=data/judges", "--models=data/models", "--samples=data/samples", "--evaluations=data/evaluations",
    "--edits=data/edits", "--out=data/report/index.html",
]  # fmt: skip
SUMMARIZE = ["--params=params.yaml", "--evaluations=data/evaluations", "--edits=data/edits", "--out=metrics.json"]
# Runs a door as `python stages/….py` does, then says what it has loaded.
PROBE = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    print(sorted({name.partition(".")[0] for name in sys.modules} & {"keras", "tensorflow", "jax", "torch"}))
"""


def door(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", PROBE, str(STAGES / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_report_is_written_without_loading_a_framework(house: Any) -> None:
    done = door("report.py", *REPORT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")
    page = (house.data / "report" / "index.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert page.endswith("</html>\n")


def test_summary_is_written_without_loading_a_framework(house: Any) -> None:
    before = json.loads((house.root / "metrics.json").read_text())
    (house.root / "metrics.json").unlink()
    done = door("summarize.py", *SUMMARIZE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")
    assert json.loads((house.root / "metrics.json").read_text()) == before


@pytest.mark.parametrize(("name", "arguments"), [("report.py", REPORT), ("summarize.py", SUMMARIZE)])
def test_door_says_in_one_line_what_is_missing(house: Any, name: str, arguments: list[str]) -> None:
    (house.data / "evaluations" / "mnist-vae" / "metrics.json").unlink()
    (house.data / "evaluations" / "mnist-vae" / "pictures.json").unlink()
    done = door(name, *arguments)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "dvc repro evaluate@mnist-vae" in done.stderr


@pytest.mark.parametrize("name", ["report.py", "summarize.py"])
def test_door_is_thin(name: str) -> None:
    assert len((STAGES / name).read_text().splitlines()) <= 60
