"""Modules that stand in no manifest change no result."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from atelier.core.code.manifest import RESULT_FREE
from atelier.core.files import sha256

ROOT = Path(__file__).parents[3]
# Changes of what these modules do, as statements at their end; a module without one only gets another constant.
ALTERED = {
    "atelier.core.quiet": "NOTICES = ('^nothing$',)",
    "atelier.training.display": "EpochDisplay.on_epoch_end = lambda self, epoch, logs=None: print('altered', epoch)",
    "atelier.training.machine": "describe = lambda: {'altered': True}",
}


def test_altered_modules_change_no_manifest_and_no_byte_of_a_trained_judge(
    judge: Path, prepared: Path, params_file: Path, manifests: Path, packages: Path, tmp_path: Path
) -> None:
    for part in ("src", "stages"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    for module in RESULT_FREE:
        path = tmp_path / "src" / Path(*module.split(".")).with_suffix(".py")
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\n{ALTERED.get(module, 'ALTERED = True')}\n")

    def stage(name: str, *arguments: str) -> str:
        command = [sys.executable, str(tmp_path / "stages" / f"{name}.py"), *arguments]
        environment = os.environ | {"PYTHONPATH": str(tmp_path / "src")}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    stage("code", "--out", str(tmp_path / "code"))
    for path in manifests.rglob("*.json"):
        assert (tmp_path / "code" / path.relative_to(manifests)).read_bytes() == path.read_bytes()
    options = {
        "prepared": prepared,
        "params": params_file,
        "out": tmp_path / "judge",
        "checkpoints": tmp_path / "checkpoints",
        "code": tmp_path / "code/judge/mnist.json",
        "environment": packages,
    }
    printed = stage("judge", "mnist", *(f"--{name}={value}" for name, value in options.items()))
    assert "altered" in printed
    written = {path.name: sha256(path) for path in (tmp_path / "judge").iterdir()}
    assert written == {path.name: sha256(path) for path in judge.iterdir()}
