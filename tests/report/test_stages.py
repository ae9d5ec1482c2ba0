"""The stage scripts `report.py` and `summarize.py`."""

import json
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from atelier.core.code import manifest

STAGES = Path(__file__).parents[2] / "stages"
ARGUMENTS = {
    "report.py": [
        "--params=params.yaml", "--profiles=profiles", "--pipeline=dvc.yaml", "--metrics=metrics.json",
        "--commit-of=params.yaml", "--commit-of=src",
        "--prepared=data/prepared", "--judges=data/judges", "--models=data/models", "--samples=data/samples",
        "--evaluations=data/evaluations", "--edits=data/edits", "--out=data/report/index.html",
    ],
    "summarize.py": [
        "--params=params.yaml", "--evaluations=data/evaluations", "--edits=data/edits", "--out=metrics.json",
    ],
}  # fmt: skip
# Runs a stage script as `python stages/….py` does, then prints the frameworks that were loaded.
PROBE = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    print(sorted({name.partition(".")[0] for name in sys.modules} & {"keras", "tensorflow", "jax", "torch"}))
"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Result]:
    # This process has loaded more than the code of one stage.
    monkeypatch.setattr(manifest, "loaded", dict)

    def invoke(script: str) -> Result:
        Path("code.json").write_text("{}", encoding="utf-8")
        main = runpy.run_path(str(STAGES / script))["main"]
        return CliRunner().invoke(main, [*ARGUMENTS[script], "--code=code.json"])

    return invoke


def loaded_frameworks(script: str, manifests: Path) -> str:
    code = f"--code={manifests / Path(script).with_suffix('.json')}"
    command = [sys.executable, "-W", "error", "-c", PROBE, str(STAGES / script), *ARGUMENTS[script], code]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_report_is_written_without_loading_a_framework(project: Any, manifests: Path) -> None:
    assert loaded_frameworks("report.py", manifests) == "[]"
    written = (project.data / "report" / "index.html").read_text(encoding="utf-8")
    assert written.startswith("<!DOCTYPE html>")
    assert written.endswith("</html>\n")


def test_summary_is_written_without_loading_a_framework(project: Any, manifests: Path) -> None:
    before = json.loads((project.root / "metrics.json").read_text())
    (project.root / "metrics.json").unlink()
    assert loaded_frameworks("summarize.py", manifests) == "[]"
    assert json.loads((project.root / "metrics.json").read_text()) == before


@pytest.mark.parametrize("script", ARGUMENTS)
def test_missing_input_is_an_error_of_one_line(project: Any, run: Callable[[str], Result], script: str) -> None:
    (project.data / "evaluations" / "mnist-vae" / "metrics.json").unlink()
    (project.data / "evaluations" / "mnist-vae" / "pictures.json").unlink()
    done = run(script)
    assert done.exit_code == 1
    assert done.output.count("\n") == 1
    assert "dvc repro evaluate@mnist-vae" in done.output


@pytest.mark.parametrize("script", ARGUMENTS)
def test_stage_script_is_short(script: str) -> None:
    assert len((STAGES / script).read_text().splitlines()) <= 60
