"""A small archive of random JPEGs in CelebA's layout, to be damaged by tests."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from atelier.core.spec import Spec
from atelier.datasets.formats.faces.archive import ARCHIVE, ATTRIBUTES, FOLDER, PARTITION
from atelier.datasets.formats.faces.params import Prepare
from atelier.datasets.formats.faces.prepare import prepare_faces

KNOWN = ("Bald", "Eyeglasses", "Smiling", "Young")


def jpeg(rng: np.random.Generator, width: int = 40, height: int = 50, mode: str = "RGB") -> bytes:
    """Encode random soft patches."""
    patches = Image.fromarray(rng.integers(0, 256, (6, 5, 3), np.uint8))
    buffer = io.BytesIO()
    patches.resize((width, height), Image.Resampling.BICUBIC).convert(mode).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


@dataclass
class Raw:
    """The three raw files; tests change them before `write`, or after it by `spoil`."""

    folder: Path
    pictures: dict[str, bytes]
    rows: dict[str, list[int]]
    partition: dict[str, int]
    count: str | None = None
    method: int = zipfile.ZIP_STORED
    known: tuple[str, ...] = KNOWN
    spoil: Callable[[Path], object] = lambda folder: None

    def write(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(self.folder / ARCHIVE, "w", self.method) as archive:
            archive.writestr(f"{FOLDER}/", b"")
            for name, data in self.pictures.items():
                archive.writestr(f"{FOLDER}/{name}", data)
        # As in the original, spacing is uneven and lines end with a space.
        rows = [f"{name} {' '.join(f'{value:2}' for value in values)}\n" for name, values in self.rows.items()]
        head = f"{self.count or len(rows)}\n{' '.join(self.known)} \n"
        (self.folder / ATTRIBUTES).write_text(head + "".join(rows))
        lines = [f"{name} {split}\n" for name, split in self.partition.items()]
        (self.folder / PARTITION).write_text("".join(lines))
        self.spoil(self.folder)
        return self.folder


@pytest.fixture
def raw(tmp_path: Path) -> Raw:
    """Thirty pictures; the official partition puts 20 into train, 4 into validation and 6 into test."""
    rng = np.random.default_rng(0)
    names = [f"{index:06}.jpg" for index in range(1, 31)]
    return Raw(
        tmp_path / "raw",
        {name: jpeg(rng) for name in names},
        {name: rng.choice([-1, 1], len(KNOWN)).tolist() for name in names},
        dict(zip(names, [0] * 20 + [1] * 4 + [2] * 6, strict=True)),
    )


PARAMS = Prepare(
    crop=32, size=16, attributes=("Smiling", "Bald", "Young"), max_bad=0, validation=0.2, test=0.3, seed=15
)


@pytest.fixture
def prepare(raw: Raw, tmp_path: Path) -> Callable[..., Spec]:
    """Write `raw` and prepare it into ``out``, with some parameters changed."""

    def prepare(out: str = "out", source: str = "mirror", workers: int = 1, **changed: object) -> Spec:
        params = PARAMS.model_copy(update=changed)
        return prepare_faces("celeba", raw.write(), tmp_path / out, params, source, "a licence", workers)

    return prepare
