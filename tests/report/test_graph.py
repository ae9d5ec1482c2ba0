"""The pipeline's graph, read and laid out."""

from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from atelier.report import graph, layout


def stages_of(house: Any) -> list[graph.Stage]:
    return graph.read(house.root / "dvc.yaml", yaml.safe_load((house.root / "params.yaml").read_text()))


def addresses(house: Any) -> set[tuple[str, str]]:
    stages = stages_of(house)
    return {(stages[before].address, stages[after].address) for before, after in graph.edges(stages)}


def test_foreach_is_spelled_out_over_the_parameters(house: Any) -> None:
    names = [stage.address for stage in stages_of(house)]
    assert len(names) == 3 + 3 + 3 + 4 + 4 + 4 + 1 + 1
    assert {"download@mnist", "train@mnist-vae-32", "summarize", "report"} <= set(names)


def test_references_to_key_and_item_are_filled_in(house: Any) -> None:
    train = next(stage for stage in stages_of(house) if stage.address == "train@fashion_mnist-vae")
    assert train.deps == (PurePosixPath("data/prepared/fashion_mnist"), PurePosixPath("src/atelier/models/vae.py"))
    assert train.outs == (PurePosixPath("data/models/fashion_mnist-vae"),)


def test_arrows_that_others_imply_are_left_out(house: Any) -> None:
    found = addresses(house)
    assert ("sample@mnist-vae", "evaluate@mnist-vae") in found
    assert ("train@mnist-vae", "evaluate@mnist-vae") not in found
    assert {pair for pair in found if pair[1] == "report"} == {("summarize", "report")}


def test_directory_of_outs_feeds_who_depends_on_it_whole(house: Any) -> None:
    runs = ("mnist-vae", "mnist-vae-32", "fashion_mnist-vae", "imdb-lm")
    assert {pair for pair in addresses(house) if pair[1] == "summarize"} == {
        (f"evaluate@{run}", "summarize") for run in runs
    }


def test_foreach_over_a_list_is_addressed_by_its_items(tmp_path: Path) -> None:
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
        ("- a\n", "a mapping with the stages"),
        ("stages:\n  a:\n    foreach: ${runs}\n    do: {cmd: x}\n", r"\$\{runs\} refers to nothing in params.yaml"),
    ],
)
def test_broken_pipeline_is_named_in_one_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "dvc.yaml"
    path.write_text(content)
    with pytest.raises(ValueError, match=message) as caught:
        graph.read(path, {})
    assert "\n" not in str(caught.value)


def crowd(house: Any) -> list[graph.Stage]:
    """Many datasets, one of them without a run, and up to four runs of one."""
    names = [f"data-{n}" for n in range(7)]
    runs = {f"run-{n}": {"dataset": names[n * n % 6], "family": "vae"} for n in range(13)}
    return graph.read(house.root / "dvc.yaml", {"datasets": names, "judges": names, "runs": runs})


@pytest.fixture(params=[stages_of, crowd])
def stages(request: Any, house: Any) -> list[graph.Stage]:
    return request.param(house)


def test_stages_never_overlap_and_arrows_point_right(stages: list[graph.Stage]) -> None:
    edges = graph.edges(stages)
    drawing = layout.draw(stages, edges)
    places = [(node.x, node.y) for node in drawing.nodes]
    for index, (x, y) in enumerate(places):
        for other_x, other_y in places[:index]:
            assert abs(x - other_x) >= layout.WIDTH or abs(y - other_y) >= layout.HEIGHT
        assert 0 <= x <= drawing.width - layout.WIDTH
        assert 0 <= y <= drawing.height - layout.HEIGHT
    assert all(places[before][0] < places[after][0] for before, after in edges)


def test_no_box_stands_in_the_way_of_an_arrow(stages: list[graph.Stage]) -> None:
    edges = graph.edges(stages)
    nodes = layout.draw(stages, edges).nodes
    for before, after in edges:
        between = [node for node in nodes if nodes[before].x < node.x < nodes[after].x]
        assert all(abs(node.y - nodes[before].y) >= layout.HEIGHT for node in between)
