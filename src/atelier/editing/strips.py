"""Pictures of edited faces: along one concept, along every concept, between two faces, and sums of faces."""

from pathlib import Path

import numpy as np

from atelier.core.pictures import write_png
from atelier.core.prepared import Prepared
from atelier.editing import latents
from atelier.editing.params import Edit
from atelier.editing.sheets import sheet, strength, words
from atelier.editing.vectors import KINDS, Concepts, kind_name
from atelier.modalities.images import generate
from atelier.networks.network import Network

Exhibit = dict[str, str]

GLASSES, SECOND = "Eyeglasses", "Male"
# Faces that a term of a sum is the mean of: a single one brings along all that it differs in (Radford et al., 2016,
# arXiv:1511.06434, section 6.3.2).
AVERAGED = 3


class Studio:
    """Draws the pictures of a run from its test faces.

    Args:
        directory: where the pictures are written.
    """

    def __init__(self, network: Network, prepared: Prepared, concepts: Concepts, params: Edit, directory: Path) -> None:
        self.network, self.concepts, self.params, self.directory = network, concepts, params, directory
        self.test = prepared.images("test")
        self.labels = np.asarray(prepared.labels("test")).astype(bool)
        self.names = prepared.spec.attributes
        self.kind = f"{kind_name(*KINDS[concepts.default])} vectors"

    def draw(self) -> list[Exhibit]:
        """Write every picture that the attributes allow, and say what each shows."""
        exhibits = [self.strip(), self.every_concept()]
        if GLASSES in self.names:
            exhibits.append(self.added_and_removed(GLASSES))
        exhibits.append(self.interpolations())
        second = self._second()
        if second is not None and (sums := self.sums(self.params.concept, second)):
            exhibits.append(sums)
        return exhibits

    def strip(self) -> Exhibit:
        """Some faces along the run's concept, from −reach to +reach."""
        rows = self._choose("strip", np.ones(len(self.test), bool), self.params.faces)
        strengths = np.linspace(-self.params.reach, self.params.reach, self.params.steps)
        vector = self.concepts.vector(self.params.concept)
        z = self._means(rows)[:, None] + strengths[None, :, None] * vector
        pictures = np.concatenate([self._originals(rows)[:, None], self._decode(z)], axis=1)
        columns = ["original", *(strength(value) for value in strengths)]
        write_png(self.directory / "strip.png", sheet(pictures, columns, marked=1 + len(strengths) // 2))
        name = words(self.params.concept)
        caption = (
            f"Test faces, not chosen, moved along the concept '{name}'. Framed: the reconstruction, at strength 0; "
            f"strength 1 is as far as the means of faces with and without it lie apart ({self.kind})."
        )
        return {"file": "strip.png", "title": f"Less and more {name}", "caption": caption}

    def every_concept(self) -> Exhibit:
        """One face along each concept."""
        rows = self._choose("every concept", np.ones(len(self.test), bool), 1)
        strengths = self.params.strength * np.array([-1, -0.5, 0, 0.5, 1])
        vectors = np.stack([self.concepts.vector(name) for name in self.names])
        pictures = self._decode(self._means(rows) + strengths[None, :, None] * vectors[:, None])
        columns, names = [strength(value) for value in strengths], [words(name) for name in self.names]
        write_png(self.directory / "every_concept.png", sheet(pictures, columns, names, marked=2))
        caption = f"One test face along each concept; framed: its reconstruction ({self.kind})."
        return {"file": "every_concept.png", "title": "Every concept on one face", "caption": caption}

    def added_and_removed(self, concept: str) -> Exhibit:
        """Faces without a concept that get it, and faces with it that lose it."""
        has = self.labels[:, self.names.index(concept)]
        vector, name, parts, labels = self.concepts.vector(concept), words(concept), [], []
        # As many columns in both halves, however rare the concept is; a half without faces is left out.
        count = min(self.params.examples, *(int(side.sum()) for side in (~has, has) if side.any()))
        for side, sign in ((~has, 1), (has, -1)):
            if not side.any():
                continue
            rows = self._choose(f"{concept} {sign}", side, count)
            z = self._means(rows)
            edited = z + sign * self.params.strength * vector
            parts += [self._originals(rows), self._decode(z), self._decode(edited)]
            labels += ["original", "reconstruction", f"{name} {strength(sign * self.params.strength)}"]
        file = f"{concept.lower()}.png"
        write_png(self.directory / file, sheet(np.stack(parts), (), labels))
        caption = (
            f"Test faces by their label, not chosen otherwise: each above its reconstruction, and below that {name} "
            f"added to those without, taken from those with ({self.kind})."
        )
        return {"file": file, "title": f"{name.capitalize()} added and removed", "caption": caption}

    def interpolations(self) -> Exhibit:
        """Straight lines between the posterior means of two faces."""
        rows = self._choose("interpolations", np.ones(len(self.test), bool), 2 * self.params.examples)
        pairs = rows[: len(rows) // 2 * 2].reshape(-1, 2)
        ends = self._means(pairs.reshape(-1)).reshape(*pairs.shape, -1)
        share = np.linspace(0, 1, self.params.steps)[None, :, None]
        paths = self._decode((1 - share) * ends[:, :1] + share * ends[:, 1:])
        first, last = (self._originals(pairs[:, i])[:, None] for i in (0, 1))
        columns = ["original", "0", *[""] * (self.params.steps - 2), "1", "original"]
        pictures = np.concatenate([first, paths, last], axis=1)
        write_png(self.directory / "interpolations.png", sheet(pictures, columns))
        caption = "From one test face to another, along the straight line between the means of their posteriors."
        return {"file": "interpolations.png", "title": "From face to face", "caption": caption}

    def sums(self, concept: str, second: str) -> Exhibit | None:
        """(with `concept`, without `second`) − (neither) + (`second` alone), or None where such faces are too few."""
        has, other = (self.labels[:, self.names.index(name)] for name in (concept, second))
        groups = {(True, False): has & ~other, (False, False): ~has & ~other, (False, True): ~has & other}
        count = min(self.params.examples, *(int(group.sum()) // AVERAGED for group in groups.values()))
        if count == 0:
            return None
        terms = []
        for key, group in groups.items():
            rows = self._choose(f"sum {key}", group, count * AVERAGED)
            terms.append(self._means(rows).reshape(count, AVERAGED, -1).mean(axis=1))
        z = np.stack([*terms, terms[0] - terms[1] + terms[2]], axis=1)
        signs = ("", "- ", "+ ")
        columns = [sign + described(concept, second, *key) for sign, key in zip(signs, groups, strict=True)]
        columns.append("= " + described(concept, second, True, True))
        write_png(self.directory / "sums.png", sheet(self._decode(z), columns))
        caption = (
            f"Sums of latents. Each term is the mean of {AVERAGED} test faces with these labels; no concept vector is "
            "used. The last column's title is what the sum should show."
        )
        return {"file": "sums.png", "title": "Arithmetic with faces", "caption": caption}

    def _second(self) -> str | None:
        others = [name for name in self.names if name != self.params.concept]
        return SECOND if SECOND in others else others[0] if others else None

    def _choose(self, purpose: str, allowed: np.ndarray, at_most: int) -> np.ndarray:
        there = np.flatnonzero(allowed)
        return there[latents.choose(self.params.seed, purpose, len(there), at_most)]

    def _originals(self, rows: np.ndarray) -> np.ndarray:
        return np.asarray(self.test[rows])

    def _means(self, rows: np.ndarray) -> np.ndarray:
        return latents.posterior_means(self.network, self.test, rows, self.params.batch)

    def _decode(self, z: np.ndarray) -> np.ndarray:
        """Latents ``(…, latent_dim)`` → pictures ``(…, h, w, c)``."""
        flat = z.reshape(-1, z.shape[-1]).astype(np.float32)
        pictures = generate.decode(self.network, flat, self.params.batch)
        return pictures.reshape(*z.shape[:-1], *pictures.shape[1:])


def described(concept: str, second: str, has: bool, other: bool) -> str:
    """Two attributes of a face in words.

    >>> described("Smiling", "Male", True, False), described("Smiling", "Young", False, True)
    ('smiling woman', 'not smiling, young')
    """
    first = words(concept) if has else f"not {words(concept)}"
    if second == SECOND:
        return f"{first} {'man' if other else 'woman'}"
    return f"{first}, {words(second) if other else f'not {words(second)}'}"
