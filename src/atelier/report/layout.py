"""The layout of the pipeline's graph, with a column for each step and a row for each branch."""

from dataclasses import dataclass
from graphlib import TopologicalSorter

from atelier.report.graph import Stage

HEIGHT = 40
COLUMN_GAP, ROW_GAP = 28, 12
MARGIN = 2
# The smallest width of a box, its padding, and the width of a letter in it.
LEAST_WIDTH, PADDING, LETTER = 96, 11, 6.5


@dataclass(frozen=True)
class Node:
    stage: Stage
    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    """Boxes of `box_width` by `HEIGHT`, and the SVG paths between them."""

    width: float
    height: float
    box_width: float
    nodes: list[Node]
    arrows: list[str]


def draw(stages: list[Stage], edges: list[tuple[int, int]]) -> Drawing:
    """Place stages from left to right.

    A stage continues the row of a stage that it depends on; a second branch starts a new row below. A row is used by
    one branch only, so that no arrow crosses a box.
    """
    before: dict[int, list[int]] = {node: [] for node in range(len(stages))}
    after: dict[int, list[int]] = {node: [] for node in range(len(stages))}
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    columns: dict[int, int] = {}
    for node in TopologicalSorter(before).static_order():
        columns[node] = max((columns[source] + 1 for source in before[node]), default=0)
    rows = _rows(before, after, columns)
    box_width = max([LEAST_WIDTH, *(round(2 * PADDING + LETTER * len(stage.key)) for stage in stages)])
    nodes = [
        Node(stage, MARGIN + columns[i] * (box_width + COLUMN_GAP), MARGIN + rows[i] * (HEIGHT + ROW_GAP))
        for i, stage in enumerate(stages)
    ]
    width = max((node.x for node in nodes), default=0) + box_width + MARGIN
    height = max((node.y for node in nodes), default=0) + HEIGHT + MARGIN
    arrows = [_arrow(nodes[source], nodes[target], box_width) for source, target in edges]
    return Drawing(width, height, box_width, nodes, arrows)


def _rows(before: dict[int, list[int]], after: dict[int, list[int]], columns: dict[int, int]) -> dict[int, int]:
    rows: dict[int, int] = {}
    free = 0

    def place(node: int, row: int) -> None:
        nonlocal free
        rows[node] = row
        free = max(free, row + 1)
        own_row = True
        for target in after[node]:
            # A stage belongs to the branch of the last stage that it waits for.
            if target not in rows and node == max(before[target], key=lambda n: (columns[n], -n)):
                place(target, row if own_row else free)
                own_row = False

    for node in before:
        if not before[node]:
            place(node, free)
    return rows


def _arrow(source: Node, target: Node, box_width: float) -> str:
    x0, y0 = source.x + box_width, source.y + HEIGHT / 2
    x1, y1 = target.x, target.y + HEIGHT / 2
    # Straight along the source's row, with a bend in the gap before the target.
    bend, middle = x1 - COLUMN_GAP, x1 - COLUMN_GAP / 2
    return f"M{x0:g} {y0:g}H{bend:g}C{middle:g} {y0:g} {middle:g} {y1:g} {x1 - 5:g} {y1:g}"
