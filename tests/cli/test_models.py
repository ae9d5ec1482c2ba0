"""`atelier models` lists versions with the scores of their commits, and runs without a version."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT, Checkout

PIPELINE = """
stages:
  train:
    foreach: {mnist-vae: {}, imdb-lm: {}}
    do: {cmd: "true", outs: ["data/models/${key}/model.weights.h5"]}
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Two versions of `mnist-vae`, none of the other runs; the weights of the first are not in the cache."""
    checkout = Checkout(tmp_path_factory.mktemp("models") / "checkout").init()
    checkout.write("dvc.yaml", PIPELINE)
    checkout.write(".gitignore", "/data/\n")
    shutil.copy(ROOT / "params.yaml", checkout.root)
    for number in (1, 2):
        metrics = {"mnist-vae": {"fd": number + 0.25, "loss": 140.0}, "imdb-lm": {"perplexity": 12.5}}
        checkout.write("metrics.json", json.dumps(metrics))
        for run in ("mnist-vae", "imdb-lm"):
            checkout.write(f"data/models/{run}/model.weights.h5", f"{run} {number}")
        checkout.dvc("commit", "-q", "-f")
        checkout.commit(f"trained {number}")
        checkout.register("mnist-vae", f"v{number}.0.0")
        if number == 1:
            checkout.assign("mnist-vae", "v1.0.0", "prod")
            checkout.remove(".dvc/cache/files")
    return checkout


@pytest.fixture
def checkout(template: Checkout, tmp_path: Path) -> Checkout:
    return template.copy(tmp_path / "checkout")


def listed(checkout: Checkout) -> dict[tuple[str, str | None], dict[str, Any]]:
    rows = json.loads(checkout.atelier("models", "--json").stdout)
    return {(row["run"], row["version"]): row for row in rows}


def test_version_has_the_scores_and_the_commit_it_was_tagged_at(checkout: Checkout):
    rows = listed(checkout)
    first, second = rows["mnist-vae", "v1.0.0"], rows["mnist-vae", "v2.0.0"]
    assert (first["metrics"]["fd"], second["metrics"]["fd"]) == (1.25, 2.25)
    assert (first["stages"], second["stages"]) == (["prod"], [])
    assert [second["commit"], first["commit"]] == checkout.git("log", "--format=%H").split()


def test_weights_are_here_where_the_cache_holds_them(checkout: Checkout):
    rows = listed(checkout)
    assert not rows["mnist-vae", "v1.0.0"]["here"]
    assert rows["mnist-vae", "v2.0.0"]["here"]
    assert rows["imdb-lm", None]["here"]
    assert not rows["celeba-gan", None]["here"]


def test_runs_without_a_version_have_the_scores_of_the_working_tree(checkout: Checkout):
    checkout.write("metrics.json", '{"imdb-lm": {"perplexity": 9.5}}')
    rows = listed(checkout)
    assert rows["imdb-lm", None]["metrics"] == {"perplexity": 9.5}
    assert {run for run, version in rows if version is None} == {
        "celeba-gan",
        "celeba-vae",
        "fashion_mnist-cgan",
        "fashion_mnist-vae",
        "imdb-lm",
    }


def test_run_that_params_yaml_no_longer_has_keeps_its_versions(checkout: Checkout):
    checkout.write("params.yaml", checkout.read("params.yaml").replace("  mnist-vae:\n", "  mnist-vae-wide:\n"))
    rows = listed(checkout)
    assert ("mnist-vae", "v1.0.0") in rows
    assert ("mnist-vae-wide", None) in rows


def test_table_has_a_line_for_each_with_the_main_scores(checkout: Checkout):
    printed = checkout.atelier("models").stdout
    head, *lines = [line.split() for line in printed.splitlines() if "─" not in line and line.strip()]
    assert head == ["run", "version", "stage", "fd", "loss", "perplexity", "commit", "registered", "here"]
    cells = {(line[0], line[1]): line for line in lines}
    commit = checkout.git("rev-parse", "--short=7", "HEAD~1")
    assert cells["mnist-vae", "v1.0.0"][2:6] == ["prod", "1.25", "140", commit]
    assert cells["imdb-lm", "unregistered"] == ["imdb-lm", "unregistered", "12.5", "yes"]


def test_damaged_metrics_are_one_line(checkout: Checkout):
    checkout.write("metrics.json", "{")
    assert checkout.refusal("models").startswith(f"{checkout.root / 'metrics.json'} is not JSON: ")
