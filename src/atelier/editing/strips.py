"""Draw edited faces: along one concept, along every concept, between two faces, and sums of faces."""

from pathlib import Path

import numpy as np
from PIL import Image

from atelier.core.pictures import write_png
from atelier.editing import latents
from atelier.editing.params import Edit
from atelier.editing.sheets import sheet, strength, words
from atelier.editing.space import Faces, Space
from atelier.editing.vectors import KINDS, Concepts, kind_name
from atelier.modalities.images.exhibit import Exhibit

GLASSES, SECOND = "Eyeglasses", "Male"
# A term of a sum is the mean of this number of faces; a single face would add everything in which it differs from
# others (Radford et al., 2016, arXiv:1511.06434, section 6.3.2).
AVERAGED = 3


class PictureWriter:
    """Writes pictures of edited test faces to a directory."""

    def __init__(self, space: Space, faces: Faces, concepts: Concepts, params: Edit, directory: Path) -> None:
        self.space, self.faces, self.concepts = space, faces, concepts
        self.params, self.directory = params, directory
        self.names = concepts.names
        self.kind = f"{kind_name(*KINDS[concepts.default])} vectors"

    def write_all(self) -> list[Exhibit]:
        """Write every picture that the attributes allow, and return their entries for `pictures.json`."""
        glasses = [self.added_and_removed(GLASSES)] if GLASSES in self.names else []
        others = [name for name in self.names if name != self.params.concept]
        second = [SECOND] if SECOND in others else others[:1]
        sums = [self.sums(self.params.concept, name) for name in second]
        flips = [self.both_ways()] if self.space.condition == "attributes" else []
        drawn = [self.strip(), *flips, self.every_concept(), *glasses, self.interpolations(), *sums]
        return [exhibit for exhibit in drawn if exhibit is not None]

    def strip(self) -> Exhibit:
        """Move `params.faces` faces along the run's concept, from −reach to +reach."""
        rows = self._choose("strip", self._all, self.params.faces)
        strengths = np.linspace(-self.params.reach, self.params.reach, self.params.steps)
        points = self.faces.points[rows][:, None] + strengths[None, :, None] * self._step(self.params.concept)
        pictures = np.concatenate([self.faces.images[rows][:, None], self.space.pictures(points)], axis=1)
        columns = ["original", *(strength(value) for value in strengths)]
        picture = sheet(pictures, columns, marked=1 + len(strengths) // 2)
        name = words(self.params.concept)
        caption = (
            f"Random test faces, moved along the concept '{name}'. Framed: the {self.space.picture}, at strength 0; "
            f"strength 1 is the distance between the means of faces with and without it ({self.kind})."
        )
        return self._write("strip.png", picture, f"Less and more {name}", caption)

    def every_concept(self) -> Exhibit:
        """Move one face along each concept."""
        rows = self._choose("every concept", self._all, 1)
        strengths = self.params.strength * np.array([-1, -0.5, 0, 0.5, 1])
        steps = np.stack([self._step(name) for name in self.names])
        pictures = self.space.pictures(self.faces.points[rows] + strengths[None, :, None] * steps[:, None])
        columns, names = [strength(value) for value in strengths], [words(name) for name in self.names]
        caption = f"One test face, moved along each concept; framed: its {self.space.picture} ({self.kind})."
        picture = sheet(pictures, columns, names, marked=2)
        return self._write("every_concept.png", picture, "Every concept on one face", caption)

    def added_and_removed(self, concept: str) -> Exhibit:
        """Add a concept to faces without it, and remove it from faces with it."""
        has = self.faces.labels[:, self.names.index(concept)]
        name, parts, labels = words(concept), [], []
        # The same number of columns in both halves, even if the concept is rare; a half without faces is omitted.
        count = min(self.params.examples, *(int(side.sum()) for side in (~has, has) if side.any()))
        for side, sign in ((~has, 1), (has, -1)):
            if not side.any():
                continue
            rows = self._choose(f"{concept} {sign}", side, count)
            points = self.faces.points[rows]
            edited = points + sign * self.params.strength * self._step(concept)
            parts += [self.faces.images[rows], self.space.pictures(points), self.space.pictures(edited)]
            labels += ["original", self.space.picture, f"{name} {strength(sign * self.params.strength)}"]
        picture = sheet(np.stack(parts), (), labels)
        caption = (
            f"Random test faces without and with the label, each above its {self.space.picture} and the edited "
            f"picture: {name} added to faces without it and removed from faces with it ({self.kind})."
        )
        return self._write(f"{concept.lower()}.png", picture, f"{name.capitalize()} added and removed", caption)

    def both_ways(self) -> Exhibit:
        """Add the run's concept to faces without it, and remove it from others: by its vector, and by the condition."""
        concept = self.params.concept
        index, name = self.names.index(concept), words(concept)
        rows = self._choose("both ways", self._all, self.params.faces)
        sign = np.where(self.faces.labels[rows, index], -1, 1)[:, None]
        points = self.faces.points[rows]
        moved = points + sign * self.params.strength * self._step(concept)
        flipped = points + sign * self.space.flips()[index]
        decoded = self.space.pictures(np.stack([points, moved, flipped], axis=1))
        pictures = np.concatenate([self.faces.images[rows][:, None], decoded], axis=1)
        columns = ["original", self.space.picture, "concept vector", "flipped condition"]
        labels = [f"{'+' if s > 0 else '-'} {name}" for s in sign[:, 0]]
        caption = (
            f"Random test faces, to which '{name}' is added (+) if they lack it, and from which it is removed (-) "
            f"otherwise: by moving the latent by {self.params.strength:g} concept vectors ({self.kind}), or by "
            "changing what the network is told of the face."
        )
        return self._write("both_ways.png", sheet(pictures, columns, labels), "Concept vector and condition", caption)

    def interpolations(self) -> Exhibit:
        """Interpolate between the points of two faces."""
        rows = self._choose("interpolations", self._all, 2 * self.params.examples)
        pairs = rows[: len(rows) // 2 * 2].reshape(-1, 2)
        ends = self.faces.points[pairs]
        points = np.stack([self.space.between(start, end, self.params.steps) for start, end in ends])
        first, last = (self.faces.images[pairs[:, i]][:, None] for i in (0, 1))
        columns = ["original", "0", *[""] * (self.params.steps - 2), "1", "original"]
        picture = sheet(np.concatenate([first, self.space.pictures(points), last], axis=1), columns)
        caption = "From one test face to another, along the sphere between their latents."
        return self._write("interpolations.png", picture, "From face to face", caption)

    def sums(self, concept: str, second: str) -> Exhibit | None:
        """Decode (`concept` without `second`) − (neither) + (`second` alone); None if there are too few such faces."""
        has, other = (self.faces.labels[:, self.names.index(name)] for name in (concept, second))
        groups = {(True, False): has & ~other, (False, False): ~has & ~other, (False, True): ~has & other}
        count = min(self.params.examples, *(int(group.sum()) // AVERAGED for group in groups.values()))
        if count == 0:
            return None
        terms = []
        for key, group in groups.items():
            rows = self._choose(f"sum {key}", group, count * AVERAGED)
            terms.append(self.faces.points[rows].reshape(count, AVERAGED, -1).mean(axis=1))
        points = np.stack([*terms, terms[0] - terms[1] + terms[2]], axis=1)
        signs = ("", "- ", "+ ")
        columns = [sign + described(concept, second, *key) for sign, key in zip(signs, groups, strict=True)]
        columns.append("= " + described(concept, second, True, True))
        caption = (
            f"Sums of latents. Each term is the mean of {AVERAGED} test faces with these labels; no concept vector is "
            "used. The title of the last column names what the sum should show."
        )
        return self._write("sums.png", sheet(self.space.pictures(points), columns), "Arithmetic with faces", caption)

    def _write(self, file: str, picture: Image.Image, title: str, caption: str) -> Exhibit:
        write_png(self.directory / file, picture)
        return {"file": file, "title": title, "caption": caption}

    def _choose(self, purpose: str, allowed: np.ndarray, at_most: int) -> np.ndarray:
        rows = np.flatnonzero(allowed)
        return rows[latents.choose(self.params.seed, purpose, len(rows), at_most)]

    @property
    def _all(self) -> np.ndarray:
        return np.ones(len(self.faces.points), bool)

    def _step(self, concept: str) -> np.ndarray:
        return self.space.step(self.concepts.vector(concept))


def described(concept: str, second: str, has: bool, other: bool) -> str:
    """Describe two attributes of a face in words.

    >>> described("Smiling", "Male", True, False), described("Smiling", "Young", False, True)
    ('smiling woman', 'not smiling, young')
    """
    first = words(concept) if has else f"not {words(concept)}"
    if second == SECOND:
        return f"{first} {'man' if other else 'woman'}"
    return f"{first}, {words(second) if other else f'not {words(second)}'}"
