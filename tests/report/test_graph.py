"""The pipeline's graph and its layout."""

from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from atelier.report import graph, layout


def stages_of(project: Any) -> list[graph.Stage]:
    return graph.read(project.root / "dvc.yaml", yaml.safe_load((project.root / "params.yaml").read_text()))


def addresses(project: Any) -> set[tuple[str, str]]:
    stages = stages_of(project)
    return {(stages[before].address, stages[after].address) for before, after in graph.edges(stages)}


def test_foreach_gives_a_stage_for_each_key(project: Any) -> None:
    names = [stage.address for stage in stages_of(project)]
    assert len(names) == 3 + 3 + 3 + 4 + 4 + 4 + 1 + 1  # without code and environment
    assert {"download@mnist", "train@mnist-vae-32", "summarize", "report"} <= set(names)


def test_references_to_key_and_item_are_replaced(project: Any) -> None:
    train = next(stage for stage in stages_of(project) if stage.address == "train@fashion_mnist-vae")
    assert [str(path) for path in train.deps] == [
        "data/code/train/vae.json",
        "data/environment.json",
        "data/prepared/fashion_mnist",
    ]
    assert train.outs == (PurePosixPath("data/models/fashion_mnist-vae"),)


def test_arrows_that_follow_from_others_are_left_out(project: Any) -> None:
    found = addresses(project)
    assert ("sample@mnist-vae", "evaluate@mnist-vae") in found
    assert ("train@mnist-vae", "evaluate@mnist-vae") not in found
    assert {pair for pair in found if pair[1] == "report"} == {("summarize", "report")}


def test_stage_that_reads_a_directory_depends_on_all_that_write_into_it(project: Any) -> None:
    runs = ("mnist-vae", "mnist-vae-32", "fashion_mnist-vae", "imdb-lm")
    assert {pair for pair in addresses(project) if pair[1] == "summarize"} == {
        (f"evaluate@{run}", "summarize") for run in runs
    }


def test_foreach_over_a_list_names_stages_by_its_items(tmp_path: Path) -> None:
    path = tmp_path / "dvc.yaml"
    path.write_text(
        "stages:\n  fetch:\n    foreach: [a, b]\n    do:\n      cmd: true\n      outs:\n        - out/${item}\n"
    )
    assert [(stage.address, str(stage.outs[0])) for stage in graph.read(path, {})] == [
        ("fetch@a", "out/a"),
        ("fetch@b", "out/b"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("stages: [", "dvc.yaml"),
        ("- a\n", "dvc.yaml.*a mapping of stages"),
        ("stages:\n  a:\n    foreach: ${runs}\n    do: {cmd: x}\n", r"dvc.yaml: \$\{runs\} is not in params.yaml"),
    ],
)
def test_broken_pipeline_is_an_error_of_one_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "dvc.yaml"
    path.write_text(content)
    with pytest.raises(ValueError, match=message) as caught:
        graph.read(path, {})
    assert "\n" not in str(caught.value)


def crowd(project: Any) -> list[graph.Stage]:
    """Return many datasets, one of them without a run, with up to four runs each."""
    names = [f"data-{n}" for n in range(7)]
    runs = {f"run-{n}": {"dataset": names[n * n % 6], "family": "vae"} for n in range(13)}
    return graph.read(project.root / "dvc.yaml", {"datasets": names, "judges": names, "runs": runs})


@pytest.fixture(params=[stages_of, crowd])
def stages(request: Any, project: Any) -> list[graph.Stage]:
    return request.param(project)


def test_stages_never_overlap_and_arrows_point_right(stages: list[graph.Stage]) -> None:
    edges = graph.edges(stages)
    drawing = layout.draw(stages, edges)
    places = [(node.x, node.y) for node in drawing.nodes]
    for index, (x, y) in enumerate(places):
        for other_x, other_y in places[:index]:
            assert abs(x - other_x) >= drawing.box_width or abs(y - other_y) >= layout.HEIGHT
        assert 0 <= x <= drawing.width - drawing.box_width
        assert 0 <= y <= drawing.height - layout.HEIGHT
    assert all(places[before][0] < places[after][0] for before, after in edges)


def test_no_box_stands_in_the_way_of_an_arrow(stages: list[graph.Stage]) -> None:
    edges = graph.edges(stages)
    nodes = layout.draw(stages, edges).nodes
    for before, after in edges:
        between = [node for node in nodes if nodes[before].x < node.x < nodes[after].x]
        assert all(abs(node.y - nodes[before].y) >= layout.HEIGHT for node in between)
