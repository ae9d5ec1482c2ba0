"""Where the stages of the graph stand: a column for each step of the way, a row for each branch."""

from dataclasses import dataclass

from atelier.report.graph import Stage

WIDTH, HEIGHT = 124, 40
COLUMN_GAP, ROW_GAP = 36, 12
MARGIN = 2


@dataclass(frozen=True)
class Node:
    stage: Stage
    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    """Boxes of `WIDTH` by `HEIGHT` and the SVG paths between them."""

    width: float
    height: float
    nodes: list[Node]
    arrows: list[str]


def draw(stages: list[Stage], edges: list[tuple[int, int]]) -> Drawing:
    """Lay the graph out from left to right.

    A stage continues the row of the stage it follows; a second branch opens a row below. The row of a stage that
    is needed only much later stays free until there, so that its arrow crosses no box.
    """
    before: dict[int, list[int]] = {node: [] for node in range(len(stages))}
    after: dict[int, list[int]] = {node: [] for node in range(len(stages))}
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    columns = _columns(before)
    rows = _rows(before, after, columns)
    nodes = [
        Node(stage, MARGIN + columns[i] * (WIDTH + COLUMN_GAP), MARGIN + rows[i] * (HEIGHT + ROW_GAP))
        for i, stage in enumerate(stages)
    ]
    return Drawing(
        width=max((node.x for node in nodes), default=0) + WIDTH + MARGIN,
        height=max((node.y for node in nodes), default=0) + HEIGHT + MARGIN,
        nodes=nodes,
        arrows=[_arrow(nodes[source], nodes[target]) for source, target in edges],
    )


def _columns(before: dict[int, list[int]]) -> dict[int, int]:
    columns: dict[int, int] = {}

    def column(node: int) -> int:
        if node not in columns:
            columns[node] = 0
            columns[node] = max((column(source) + 1 for source in before[node]), default=0)
        return columns[node]

    for node in before:
        column(node)
    return columns


def _rows(before: dict[int, list[int]], after: dict[int, list[int]], columns: dict[int, int]) -> dict[int, float]:
    rows: dict[int, float] = {}
    free = 0

    def place(node: int, row: int) -> None:
        nonlocal free
        rows[node] = row
        free = max(free, row + 1)
        own_row = True
        for target in after[node]:
            # A stage belongs to the branch of the latest stage it waits for.
            if target not in rows and node == max(before[target], key=lambda n: (columns[n], -n)):
                place(target, row if own_row else free)
                own_row = False

    for node in before:
        if not before[node]:
            place(node, free)
    for node in sorted(before, key=lambda n: columns[n]):
        # Where branches meet, and nothing else stands in that column, the middle looks best.
        alone = sum(column == columns[node] for column in columns.values()) == 1
        if alone and before[node]:
            sources = [rows[source] for source in before[node]]
            passing = [
                rows[source]
                for source in before
                if columns[source] < columns[node] and any(columns[target] > columns[node] for target in after[source])
            ]
            rows[node] = _free((min(sources) + max(sources)) / 2, passing)
    return rows


def _free(row: float, taken: list[float]) -> float:
    """The place nearest to `row`, in steps of half a row, that leaves those that are taken clear; of two, the lower."""
    near = (row + side * step / 2 for step in range(4 * len(taken) + 1) for side in (1, -1))
    return next(place for place in near if place >= 0 and all(abs(place - other) >= 1 for other in taken))


def _arrow(source: Node, target: Node) -> str:
    x0, y0 = source.x + WIDTH, source.y + HEIGHT / 2
    x1, y1 = target.x, target.y + HEIGHT / 2
    # Straight along the own row, and a bend in the gap before the target.
    bend, middle = x1 - COLUMN_GAP, x1 - COLUMN_GAP / 2
    return f"M{x0:g} {y0:g}H{bend:g}C{middle:g} {y0:g} {middle:g} {y1:g} {x1 - 5:g} {y1:g}"
