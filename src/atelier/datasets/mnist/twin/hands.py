"""The shapes of handwritten digits: several skeletons of pen strokes for each.

A skeleton has height 1, with x to the right and y down. A stroke is a smooth curve; at a corner, the next stroke
begins at the same point, and both move together.
"""

from dataclasses import dataclass
from functools import cache
from itertools import chain

import numpy as np

from atelier.datasets.drawing import splines

SAMPLES = 90

# (weight, strokes) of each way to write a digit, as "x,y x,y … / x,y …": points in hundredths, strokes between slashes.
_WAYS: dict[int, list[tuple[float, str]]] = {
    0: [
        (5, "38,1 13,17 2,52 13,87 36,100 60,85 69,48 58,13 36,2"),
        (2, "52,9 32,3 9,26 3,62 17,93 40,99 62,76 66,36 50,8 30,10"),
        (2, "34,0 8,30 7,70 32,100 57,70 57,30 35,1"),
    ],
    1: [
        (7, "30,0 29,35 31,70 30,100"),
        (2, "4,27 18,14 32,0 / 32,0 31,50 32,100"),
        (1, "8,20 30,0 / 30,0 30,50 30,100 / 3,100 30,100 58,99"),
    ],
    2: [
        (4, "5,22 20,4 45,3 58,24 42,55 18,82 2,97 / 2,97 32,94 70,97"),
        (3, "7,18 26,2 50,7 55,32 38,66 14,94 2,87 13,75 34,84 54,98 72,90"),
        (1, "4,8 30,4 58,5 / 58,5 30,52 2,97 / 2,97 35,95 68,95"),
    ],
    3: [
        (4, "6,13 26,0 50,8 51,31 22,47 / 22,47 53,57 58,82 30,100 2,88"),
        (2, "5,3 30,2 56,3 / 56,3 40,22 24,40 / 24,40 52,47 60,74 34,100 2,90"),
        (2, "8,10 32,1 50,16 42,38 22,48 24,53 46,52 60,74 42,97 14,98 2,84"),
    ],
    4: [
        (4, "10,4 5,30 6,54 32,57 64,50 / 55,2 51,50 47,100"),
        (2, "48,2 26,32 2,64 / 2,64 35,64 70,61 / 48,2 48,50 48,100"),
        (2, "6,6 4,36 24,53 50,40 57,3 / 57,3 53,50 49,100"),
        (1, "36,2 18,32 4,60 / 4,60 34,57 68,60 / 50,30 47,64 46,100"),
    ],
    5: [
        (3, "62,2 38,3 16,5 / 16,5 13,24 10,43 / 10,43 36,36 60,54 56,84 28,100 2,90"),
        (2, "66,0 42,2 20,5 / 17,8 14,25 13,40 / 13,40 36,45 52,64 40,93 3,97"),
        (2, "66,3 40,1 20,10 14,34 36,46 54,66 42,93 18,100 2,90"),
    ],
    6: [
        (4, "50,0 22,27 4,62 12,92 35,100 57,82 47,59 24,58 6,76"),
        (2, "32,0 14,30 5,66 14,94 36,98 52,80 42,63 20,68 9,85"),
        (2, "60,6 36,3 12,30 3,66 16,95 42,97 60,75 46,52 20,56 6,70"),
    ],
    7: [
        (4, "2,6 30,5 62,4 / 62,4 42,45 26,100"),
        (2, "2,6 30,5 62,4 / 62,4 42,45 26,100 / 16,52 38,50 60,49"),
        (2, "3,25 6,10 10,7 / 10,7 34,6 60,3 / 60,3 50,30 42,60 38,100"),
        (1, "2,14 24,2 48,5 58,20 48,55 40,100"),
    ],
    8: [
        (4, "52,10 30,0 9,14 16,36 44,56 57,80 32,100 6,82 20,56 46,36 56,14 44,2"),
        (2, "32,46 10,28 18,4 42,2 52,24 32,46 / 32,46 5,68 16,97 46,97 60,70 32,46"),
        (1, "64,4 40,0 14,10 20,36 46,58 50,84 26,100 5,82 22,52 50,28 66,6"),
    ],
    9: [
        (4, "56,14 36,0 10,10 5,36 24,50 48,38 57,12 / 57,12 55,55 50,100"),
        (2, "56,18 34,1 8,16 8,40 30,48 50,34 57,14 58,50 46,88 14,97"),
        (2, "50,20 34,4 10,16 10,36 32,42 50,22 / 50,22 42,60 30,100"),
    ],
}


@dataclass(frozen=True)
class Way:
    """One way to write a digit: control points, and a linear map from them to samples along the strokes."""

    points: np.ndarray  # (points, 2)
    path: np.ndarray  # (SAMPLES, points)


@cache
def ways(digit: int) -> tuple[tuple[Way, ...], np.ndarray]:
    """Return the ways to write `digit` and their probabilities."""
    weights = np.array([weight for weight, _ in _WAYS[digit]], dtype=np.float64)
    return tuple(_way(text) for _, text in _WAYS[digit]), weights / weights.sum()


def _way(text: str) -> Way:
    strokes = [stroke.split() for stroke in text.split("/")]
    # Equal points are one point, so that strokes that share a corner stay connected when it moves.
    unique = list(dict.fromkeys(chain.from_iterable(strokes)))
    curves = [_points(stroke) for stroke in strokes]
    lengths = np.array([np.linalg.norm(np.diff(curve, axis=0), axis=1).sum() for curve in curves])
    edges = np.rint(np.concatenate([[0], np.cumsum(lengths)]) / lengths.sum() * SAMPLES).astype(int)
    path = np.zeros((SAMPLES, len(unique)))
    for stroke, curve, begin, end in zip(strokes, curves, edges[:-1], edges[1:], strict=True):
        local = splines.matrix(len(curve), splines.evenly(curve, end - begin))
        for column, point in enumerate(stroke):
            path[begin:end, unique.index(point)] += local[:, column]
    return Way(_points(unique), path)


def _points(pairs: list[str]) -> np.ndarray:
    return np.array([pair.split(",") for pair in pairs], np.float64) / 100
