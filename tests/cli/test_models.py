"""`atelier models` lists versions with the scores of their commits, and runs that have none."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from atelier.cli.main import main

ROOT = Path(__file__).parents[2]
PIPELINE = """
stages:
  train:
    foreach: {mnist-vae: {}, imdb-lm: {}}
    do: {cmd: "true", outs: ["data/models/${key}/model.weights.h5"]}
"""


def call(root: Path, *command: str) -> str:
    identity = {f"GIT_{role}_{what}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = os.environ | identity | {"DVC_NO_ANALYTICS": "1", "HOME": str(root.parent)}
    words = [sys.executable, "-m", *command] if command[0] == "dvc" else list(command)
    if command[0] == "gto":
        words[0] = str(Path(sys.executable).parent / "gto")
    done = subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions of `mnist-vae`, none of the other runs; the weights of the first have left the cache."""
    root = tmp_path_factory.mktemp("models") / "checkout"
    root.mkdir()
    call(root, "git", "init", "-q")
    call(root, "dvc", "init", "-q")
    for name, text in (("dvc.yaml", PIPELINE), (".gitignore", "/data/\n")):
        (root / name).write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "params.yaml", root)
    for number in (1, 2):
        metrics = {"mnist-vae": {"fd": number + 0.25, "loss": 140.0}, "imdb-lm": {"perplexity": 12.5}}
        (root / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
        for run in ("mnist-vae", "imdb-lm"):
            path = root / f"data/models/{run}/model.weights.h5"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{run} {number}", encoding="utf-8")
        call(root, "dvc", "commit", "-q", "-f")
        call(root, "git", "add", "-A")
        call(root, "git", "commit", "-qm", f"trained {number}")
        call(root, "gto", "register", "mnist-vae", "--version", f"v{number}.0.0")
        if number == 1:
            call(root, "gto", "assign", "mnist-vae", "--stage", "prod")
            shutil.rmtree(root / ".dvc/cache/files")
    return root


@pytest.fixture
def root(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(template, tmp_path / "checkout")
    monkeypatch.chdir(tmp_path / "checkout")
    monkeypatch.setenv("HOME", str(tmp_path))
    return Path.cwd()


def listed() -> dict[tuple[str, str | None], dict[str, Any]]:
    result = CliRunner().invoke(main, ["models", "--json"])
    assert result.exit_code == 0, result.output
    return {(row["run"], row["version"]): row for row in json.loads(result.stdout)}


def test_version_has_the_scores_and_the_commit_it_was_tagged_at(root: Path):
    rows = listed()
    first, second = rows["mnist-vae", "v1.0.0"], rows["mnist-vae", "v2.0.0"]
    assert (first["metrics"]["fd"], second["metrics"]["fd"]) == (1.25, 2.25)
    assert (first["stages"], second["stages"]) == (["prod"], [])
    assert [second["commit"], first["commit"]] == call(root, "git", "log", "--format=%H").split()


def test_weights_are_here_where_the_cache_holds_them(root: Path):
    rows = listed()
    assert not rows["mnist-vae", "v1.0.0"]["here"]
    assert rows["mnist-vae", "v2.0.0"]["here"]
    assert rows["imdb-lm", None]["here"]
    assert not rows["celeba-gan", None]["here"]


def test_runs_without_a_version_have_the_scores_of_the_working_tree(root: Path):
    (root / "metrics.json").write_text('{"imdb-lm": {"perplexity": 9.5}}', encoding="utf-8")
    rows = listed()
    assert rows["imdb-lm", None]["metrics"] == {"perplexity": 9.5}
    assert {run for run, version in rows if version is None} == {
        "celeba-gan",
        "celeba-vae",
        "fashion_mnist-vae",
        "imdb-lm",
    }


def test_run_that_params_yaml_no_longer_has_keeps_its_versions(root: Path):
    text = (root / "params.yaml").read_text(encoding="utf-8")
    (root / "params.yaml").write_text(text.replace("  mnist-vae:\n", "  mnist-vae-wide:\n"), encoding="utf-8")
    rows = listed()
    assert ("mnist-vae", "v1.0.0") in rows
    assert ("mnist-vae-wide", None) in rows


def test_table_has_a_line_for_each_with_the_main_scores(root: Path):
    result = CliRunner().invoke(main, ["models"])
    assert result.exit_code == 0, result.output
    head, *lines = [line.split() for line in result.stdout.splitlines() if "─" not in line and line.strip()]
    assert head == ["run", "version", "stage", "fd", "loss", "perplexity", "commit", "registered", "here"]
    cells = {(line[0], line[1]): line for line in lines}
    commit = call(root, "git", "rev-parse", "--short=7", "HEAD~1").strip()
    assert cells["mnist-vae", "v1.0.0"][2:6] == ["prod", "1.25", "140", commit]
    assert cells["imdb-lm", "unregistered"] == ["imdb-lm", "unregistered", "12.5", "yes"]


def test_damaged_metrics_are_one_line(root: Path):
    (root / "metrics.json").write_text("{", encoding="utf-8")
    result = CliRunner().invoke(main, ["models"])
    assert result.exit_code == 1
    (line,) = result.output.splitlines()
    assert line.startswith(f"Error: {root / 'metrics.json'} is not JSON: ")
