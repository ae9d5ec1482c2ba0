"""How far samples lie from real ones on the judge's features, beside what the same distance says of real draws."""

from pathlib import Path
from typing import Any

import numpy as np

from atelier.metrics.proxies import proxies
from atelier.pipeline import features as judge_features


def distances(features: np.ndarray, directory: Path, params: Any) -> dict[str, float]:
    """Every proxy of the samples against the test draw, beside its floor and ceiling at the same N.

    Args:
        features: of the samples, float32 ``(N, features)``.
        directory: of the judge.
        params: a family's evaluate section (`samples`, `neighbours`, `subsets`, `subset_size`, `seed`).

    Returns:
        The proxies, ``fd_floor``, ``fd_ceiling`` (the largest of the judge's ceilings), ``kid_floor`` and ``samples``.
    """

    def measure(features: np.ndarray) -> dict[str, float]:
        return proxies(
            real,
            features,
            neighbours=params.neighbours,
            subsets=params.subsets,
            subset_size=params.subset_size,
            seed=params.seed,
        )

    def drawn(name: str) -> np.ndarray:
        return judge_features.read_draw(directory, name, params.samples)

    real = drawn(judge_features.REAL)
    floor = measure(drawn(judge_features.FLOOR))
    ceilings = [measure(drawn(name)) for name in judge_features.ceilings(directory)]
    return measure(features) | {
        "fd_floor": floor["fd"],
        "fd_ceiling": max(ceiling["fd"] for ceiling in ceilings),
        "kid_floor": floor["kid"],
        "samples": params.samples,
    }
