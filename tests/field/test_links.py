"""Symbolic links: a person's are written through, those that DVC refuses are refused before a stage works."""

import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from checkout import ROOT, Checkout
from copied_results import Results

from atelier.core import recordable


def link_elsewhere(root: Path, name: str) -> Path:
    """Move a file or directory out of its repository, and leave a link."""
    elsewhere = root.parent / "elsewhere" / name
    elsewhere.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(root / name, elsewhere)
    (root / name).symlink_to(elsewhere)
    return elsewhere


def test_linked_data_are_refused_before_anything_runs(toy: Checkout) -> None:
    elsewhere = link_elsewhere(toy.root, "models")
    for command in ("why", "run --dry", "run"):
        said = toy.refusal(*command.split())
        assert said.startswith(f"models: a link to {elsewhere}, but DVC refuses outputs outside of {toy.root}; ")
        assert "docs/running.md" in said
    assert not (toy.root / ".checkpoints/logs/train@a.log").exists()
    # Stages that write elsewhere are not concerned.
    assert toy.atelier("why", "clean").stdout == "nothing would run\n"


def test_link_to_a_disk_that_is_not_there_is_refused(toy: Checkout) -> None:
    shutil.rmtree(link_elsewhere(toy.root, "models"))
    assert toy.refusal("why").startswith("models: a link to ")


def test_link_inside_the_repository_is_allowed(toy: Checkout) -> None:
    shutil.move(toy.root / "models", toy.root / "nets")
    (toy.root / "models").symlink_to("nets")
    assert toy.atelier("why").stdout == "nothing would run\n"


def test_dvc_repository_among_the_data_is_refused(toy: Checkout) -> None:
    (toy.root / "models/.dvc").mkdir()
    assert toy.refusal("why").startswith("models/.dvc: a DVC repository inside this one")


def test_output_that_git_tracks_is_refused(toy: Checkout) -> None:
    toy.git("add", "--force", "models/a")
    assert toy.refusal("run").startswith("models/a: Git tracks it, so DVC refuses it ")


@pytest.mark.parametrize("case", ["link", "repository", "tracked"])
def test_stage_under_dvc_refuses_before_it_works(toy: Checkout, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if case == "link":
        link_elsewhere(toy.root, "models")
    elif case == "repository":
        (toy.root / "models/.dvc").mkdir()
    else:
        toy.git("add", "--force", "models/a")
    monkeypatch.chdir(toy.root)
    recordable.require_stage(Path("models/a"))
    monkeypatch.setenv("DVC_STAGE", "train@a")
    recordable.require_stage(Path("scores/a"))
    with pytest.raises(ValueError, match=r"^models[/a-z.]*: "):
        recordable.require_stage(Path("models/a"))


def test_stage_script_under_dvc_refuses_linked_data_in_one_line(toy: Checkout) -> None:
    toy.write("data/code/old", "")
    link_elsewhere(toy.root, "data")
    script = [sys.executable, str(ROOT / "stages/code.py"), "--out", "data/code"]
    done = toy.run(*script, status=1, DVC_STAGE="code")
    (line,) = done.output.splitlines()
    assert line.startswith("Error: data: a link to ")
    assert (toy.root / "data/code/old").exists()


def test_every_stage_script_checks_its_place() -> None:
    for path in (ROOT / "stages").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "recordable.require_stage(out)" in text or re.search(r"stage\.checked\(.*, out=out", text), path


@pytest.fixture
def linked(results: Results) -> Callable[[str], Path]:
    return lambda name: link_elsewhere(results.root, name)


def test_linked_params_yaml_stays_a_link(results: Results, linked: Callable[[str], Path]) -> None:
    shutil.copytree(ROOT / "profiles", results.root / "profiles")
    results.replace("params.yaml", "seed: 2\n", "seed: 3\n")
    elsewhere = linked("params.yaml")
    results.atelier("profile", "apply", "demo")
    assert (results.root / "params.yaml").readlink() == elsewhere
    assert elsewhere.read_text(encoding="utf-8") == (ROOT / "params.yaml").read_text(encoding="utf-8")


def test_linked_lock_is_merged_where_it_is(results: Results, linked: Callable[[str], Path]) -> None:
    elsewhere = linked("dvc.lock")
    before = elsewhere.read_text(encoding="utf-8")
    results.write("theirs", before.replace("schema: '2.0'", "schema: '2.0'\n"))
    results.atelier("merge-lock", "dvc.lock", "dvc.lock", "theirs")
    assert (results.root / "dvc.lock").readlink() == elsewhere


def test_comparison_is_written_into_a_linked_folder(results: Results) -> None:
    elsewhere = results.root.parent / "pages"
    elsewhere.mkdir()
    (results.root / "comparison").symlink_to(elsewhere)
    for _ in range(2):
        results.atelier("compare", "HEAD", "-o", "comparison")
    assert (results.root / "comparison").readlink() == elsewhere
    assert "comparison.md" in os.listdir(elsewhere)
