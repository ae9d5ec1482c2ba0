"""The judge at work: features and verdicts of what it sees, and the real draws that floors and ceilings need."""

from pathlib import Path

import numpy as np

from atelier.core import files
from atelier.pipeline import batching, networks

# Of which splits the judge keeps features: what samples are compared with, and the draw whose distance to it is the
# floor. Each draw is in random order, so its first N rows are a draw too.
REAL, FLOOR = "test", "train"
SUMMARY = "judge.json"
BATCH = 256


def features(judge: networks.Network, inputs: np.ndarray) -> np.ndarray:
    """Penultimate features, float32 ``(n, features)``, of inputs as the judge was trained on, ``(n, …)``."""
    return np.asarray(batching.apply(judge.model.trunk, inputs, BATCH))


def verdicts(judge: networks.Network, input_features: np.ndarray) -> np.ndarray:
    """Logits of the classes, float32 ``(n, classes)``, from features."""
    return np.asarray(batching.apply(judge.model.head, input_features, BATCH))


def ceilings(directory: Path) -> list[str]:
    """The names of the damaged draws that the judge in `directory` was gauged with."""
    return [name for name in files.read_json(directory / SUMMARY)["gauge"] if name != "floor"]


def read_draw(directory: Path, name: str, samples: int) -> np.ndarray:
    """The first `samples` features of a draw that the judge keeps.

    Raises:
        ValueError: the judge kept fewer.
    """
    kept = np.load(directory / f"features_{name}.npy", mmap_mode="r", allow_pickle=False)
    if samples > len(kept):
        raise ValueError(
            f"{samples} samples are to be compared, but the judge in {directory} kept {len(kept)} real ones; "
            "raise its gauge.samples or lower the run's evaluate.samples"
        )
    return np.asarray(kept[:samples])
