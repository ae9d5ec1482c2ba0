"""How people write the ten digits: for each, several skeletons of pen strokes.

A skeleton lives in a box with x to the right and y downwards, 1 high. A stroke is a smooth curve; where the pen turns
a corner, a new stroke begins at the same point, and the two move together.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from atelier.datasets.drawing import splines

Stroke = tuple[tuple[float, float], ...]
SAMPLES = 90

# (weight, strokes) for each way of writing a digit; the weights of a digit need not sum to 1.
# fmt: off
_WAYS: dict[int, list[tuple[float, tuple[Stroke, ...]]]] = {
    0: [
        (5, (((.38, .01), (.13, .17), (.02, .52), (.13, .87), (.36, 1), (.6, .85), (.69, .48), (.58, .13),
              (.36, .02)),)),
        (2, (((.52, .09), (.32, .03), (.09, .26), (.03, .62), (.17, .93), (.4, .99), (.62, .76), (.66, .36), (.5, .08),
              (.3, .1)),)),
        (2, (((.34, .0), (.08, .3), (.07, .7), (.32, 1), (.57, .7), (.57, .3), (.35, .01)),)),
    ],
    1: [
        (7, (((.3, 0), (.29, .35), (.31, .7), (.3, 1)),)),
        (2, (((.04, .27), (.18, .14), (.32, 0)), ((.32, 0), (.31, .5), (.32, 1)))),
        (1, (((.08, .2), (.3, 0)), ((.3, 0), (.3, .5), (.3, 1)), ((.03, 1), (.3, 1), (.58, .99)))),
    ],
    2: [
        (4, (((.05, .22), (.2, .04), (.45, .03), (.58, .24), (.42, .55), (.18, .82), (.02, .97)),
             ((.02, .97), (.32, .94), (.7, .97)))),
        (3, (((.07, .18), (.26, .02), (.5, .07), (.55, .32), (.38, .66), (.14, .94), (.02, .87), (.13, .75), (.34, .84),
              (.54, .98), (.72, .9)),)),
        (1, (((.04, .08), (.3, .04), (.58, .05)), ((.58, .05), (.3, .52), (.02, .97)),
             ((.02, .97), (.35, .95), (.68, .95)))),
    ],
    3: [
        (4, (((.06, .13), (.26, 0), (.5, .08), (.51, .31), (.22, .47)),
             ((.22, .47), (.53, .57), (.58, .82), (.3, 1), (.02, .88)))),
        (2, (((.05, .03), (.3, .02), (.56, .03)), ((.56, .03), (.4, .22), (.24, .4)),
             ((.24, .4), (.52, .47), (.6, .74), (.34, 1), (.02, .9)))),
        (2, (((.08, .1), (.32, .01), (.5, .16), (.42, .38), (.22, .48), (.24, .53), (.46, .52), (.6, .74), (.42, .97),
              (.14, .98), (.02, .84)),)),
    ],
    4: [
        (4, (((.1, .04), (.05, .3), (.06, .54), (.32, .57), (.64, .5)), ((.55, .02), (.51, .5), (.47, 1)))),
        (2, (((.48, .02), (.26, .32), (.02, .64)), ((.02, .64), (.35, .64), (.7, .61)),
             ((.48, .02), (.48, .5), (.48, 1)))),
        (2, (((.06, .06), (.04, .36), (.24, .53), (.5, .4), (.57, .03)), ((.57, .03), (.53, .5), (.49, 1)))),
        (1, (((.36, .02), (.18, .32), (.04, .6)), ((.04, .6), (.34, .57), (.68, .6)),
             ((.5, .3), (.47, .64), (.46, 1)))),
    ],
    5: [
        (3, (((.62, .02), (.38, .03), (.16, .05)), ((.16, .05), (.13, .24), (.1, .43)),
             ((.1, .43), (.36, .36), (.6, .54), (.56, .84), (.28, 1), (.02, .9)))),
        (2, (((.66, .0), (.42, .02), (.2, .05)), ((.17, .08), (.14, .25), (.13, .4)),
             ((.13, .4), (.36, .45), (.52, .64), (.4, .93), (.03, .97)))),
        (2, (((.66, .03), (.4, .01), (.2, .1), (.14, .34), (.36, .46), (.54, .66), (.42, .93), (.18, 1), (.02, .9)),)),
    ],
    6: [
        (4, (((.5, 0), (.22, .27), (.04, .62), (.12, .92), (.35, 1), (.57, .82), (.47, .59), (.24, .58), (.06, .76)),)),
        (2, (((.32, 0), (.14, .3), (.05, .66), (.14, .94), (.36, .98), (.52, .8), (.42, .63), (.2, .68), (.09, .85)),)),
        (2, (((.6, .06), (.36, .03), (.12, .3), (.03, .66), (.16, .95), (.42, .97), (.6, .75), (.46, .52), (.2, .56),
              (.06, .7)),)),
    ],
    7: [
        (4, (((.02, .06), (.3, .05), (.62, .04)), ((.62, .04), (.42, .45), (.26, 1)))),
        (2, (((.02, .06), (.3, .05), (.62, .04)), ((.62, .04), (.42, .45), (.26, 1)),
             ((.16, .52), (.38, .5), (.6, .49)))),
        (2, (((.03, .25), (.06, .1), (.1, .07)), ((.1, .07), (.34, .06), (.6, .03)),
             ((.6, .03), (.5, .3), (.42, .6), (.38, 1)))),
        (1, (((.02, .14), (.24, .02), (.48, .05), (.58, .2), (.48, .55), (.4, 1)),)),
    ],
    8: [
        (4, (((.52, .1), (.3, 0), (.09, .14), (.16, .36), (.44, .56), (.57, .8), (.32, 1), (.06, .82), (.2, .56),
              (.46, .36), (.56, .14), (.44, .02)),)),
        (2, (((.32, .46), (.1, .28), (.18, .04), (.42, .02), (.52, .24), (.32, .46)),
             ((.32, .46), (.05, .68), (.16, .97), (.46, .97), (.6, .7), (.32, .46)))),
        (1, (((.64, .04), (.4, 0), (.14, .1), (.2, .36), (.46, .58), (.5, .84), (.26, 1), (.05, .82), (.22, .52),
              (.5, .28), (.66, .06)),)),
    ],
    9: [
        (4, (((.56, .14), (.36, 0), (.1, .1), (.05, .36), (.24, .5), (.48, .38), (.57, .12)),
             ((.57, .12), (.55, .55), (.5, 1)))),
        (2, (((.56, .18), (.34, .01), (.08, .16), (.08, .4), (.3, .48), (.5, .34), (.57, .14), (.58, .5), (.46, .88),
              (.14, .97)),)),
        (2, (((.5, .2), (.34, .04), (.1, .16), (.1, .36), (.32, .42), (.5, .22)), ((.5, .22), (.42, .6), (.3, 1)))),
    ],
}
# fmt: on


@dataclass(frozen=True)
class Way:
    """One way of writing a digit.

    Attributes:
        points: the pen's turning points, shape ``(points, 2)``.
        path: linear map from the points to places along the strokes, shape ``(SAMPLES, points)``.
        stroke: which stroke each place is on, shape ``(SAMPLES,)``.
    """

    points: np.ndarray
    path: np.ndarray
    stroke: np.ndarray


@cache
def ways(digit: int) -> tuple[tuple[Way, ...], np.ndarray]:
    """The ways of writing `digit`, and how often each occurs (probabilities)."""
    weights = np.array([weight for weight, _ in _WAYS[digit]], dtype=np.float64)
    return tuple(_way(strokes) for _, strokes in _WAYS[digit]), weights / weights.sum()


def _way(strokes: tuple[Stroke, ...]) -> Way:
    # Equal coordinates are one point, so that strokes which share a corner stay joined however the point moves.
    unique = list(dict.fromkeys(point for stroke in strokes for point in stroke))
    lengths = np.array([np.linalg.norm(np.diff(np.array(s), axis=0), axis=1).sum() for s in strokes])
    edges = np.rint(np.concatenate([[0], np.cumsum(lengths)]) / lengths.sum() * SAMPLES).astype(int)
    path = np.zeros((SAMPLES, len(unique)))
    owner = np.zeros(SAMPLES, dtype=np.int64)
    for number, (stroke, begin, end) in enumerate(zip(strokes, edges[:-1], edges[1:], strict=True)):
        points = np.array(stroke)
        local = splines.matrix(len(points), splines.evenly(points, end - begin))
        for column, point in enumerate(stroke):
            path[begin:end, unique.index(point)] += local[:, column]
        owner[begin:end] = number
    return Way(np.array(unique), path, owner)
