"""Draw the architecture of a network as SVG: one block per layer, whose size shows its output shape."""

import math
from collections.abc import Mapping
from html import escape

import keras

UNIT, GAP, MARGIN, LABEL = 6.0, 26.0, 16.0, 64.0
HIDDEN = ("InputLayer", "Flatten", "Reshape", "Activation", "Dropout")

# Type of a layer, shape of its output, number of its parameters.
Block = tuple[str, tuple[int, ...], int]


def diagram(networks: Mapping[str, keras.Model | list[Block]]) -> str:
    """Draw functional models, or the blocks of other models, as SVG: a row for each, with its key as title."""
    rows = [_row(name, model if isinstance(model, list) else _blocks(model)) for name, model in networks.items()]
    width = max(row_width for _, row_width, _ in rows)
    height, parts = MARGIN, []
    for markup, _, row_height in rows:
        parts.append(f'<g transform="translate({MARGIN:.1f} {height:.1f})">{markup}</g>')
        height += row_height + MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width + 2 * MARGIN:.0f} {height:.0f}" '
        f'role="img" aria-label="Architecture of the network" font-family="system-ui, sans-serif" '
        f'font-size="11" fill="currentColor" stroke="none">{"".join(parts)}</svg>\n'
    )


def _blocks(network: keras.Model) -> list[Block]:
    shown = [layer for layer in network.layers if type(layer).__name__ not in HIDDEN]
    blocks = [(type(layer).__name__, tuple(layer.output.shape[1:]), layer.count_params()) for layer in shown]
    return [("input", tuple(network.inputs[0].shape[1:]), 0), *blocks]


def _row(name: str, blocks: list[Block]) -> tuple[str, float, float]:
    """Return markup, width and height of the row of one network."""
    sizes = [_size(shape) for _, shape, _ in blocks]
    tallest = max(tall for _, tall in sizes)
    title = f'<text y="12" font-weight="600">{escape(name)}: {sum(count for *_, count in blocks):,} parameters</text>'
    x, parts = 0.0, [title]
    for (kind, shape, parameters), (wide, tall) in zip(blocks, sizes, strict=True):
        column = max(wide, LABEL)
        left, top = x + (column - wide) / 2, 24 + (tallest - tall) / 2
        text = f'x="{x + column / 2:.1f}" text-anchor="middle"'
        below = 24 + tallest
        parts.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{tall:.1f}" rx="2" '
            f'fill-opacity="0.14" stroke="currentColor" stroke-opacity="0.6"/>'
            f'<text {text} y="{below + 16:.1f}">{escape(kind)}</text>'
            f'<text {text} y="{below + 30:.1f}" opacity="0.7">{"×".join(map(str, shape))}</text>'
            f'<text {text} y="{below + 44:.1f}" opacity="0.7">{f"{parameters:,}" if parameters else ""}</text>'
        )
        x += column + GAP
    return "".join(parts), x - GAP, tallest + 72


def _size(shape: tuple[int, ...]) -> tuple[float, float]:
    """Return width and height of a block in pixels: logarithms of its channels and of the image's side."""
    side = shape[0] if len(shape) == 3 else 1
    return UNIT * (1 + math.log2(shape[-1])), UNIT * 3 * (1 + math.log2(side))
