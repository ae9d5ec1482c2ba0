"""The judge at work: features and verdicts of images, and the real draws that floors and ceilings need."""

from pathlib import Path

import numpy as np

from atelier.pipeline import batching, networks

# Which draws of real images the judge keeps features of; each is in random order, so its first N rows are a draw too.
REAL, FLOOR, CEILINGS = "test", "train", ("blur", "noise", "missing_class")
BATCH = 256


def features(judge: networks.Network, images: np.ndarray) -> np.ndarray:
    """Penultimate features, float32 ``(n, features)``, of uint8 images ``(n, h, w, c)``."""
    return np.asarray(batching.apply(judge.model.trunk, images, BATCH))


def verdicts(judge: networks.Network, image_features: np.ndarray) -> np.ndarray:
    """Logits of the classes, float32 ``(n, classes)``, from features."""
    return np.asarray(batching.apply(judge.model.head, image_features, BATCH))


def read_draw(directory: Path, name: str, samples: int) -> np.ndarray:
    """The first `samples` features of a draw that the judge keeps.

    Raises:
        ValueError: the judge kept fewer.
    """
    kept = np.load(directory / f"features_{name}.npy", mmap_mode="r", allow_pickle=False)
    if samples > len(kept):
        raise ValueError(
            f"{samples} samples are to be compared, but the judge in {directory} kept {len(kept)} real images; "
            "raise its gauge.samples or lower the run's evaluate.samples"
        )
    return np.asarray(kept[:samples])
