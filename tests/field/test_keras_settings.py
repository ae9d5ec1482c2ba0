"""Settings of Keras that a person has for other work: they must not change results, nor end in a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT

from atelier.core import keras_settings

SHOWN = """
import atelier, keras
config = keras.config
print(config.floatx(), config.epsilon(), config.image_data_format(), config.max_epochs(), config.is_nnx_enabled())
"""
CHANGED = {"floatx": "float16", "epsilon": 0.1, "image_data_format": "channels_first", "nnx_enabled": True}


def settings(home: Path, content: str) -> None:
    (home / ".keras").mkdir()
    (home / ".keras/keras.json").write_text(content)


def run(home: Path, *words: str, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KERAS_")}
    environment = kept | {"HOME": str(home), "PYTHONPATH": str(ROOT / "src")} | variables
    command = [sys.executable, *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd, check=False)


def test_results_do_not_depend_on_the_settings_of_keras_in_the_home_directory(tmp_path: Path):
    settings(tmp_path, json.dumps(CHANGED))
    # The settings are the same for every backend; JAX, which alone knows NNX, is imported faster than TensorFlow.
    variables = {"KERAS_MAX_EPOCHS": "1", "KERAS_MAX_STEPS_PER_EPOCH": "1", "KERAS_NNX_ENABLED": "true"}
    shown = run(tmp_path, "-c", SHOWN, KERAS_BACKEND="jax", **variables).stdout
    assert shown == "float32 1e-07 channels_last None False\n"


def test_keras_writes_no_settings_into_the_home_directory(tmp_path: Path):
    assert keras_settings.environment({"HOME": str(tmp_path)})["KERAS_HOME"].startswith(os.devnull)


@pytest.mark.parametrize(
    ("content", "backend", "said"),
    [
        ("{}", "nonsense", "KERAS_BACKEND=nonsense: "),
        ('{"backend": "theano"}', "", "{home}/.keras/keras.json: backend=theano: "),
        ('{"backend": ["jax"]}', "", "{home}/.keras/keras.json: backend=['jax']: "),
        ("", "", "{home}/.keras/keras.json: not JSON"),
    ],
)
@pytest.mark.parametrize("command", ["stages/train.py", "src/atelier/cli/main.py"])
def test_a_backend_that_is_not_installed_is_one_line(
    tmp_path: Path, trained_digits: Path, command: str, content: str, backend: str, said: str
):
    settings(tmp_path, content)
    words = ("generate", "mnist-vae", "-o", str(tmp_path / "grid.png")) if "cli" in command else ("mnist-vae",)
    done = run(tmp_path, str(ROOT / command), *words, cwd=trained_digits, KERAS_BACKEND=backend)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: " + said.format(home=tmp_path))
    assert done.stderr.count("\n") == 1


def test_a_backend_that_is_not_installed_stops_no_command_that_needs_none(tmp_path: Path):
    assert run(tmp_path, str(ROOT / "src/atelier/cli/main.py"), "--help", KERAS_BACKEND="nonsense").returncode == 0


def test_the_backend_may_be_chosen_in_either_place(tmp_path: Path):
    settings(tmp_path, '{"backend": "jax", "floatx": "float64"}')
    home = {"KERAS_HOME": str(tmp_path / ".keras")}
    assert keras_settings.environment(home)["KERAS_BACKEND"] == "jax"
    assert keras_settings.environment(home | {"KERAS_BACKEND": "tensorflow"})["KERAS_BACKEND"] == "tensorflow"
