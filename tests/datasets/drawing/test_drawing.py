"""The tools of the drawings: curves, deformations, cloth, canvas, handwriting and typeface."""

import numpy as np
import pytest

from atelier.datasets.drawing import splines, warp
from atelier.datasets.fashion_mnist.twin import fabric
from atelier.datasets.fashion_mnist.twin.canvas import Canvas
from atelier.datasets.mnist.twin import hands, typeface


def _still(points: np.ndarray) -> np.ndarray:
    return points


def test_spline_passes_through_its_points() -> None:
    points = np.random.default_rng(0).random((6, 2))
    np.testing.assert_allclose(splines.smooth(points, per_segment=4)[::4], points)


def test_spline_through_points_on_a_line_stays_on_it() -> None:
    line = np.stack([np.arange(5.0), 2 * np.arange(5.0)], axis=1)
    curve = splines.smooth(line)
    np.testing.assert_allclose(curve[:, 1], 2 * curve[:, 0])


def test_even_places_are_even() -> None:
    points = np.array([(0, 0), (0.4, 0.1), (1, 0), (1, 1.5)])
    places = splines.matrix(4, splines.evenly(points, 50)) @ points
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps.mean(), rtol=0.05)


def test_elastic_field_is_smooth() -> None:
    points = np.random.default_rng(1).random((200, 2))
    move = warp.elastic(np.random.default_rng(0), reach=0.4, amount=0.05)
    shift, near = move(points) - points, move(points + 0.01) - points - 0.01
    assert 0.01 < shift.std() < 0.15
    assert np.abs(shift - near).max() < 0.2 * np.abs(shift).max()


@pytest.mark.parametrize("digit", range(10))
def test_every_digit_has_ways_to_write_it_and_a_typeface(digit: int) -> None:
    ways, probabilities = hands.ways(digit)
    assert len(ways) >= 3
    assert probabilities.sum() == pytest.approx(1)
    for way in ways:
        np.testing.assert_allclose(way.path.sum(axis=1), 1)
        height = np.ptp((way.path @ way.points)[:, 1])
        assert 0.9 < height < 1.1
    centres, radii = typeface.glyph(digit)
    assert np.ptp(centres[:, 1]) > 0.85
    assert radii.min() > 0


def test_fill_covers_its_area_in_its_tone() -> None:
    canvas = Canvas(_still)
    canvas.fill([(0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)], 0.5)
    pixels = canvas.pixels()
    assert pixels.dtype == np.uint8
    assert set(np.unique(pixels[8:20, 8:20])) == {128}
    assert pixels.sum() / 128 == pytest.approx(14 * 14, rel=0.06)


def test_paint_outside_the_canvas_is_cut_off() -> None:
    canvas = Canvas(_still)
    canvas.fill([(2, 2), (3, 2), (3, 3)], 1.0)
    canvas.line([(-1, 0.5), (2, 0.5)], 0.1, 1.0)
    assert (canvas.pixels()[13:15] == 255).all()
    assert canvas.pixels()[20:].sum() == 0


@pytest.mark.parametrize("print_", ["plain", "hoops", "pinstripes", "check", "dots", "flowers", "blocks", "faded"])
def test_cloth_has_tones_for_the_canvas(print_: str) -> None:
    cloth = fabric.cloth(np.random.default_rng(0), 0.6, {print_: 1.0})
    assert cloth.shape == (56, 56)
    assert -0.1 < cloth.min() < cloth.max() < 1.4


def test_pick_follows_the_weights() -> None:
    rng = np.random.default_rng(0)
    picks = [fabric.pick(rng, {"a": 3.0, "b": 1.0, "c": 0.0}) for _ in range(400)]
    assert picks.count("a") == pytest.approx(300, abs=40)
    assert "c" not in picks
