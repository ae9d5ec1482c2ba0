"""The offline twin of Fashion-MNIST: grey drawings of clothing, light on black, as large as the frame."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from atelier.datasets.drawing import warp
from atelier.datasets.fashion_mnist.twin import bags, cuts, shoes, tops, trousers
from atelier.datasets.fashion_mnist.twin.canvas import Canvas
from atelier.datasets.formats.idx import writer
from atelier.datasets.formats.idx.params import Embedded

Paint = Callable[[Canvas, np.random.Generator], None]


def write(directory: Path, params: Embedded) -> None:
    """Write Fashion-MNIST's four files."""
    writer.write("fashion_mnist", draw, directory, params)


def draw(label: int, rng: np.random.Generator) -> np.ndarray:
    """Draw one article of class `label`: uint8 of shape ``(28, 28)``."""
    bend = warp.elastic(rng, reach=0.4, amount=0.008)
    turn, stretch, shift = rng.normal(0, 0.012), rng.normal(1, 0.025, 2), rng.normal(0, 0.006, 2)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) * stretch
    canvas = Canvas(lambda points: bend((points - 0.5) @ matrix + 0.5 + shift))
    _PAINTERS[label](canvas, rng)
    return canvas.pixels()


def _top(cut: Callable[[np.random.Generator], tuple[tops.Cut, cuts.Prints]]) -> Paint:
    return lambda canvas, rng: tops.paint(canvas, rng, *cut(rng))


# In the order of the labels.
_PAINTERS: tuple[Paint, ...] = (
    _top(cuts.t_shirt),
    trousers.paint,
    _top(cuts.pullover),
    _top(cuts.dress),
    _top(cuts.coat),
    shoes.sandal,
    _top(cuts.shirt),
    shoes.sneaker,
    bags.paint,
    shoes.ankle_boot,
)
