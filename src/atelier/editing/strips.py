"""Draw edited faces: along one concept, along every concept, between two faces, and sums of faces."""

from pathlib import Path

import numpy as np
from PIL import Image

from atelier.core.pictures import write_png
from atelier.core.prepared import Prepared
from atelier.editing import latents
from atelier.editing.params import Edit
from atelier.editing.sheets import sheet, strength, words
from atelier.editing.vectors import KINDS, Concepts, kind_name
from atelier.modalities.images import generate
from atelier.modalities.images.exhibit import Exhibit
from atelier.networks.network import Network

GLASSES, SECOND = "Eyeglasses", "Male"
# A term of a sum is the mean of this number of faces; a single face would add everything in which it differs from
# others (Radford et al., 2016, arXiv:1511.06434, section 6.3.2).
AVERAGED = 3


class PictureWriter:
    """Writes pictures of edited test faces to a directory."""

    def __init__(self, network: Network, prepared: Prepared, concepts: Concepts, params: Edit, directory: Path) -> None:
        self.network, self.concepts, self.params, self.directory = network, concepts, params, directory
        self.test = prepared.images("test")
        self.labels = np.asarray(prepared.labels("test")).astype(bool)
        self.names = prepared.spec.attributes
        self.kind = f"{kind_name(*KINDS[concepts.default])} vectors"

    def write_all(self) -> list[Exhibit]:
        """Write every picture that the attributes allow, and return their entries for `pictures.json`."""
        glasses = [self.added_and_removed(GLASSES)] if GLASSES in self.names else []
        others = [name for name in self.names if name != self.params.concept]
        second = [SECOND] if SECOND in others else others[:1]
        sums = [self.sums(self.params.concept, name) for name in second]
        drawn = [self.strip(), self.every_concept(), *glasses, self.interpolations(), *sums]
        return [exhibit for exhibit in drawn if exhibit is not None]

    def strip(self) -> Exhibit:
        """Move `params.faces` faces along the run's concept, from −reach to +reach."""
        rows = self._choose("strip", np.ones(len(self.test), bool), self.params.faces)
        strengths = np.linspace(-self.params.reach, self.params.reach, self.params.steps)
        vector = self.concepts.vector(self.params.concept)
        z = self._means(rows)[:, None] + strengths[None, :, None] * vector
        pictures = np.concatenate([self.test[rows][:, None], self._decode(z)], axis=1)
        columns = ["original", *(strength(value) for value in strengths)]
        picture = sheet(pictures, columns, marked=1 + len(strengths) // 2)
        name = words(self.params.concept)
        caption = (
            f"Random test faces, moved along the concept '{name}'. Framed: the reconstruction, at strength 0; strength "
            f"1 is the distance between the means of faces with and without it ({self.kind})."
        )
        return self._write("strip.png", picture, f"Less and more {name}", caption)

    def every_concept(self) -> Exhibit:
        """Move one face along each concept."""
        rows = self._choose("every concept", np.ones(len(self.test), bool), 1)
        strengths = self.params.strength * np.array([-1, -0.5, 0, 0.5, 1])
        vectors = np.stack([self.concepts.vector(name) for name in self.names])
        pictures = self._decode(self._means(rows) + strengths[None, :, None] * vectors[:, None])
        columns, names = [strength(value) for value in strengths], [words(name) for name in self.names]
        caption = f"One test face, moved along each concept; framed: its reconstruction ({self.kind})."
        picture = sheet(pictures, columns, names, marked=2)
        return self._write("every_concept.png", picture, "Every concept on one face", caption)

    def added_and_removed(self, concept: str) -> Exhibit:
        """Add a concept to faces without it, and remove it from faces with it."""
        has = self.labels[:, self.names.index(concept)]
        vector, name, parts, labels = self.concepts.vector(concept), words(concept), [], []
        # The same number of columns in both halves, even if the concept is rare; a half without faces is omitted.
        count = min(self.params.examples, *(int(side.sum()) for side in (~has, has) if side.any()))
        for side, sign in ((~has, 1), (has, -1)):
            if not side.any():
                continue
            rows = self._choose(f"{concept} {sign}", side, count)
            z = self._means(rows)
            edited = z + sign * self.params.strength * vector
            parts += [self.test[rows], self._decode(z), self._decode(edited)]
            labels += ["original", "reconstruction", f"{name} {strength(sign * self.params.strength)}"]
        picture = sheet(np.stack(parts), (), labels)
        caption = (
            f"Random test faces without and with the label, each above its reconstruction and the edited picture: "
            f"{name} added to faces without it and removed from faces with it ({self.kind})."
        )
        return self._write(f"{concept.lower()}.png", picture, f"{name.capitalize()} added and removed", caption)

    def interpolations(self) -> Exhibit:
        """Interpolate on straight lines between the posterior means of two faces."""
        rows = self._choose("interpolations", np.ones(len(self.test), bool), 2 * self.params.examples)
        pairs = rows[: len(rows) // 2 * 2].reshape(-1, 2)
        ends = self._means(pairs.reshape(-1)).reshape(*pairs.shape, -1)
        share = np.linspace(0, 1, self.params.steps)[None, :, None]
        paths = self._decode((1 - share) * ends[:, :1] + share * ends[:, 1:])
        first, last = (self.test[pairs[:, i]][:, None] for i in (0, 1))
        columns = ["original", "0", *[""] * (self.params.steps - 2), "1", "original"]
        picture = sheet(np.concatenate([first, paths, last], axis=1), columns)
        caption = "From one test face to another, on the straight line between their posterior means."
        return self._write("interpolations.png", picture, "From face to face", caption)

    def sums(self, concept: str, second: str) -> Exhibit | None:
        """Decode (`concept` without `second`) − (neither) + (`second` alone); None if there are too few such faces."""
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
        caption = (
            f"Sums of latents. Each term is the mean of {AVERAGED} test faces with these labels; no concept vector is "
            "used. The title of the last column names what the sum should show."
        )
        return self._write("sums.png", sheet(self._decode(z), columns), "Arithmetic with faces", caption)

    def _write(self, file: str, picture: Image.Image, title: str, caption: str) -> Exhibit:
        write_png(self.directory / file, picture)
        return {"file": file, "title": title, "caption": caption}

    def _choose(self, purpose: str, allowed: np.ndarray, at_most: int) -> np.ndarray:
        rows = np.flatnonzero(allowed)
        return rows[latents.choose(self.params.seed, purpose, len(rows), at_most)]

    def _means(self, rows: np.ndarray) -> np.ndarray:
        return latents.posterior_means(self.network, self.test, rows, self.params.batch)

    def _decode(self, z: np.ndarray) -> np.ndarray:
        """Decode latents ``(…, latent_dim)`` to pictures ``(…, h, w, c)``."""
        flat = z.reshape(-1, z.shape[-1]).astype(np.float32)
        pictures = generate.decode(self.network, flat, self.params.batch)
        return pictures.reshape(*z.shape[:-1], *pictures.shape[1:])


def described(concept: str, second: str, has: bool, other: bool) -> str:
    """Describe two attributes of a face in words.

    >>> described("Smiling", "Male", True, False), described("Smiling", "Young", False, True)
    ('smiling woman', 'not smiling, young')
    """
    first = words(concept) if has else f"not {words(concept)}"
    if second == SECOND:
        return f"{first} {'man' if other else 'woman'}"
    return f"{first}, {words(second) if other else f'not {words(second)}'}"
