"""`stale_stages` lists what `dvc repro` runs, with the causes."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from checkout import Checkout

from atelier.workflow.staleness.parameters import changes, describe, shown
from atelier.workflow.staleness.pipeline import opened
from atelier.workflow.staleness.staleness import StaleStage, stale_stages

# DVC 3.67 uses a deprecated part of one of its own libraries.
pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value will soon raise:DeprecationWarning")

EVERYTHING = ["clean", "train@a", "train@b", "score@a", "score@b", "summary"]


def texts(stages: list[StaleStage]) -> list[str]:
    return [f"{stage.stage}: {cause.text}" for stage in stages for cause in stage.causes]


def never_run_before(toy: Checkout) -> None:
    toy.write("params.yaml", "runs:\n  a: {rate: 0.1}\n  b: {rate: 0.25}\n  c: {rate: 0.3}\n")


EDITS: dict[str, tuple[Callable[[Checkout], None], list[str]]] = {
    "a parameter": (
        lambda toy: toy.replace("params.yaml", "0.1", "0.5"),
        ["train@a: runs.a.rate 0.1 → 0.5", "score@a: upstream train@a", "summary: upstream score@a"],
    ),
    "a parameter that is new": (
        lambda toy: toy.replace("params.yaml", "{rate: 0.1}", "{rate: 0.1, steps: [1, 2]}"),
        ["train@a: runs.a.steps added: [1, 2]", "score@a: upstream train@a", "summary: upstream score@a"],
    ),
    "a file of code": (
        lambda toy: toy.write("code.txt", "other code\n"),
        [
            "train@a: code.txt changed",
            "train@b: code.txt changed",
            "score@a: upstream train@a",
            "score@b: upstream train@b",
            "summary: upstream score@a",
            "summary: upstream score@b",
        ],
    ),
    "a command": (
        lambda toy: toy.replace("dvc.yaml", "cat scores/*", "cat scores/* scores/*"),
        ["summary: command changed"],
    ),
    "a run that is new": (
        never_run_before,
        [
            "train@c: never run",
            "score@c: never run",
            "score@c: upstream train@c",
            "summary: upstream score@c",
        ],
    ),
    "an output by hand": (
        lambda toy: toy.write("models/a", "by hand\n"),
        ["train@a: output models/a changed", "score@a: upstream train@a", "summary: upstream score@a"],
    ),
    "a missing output": (
        lambda toy: toy.remove("scores/b"),
        ["score@b: output scores/b missing", "summary: upstream score@b"],
    ),
    "an output that Git tracks": (
        lambda toy: toy.write("summary.txt", "by hand\n"),
        ["summary: output summary.txt changed"],
    ),
    "the only copy of an output": (
        lambda toy: (toy.remove(".dvc/cache/files"), toy.remove(".dvc/cache/runs"), toy.remove("scores/a")),
        [
            "clean: output clean not in the cache (dvc pull fetches it)",
            "train@a: output models/a not in the cache (dvc pull fetches it)",
            "train@a: upstream clean",
            "train@b: output models/b not in the cache (dvc pull fetches it)",
            "train@b: upstream clean",
            "score@a: output scores/a not in the cache (dvc pull fetches it)",
            "score@a: upstream train@a",
            "score@b: output scores/b not in the cache (dvc pull fetches it)",
            "score@b: upstream train@b",
            "summary: upstream score@a",
            "summary: upstream score@b",
        ],
    ),
    "a stage that runs always": (
        lambda toy: toy.replace(
            "dvc.yaml", "    outs:\n      - summary", "    always_changed: true\n    outs:\n      - summary"
        ),
        ["summary: runs always"],
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_what_is_listed_is_what_dvc_repro_runs(toy: Checkout, edit: str) -> None:
    change, expected = EDITS[edit]
    change(toy)
    stages = stale_stages(toy.root)
    assert texts(stages) == expected
    ran = toy.repro()
    listed = [stale.stage for stale in stages]
    assert {stale.stage for stale in stages if stale.certain} <= set(ran) <= set(listed)
    assert ran == [stage for stage in listed if stage in ran]
    assert [stale.stage for stale in stale_stages(toy.root)] == (["summary"] if "always" in edit else [])


@pytest.mark.parametrize("file", ["raw/one", "raw/three"])
def test_directory_that_is_read_is_named_as_one(toy: Checkout, file: str) -> None:
    toy.write(file, "another\n")
    stages = stale_stages(toy.root)
    assert texts(stages)[0] == "clean: raw changed"
    assert {stale.stage for stale in stages} == set(EVERYTHING)
    assert toy.repro()[0] == "clean"


def test_clean_tree_lists_nothing(toy: Checkout) -> None:
    assert stale_stages(toy.root) == []
    assert toy.repro() == []


def test_stages_that_never_ran_are_listed_in_the_order_of_dvc(unborn: Checkout) -> None:
    stages = stale_stages(unborn.root)
    assert [stale.stage for stale in stages] == unborn.repro()
    assert all(stale.certain and stale.causes[0].kind == "never-run" for stale in stages)


def test_order_of_the_pipeline_is_that_of_dvc_repro(toy: Checkout) -> None:
    skipped = re.findall(r"^Stage '(.+)' didn't change", toy.dvc("repro").stdout, re.MULTILINE)
    with opened(toy.root) as pipeline:
        assert list(pipeline.stages) == skipped


def test_stage_whose_input_comes_out_the_same_was_only_listed_as_one_that_may_run(toy: Checkout) -> None:
    # Another model of the same length has the same score.
    toy.replace("params.yaml", "0.1", "0.5")
    certain = {stale.stage: stale.certain for stale in stale_stages(toy.root)}
    assert certain == {"train@a": True, "score@a": False, "summary": False}
    assert toy.repro() == ["train@a", "score@a"]


def test_dependency_that_is_missing_is_named_and_stops_dvc_repro(toy: Checkout) -> None:
    toy.remove("code.txt")
    assert "train@a: code.txt missing" in texts(stale_stages(toy.root))
    assert "code.txt" in toy.dvc("repro", status=255).stderr


def test_upstream_that_was_run_alone_leaves_its_reader_to_be_run(toy: Checkout) -> None:
    toy.write("code.txt", "longer code\n")
    toy.dvc("repro", "--single-item", "train@a")
    assert "score@a: models/a changed" in texts(stale_stages(toy.root, ["score@a"]))
    assert toy.repro("score@a") == ["score@a"]


def test_frozen_stage_is_not_run_and_hides_what_it_comes_after(toy: Checkout) -> None:
    toy.replace("dvc.yaml", "    cmd: cat scores", "    frozen: true\n    cmd: cat  scores")
    toy.replace("params.yaml", "0.1", "0.5")
    assert [stale.stage for stale in stale_stages(toy.root)] == ["train@a", "score@a"]
    assert stale_stages(toy.root, ["summary"]) == []
    assert toy.repro("summary") == []


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("score@a", ["clean", "train@a", "score@a"]),
        ("train", ["clean", "train@a", "train@b"]),
        ("dvc.yaml:train@b", ["clean", "train@b"]),
        ("dvc.yaml", EVERYTHING),
    ],
)
def test_target_is_looked_at_with_all_that_it_comes_after(unborn: Checkout, target: str, expected: list[str]) -> None:
    assert [stale.stage for stale in stale_stages(unborn.root, [target])] == expected
    assert sorted(unborn.repro(target)) == sorted(expected)


def test_unknown_target_names_near_ones(toy: Checkout) -> None:
    with pytest.raises(ValueError, match=r"^no stage 'trian@a'; did you mean 'train@a'"):
        stale_stages(toy.root, ["trian@a"])
    with pytest.raises(ValueError, match=r"^no stage 'zzz'; .*: clean, train, score, summary$"):
        stale_stages(toy.root, ["zzz"])


def test_pipeline_that_dvc_cannot_read_is_one_line(toy: Checkout) -> None:
    toy.write("dvc.yaml", "stages: [")
    with pytest.raises(ValueError, match=r"dvc\.yaml") as raised:
        stale_stages(toy.root)
    assert "\n" not in str(raised.value)


def test_directory_without_dvc_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not inside of a DVC repository"):
        stale_stages(tmp_path)


def clone(toy: Checkout, place: Path) -> Checkout:
    toy.commit()
    return toy.clone(place)


def would_run(toy: Checkout) -> set[str]:
    """What DVC would run without data. It fails where it asks the run cache for a stage whose input is not there."""
    done = toy.dvc("repro", "--dry", "--allow-missing", "--keep-going", status=None)
    failed = re.search(r"^ERROR: failed to reproduce.*$", done.stderr, re.MULTILINE)
    running = re.findall(r"^Running stage '(.+)':", done.stdout, re.MULTILINE)
    return {*running, *(re.findall("'(.+?)'", failed[0]) if failed else ())}


def test_clone_without_data_answers_as_if_they_were_there(toy: Checkout, tmp_path: Path) -> None:
    bare = clone(toy, tmp_path / "clone")
    assert stale_stages(bare.root, allow_missing=True) == []
    assert would_run(bare) == set()
    assert {stale.stage for stale in stale_stages(bare.root)} == set(EVERYTHING)
    for one in (bare, toy):
        one.replace("params.yaml", "0.1", "0.5")
    stages = stale_stages(bare.root, allow_missing=True)
    assert stages == stale_stages(toy.root)
    assert {stale.stage for stale in stages if stale.certain} == would_run(bare)


def test_lock_that_was_committed_half_renewed_is_found_without_data(toy: Checkout, tmp_path: Path) -> None:
    toy.write("code.txt", "longer code\n")
    toy.dvc("repro", "--single-item", "train@a")
    bare = clone(toy, tmp_path / "clone")
    stages = {stale.stage: stale for stale in stale_stages(bare.root, allow_missing=True)}
    assert [cause.kind for cause in stages["score@a"].causes] == ["dependency-outdated"]
    assert {name for name, stale in stages.items() if stale.certain} == would_run(bare)


def test_directory_that_holds_only_what_git_tracks_is_no_change_without_data(toy: Checkout, tmp_path: Path) -> None:
    toy.write("scores/.gitkeep", "")
    toy.git("add", "-f", "scores/.gitkeep")
    toy.write(".dvcignore", ".gitkeep\n")
    assert stale_stages(toy.root) == []
    bare = clone(toy, tmp_path / "clone")
    assert (bare.root / "scores").is_dir()
    assert stale_stages(bare.root, allow_missing=True) == []


def test_asking_writes_nothing(toy: Checkout) -> None:
    toy.replace("params.yaml", "0.1", "0.5")
    before = {path: path.read_bytes() for path in toy.root.rglob("*") if path.is_file()}
    stale_stages(toy.root)
    shutil.rmtree(toy.root / ".dvc/tmp", ignore_errors=True)
    after = {path: path.read_bytes() for path in toy.root.rglob("*") if path.is_file()}
    assert {path for path in {*before, *after} if before.get(path) != after.get(path)} <= {
        path for path in before if ".dvc/tmp" in path.as_posix()
    }


def test_each_changed_parameter_is_listed() -> None:
    before = {"a": {"x": 1, "gone": None}, "b": [1, 2]}
    after = {"a": {"x": "1", "new": {"y": 2}}, "b": [1, 2.0]}
    found = {".".join(change.path): describe(change) for change in changes(before, after, ["a", "b", "c"])}
    assert found == {"a.x": "1 → 1", "a.new.y": "added: 2", "a.gone": "removed (was null)", "c": "removed (was null)"}


def test_long_value_is_cut_to_a_line() -> None:
    assert len(shown(list(range(100)))) == 60
