"""The whole demo without any cache: `atelier run -j 2` against `dvc repro`, each in its own clone."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from atelier.params import document
from side_by_side import Comparison

ROOT = Path(__file__).resolve().parents[2]
# Files whose content must be equal after both; the order of the stages may differ.
RESULTS = ("dvc.lock", "metrics.json")


def measure() -> Comparison:
    with tempfile.TemporaryDirectory(prefix="atelier-run-") as place:
        # Loads the files of TensorFlow into the page cache before either side is timed.
        subprocess.run([sys.executable, "-c", "import keras"], check=True, capture_output=True)
        serial, ours = _clone(Path(place, "repro")), _clone(Path(place, "run"))
        theirs_s = _seconds(serial, "dvc", "repro")
        ours_s = _seconds(ours, "atelier.cli.main", "run", "-j", "2")
        for name in RESULTS:
            texts = ((clone / name).read_text(encoding="utf-8") for clone in (serial, ours))
            one, other = (document.load(text, name) for text in texts)
            if one != other:
                raise ValueError(f"{name} differs between `atelier run` and `dvc repro`")
    return Comparison("demos", [1 / ours_s], [1 / theirs_s])


def _clone(place: Path) -> Path:
    """Copy the files of this checkout into a new repository, without results and without `dvc.lock`."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in names:
        if (ROOT / name).is_file() and name not in RESULTS:
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, place / name)
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "bench"]):
        subprocess.run(["git", *command], cwd=place, check=True)
    return place


def _seconds(place: Path, module: str, *arguments: str) -> float:
    environment = os.environ | {
        "PYTHONPATH": str(place / "src"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        raise ValueError(f"{module} {' '.join(arguments)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return seconds
