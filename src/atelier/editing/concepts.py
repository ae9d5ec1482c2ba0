"""Concept vectors of a latent space, by two methods, each raw and holding the other attributes fixed.

Attributes are correlated: more women than men smile in the pictures, so that the raw difference between smiling and
other faces shaves and paints a man a little as well. What removes this depends on what a vector stands for.

- A difference of class means is an *effect*: how much the latents of those with an attribute differ from the others'.
  An effect is freed of what it takes from correlated ones by multiple regression of the latents on all attributes at
  once; its coefficients are the differences between faces that are alike in every other attribute. (To project out the
  span of the other differences instead would remove what two effects have in common in the picture, a smile and an open
  mouth; on 7,000 faces of CelebA with ten attributes, it left a fifth of the length of the smile's vector.)
- A separator's normal is a *readout*: its product with a latent says whether an attribute is there. A step leaves the
  other readouts as they were if it is orthogonal to all of them, so that their span is projected out (Shen et al.,
  2020, arXiv:1907.10786, section 3.2, for any number of conditions).
"""

import numpy as np
from sklearn.linear_model import LogisticRegression

from atelier.core.prepared import Prepared
from atelier.editing import latents
from atelier.editing.params import Edit
from atelier.editing.vectors import KINDS, Concepts
from atelier.networks.network import Network


def concepts(network: Network, prepared: Prepared, params: Edit) -> Concepts:
    """The vectors of all attributes, from the posterior means of up to `params.train_images` train images.

    Raises:
        ValueError: all or none of these images have an attribute, or one attribute says the same as others together.
    """
    images = prepared.images("train")
    rows = np.sort(latents.choose(params.seed, "concepts", len(images), params.train_images))
    z = latents.posterior_means(network, images, rows, params.batch)
    labels = np.asarray(prepared.labels("train")[rows])
    names = prepared.spec.attributes
    default = KINDS.index((params.method, params.orthogonal))
    shares = labels.mean(axis=0, dtype=np.float64).astype(np.float32)
    return Concepts(names, directions(z, labels, names, params.l2), shares, default)


def directions(z: np.ndarray, labels: np.ndarray, names: tuple[str, ...], l2: float) -> np.ndarray:
    """The vectors of every kind, scaled: float32 ``(kinds, attributes, latent_dim)``.

    Whatever its kind, a vector is as long as the means of the faces with and without the attribute lie apart. Strength
    1 thus moves a face as far with each kind, and with raw means takes the mean face without to the mean face with.

    Args:
        z: posterior means, ``(n, latent_dim)``.
        labels: 0 or 1, ``(n, attributes)``.
        l2: as in `Edit`.

    Raises:
        ValueError: as `concepts`.
    """
    _check(labels, names)
    z = z.astype(np.float64)
    means = np.stack([z[has].mean(axis=0) - z[~has].mean(axis=0) for has in labels.T.astype(bool)])
    # Separators are found, and a step along their normal is taken, in units of each latent's spread: a latent that
    # hardly varies tells classes apart as well as any, but to move along it shows nothing.
    spread = z.std(axis=0)
    spread = np.maximum(spread, 1e-6 * spread.max())
    normals = np.stack([_normal(z / spread, has, l2) for has in labels.T])
    kinds = {
        ("means", False): means,
        ("means", True): _effects(z, labels),
        ("linear", False): normals * spread,
        ("linear", True): _apart(normals) * spread,
    }
    return np.stack([_scaled(kinds[kind], means, names) for kind in KINDS]).astype(np.float32)


def _effects(z: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Coefficients of the least-squares regression of latents on all attributes, ``(attributes, latent_dim)``."""
    centred = labels - labels.mean(axis=0, dtype=np.float64)
    return np.asarray(np.linalg.lstsq(centred, z - z.mean(axis=0), rcond=None)[0])


def _normal(z: np.ndarray, has: np.ndarray, l2: float) -> np.ndarray:
    """Normal of the plane between two classes (logistic regression), towards those with the attribute.

    Both classes weigh the same, else the plane of a rare attribute is set by the common one alone.
    """
    model = LogisticRegression(C=1 / (l2 * len(z)), class_weight="balanced", tol=1e-5, max_iter=2000)
    return np.asarray(model.fit(z, has).coef_[0])


def _apart(vectors: np.ndarray) -> np.ndarray:
    """What is left of each vector outside the span of the others, ``(attributes, latent_dim)``."""
    left = []
    for i, vector in enumerate(vectors):
        others = np.delete(vectors, i, axis=0)
        left.append(vector - others.T @ np.linalg.lstsq(others.T, vector, rcond=None)[0])
    return np.stack(left)


def _scaled(vectors: np.ndarray, means: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    for name, norm in zip(names, norms[:, 0], strict=True):
        if norm < 1e-9 * np.abs(means).max():
            raise ValueError(
                f"{name} has no direction of its own: its vector follows from those of the other attributes, because "
                "some of them say the same, or because there are more attributes than latents"
            )
    return vectors / norms * np.linalg.norm(means, axis=1, keepdims=True)


def _check(labels: np.ndarray, names: tuple[str, ...]) -> None:
    counts = labels.sum(axis=0, dtype=np.int64)
    for name, count in zip(names, counts, strict=True):
        if count in (0, len(labels)):
            raise ValueError(
                f"{'none' if count == 0 else 'all'} of the {len(labels)} train images that concept vectors are "
                f"computed on have the attribute {name}; raise train_images, or prepare the dataset without it"
            )
