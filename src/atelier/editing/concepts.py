"""Compute the concept vectors of a latent space: by two methods, each raw and with the other attributes held fixed.

Attributes are correlated. If more women than men smile, the raw difference between smiling and other faces also makes a
man look a little more like a woman. How to remove this depends on the method.

- A difference of class means is an *effect*: how the latents of faces with an attribute differ from those of others.
  Multiple regression of the latents on all attributes removes the effects of correlated attributes: a coefficient is
  the difference between faces that agree in every other attribute. (Projecting out the span of the other differences
  would also remove what two effects have in common, such as a smile and an open mouth. On 7,000 faces of CelebA with
  ten attributes, only a fifth of the length of the smile's vector remained.)
- The normal of a separator is a *readout*: its product with a latent predicts whether a face has the attribute. A step
  that is orthogonal to all other readouts leaves them unchanged, so their span is projected out (Shen et al., 2020,
  arXiv:1907.10786, section 3.2, for any number of conditions).
"""

import numpy as np
from sklearn.linear_model import LogisticRegression

from atelier.core.prepared import Prepared
from atelier.editing import latents
from atelier.editing.params import Edit
from atelier.editing.space import Space
from atelier.editing.vectors import KINDS, Concepts


def compute(space: Space, prepared: Prepared, params: Edit) -> Concepts:
    """Compute the vectors of all attributes from the latents of up to `params.train_images` training images.

    Latents are posterior means, or what an inverter guesses without refinement.

    Raises:
        ValueError: all or none of these images have an attribute, or an attribute follows from others.
    """
    rows = np.sort(latents.choose(params.seed, "concepts", prepared.spec.sizes["train"], params.train_images))
    z = latents.encode(space, prepared, "train", rows, refined=False)[:, : space.latent_dim]
    labels = np.asarray(prepared.labels("train")[rows])
    names = prepared.spec.attributes
    default = KINDS.index((params.method, params.orthogonal))
    shares = labels.mean(axis=0, dtype=np.float64).astype(np.float32)
    return Concepts(names, directions(z, labels, names, params.l2), shares, default)


def directions(z: np.ndarray, labels: np.ndarray, names: tuple[str, ...], l2: float) -> np.ndarray:
    """Compute the vectors of every kind, float32 ``(kinds, attributes, latent_dim)``, from latents and labels.

    Every vector has the length of the difference between the class means. Strength 1 therefore moves a face equally far
    with each kind; with raw means it moves the mean face without the attribute to the mean face with it. `z` has the
    shape ``(n, latent_dim)``, `labels` are 0 or 1 of shape ``(n, attributes)``.
    """
    _require_both_classes(labels, names)
    z = z.astype(np.float64)
    means = np.stack([z[has].mean(axis=0) - z[~has].mean(axis=0) for has in labels.T.astype(bool)])
    # Separators use latents of unit variance: a latent that hardly varies can separate classes as well as any other,
    # but moving along it changes no picture.
    spread = z.std(axis=0)
    spread = np.maximum(spread, 1e-6 * spread.max())
    normals = np.stack([_normal(z / spread, has, l2) for has in labels.T])
    kinds = {
        ("means", False): means,
        ("means", True): _effects(z, labels),
        ("linear", False): normals * spread,
        ("linear", True): _orthogonal_to_others(normals) * spread,
    }
    return np.stack([_with_lengths_of(means, kinds[kind], names) for kind in KINDS]).astype(np.float32)


def _effects(z: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Compute the coefficients of the linear regression of latents on attributes, ``(attributes, latent_dim)``."""
    centred = labels - labels.mean(axis=0, dtype=np.float64)
    return np.asarray(np.linalg.lstsq(centred, z - z.mean(axis=0), rcond=None)[0])


def _normal(z: np.ndarray, has: np.ndarray, l2: float) -> np.ndarray:
    """Compute the normal of the separating plane (logistic regression), which points to faces with the attribute.

    Both classes have the same total weight; otherwise the common class alone would decide the plane of a rare
    attribute.
    """
    model = LogisticRegression(C=1 / (l2 * len(z)), class_weight="balanced", tol=1e-5, max_iter=2000)
    return np.asarray(model.fit(z, has).coef_[0])


def _orthogonal_to_others(vectors: np.ndarray) -> np.ndarray:
    """Project the span of all other vectors out of each vector, ``(attributes, latent_dim)``."""
    projected = []
    for i, vector in enumerate(vectors):
        others = np.delete(vectors, i, axis=0)
        projected.append(vector - others.T @ np.linalg.lstsq(others.T, vector, rcond=None)[0])
    return np.stack(projected)


def _with_lengths_of(means: np.ndarray, vectors: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    for name, norm in zip(names, norms[:, 0], strict=True):
        if norm < 1e-9 * np.abs(means).max():
            raise ValueError(
                f"{name} has no direction of its own: its vector follows from those of the other attributes, because "
                "some of them have the same labels, or because there are more attributes than latents"
            )
    return vectors / norms * np.linalg.norm(means, axis=1, keepdims=True)


def _require_both_classes(labels: np.ndarray, names: tuple[str, ...]) -> None:
    counts = labels.sum(axis=0, dtype=np.int64)
    for name, count in zip(names, counts, strict=True):
        if count in (0, len(labels)):
            raise ValueError(
                f"{'none' if count == 0 else 'all'} of the {len(labels)} training images that concept vectors are "
                f"computed from have the attribute {name}; raise train_images, or prepare the dataset without it"
            )
