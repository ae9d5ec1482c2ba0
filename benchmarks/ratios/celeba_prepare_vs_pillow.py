"""Preparation of faces, from zip archive to arrays on disk: our function against a plain loop with Pillow."""

import atexit
import io
import os
import shutil
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from atelier.core.prepared import Prepared
from atelier.core.spec import Spec
from atelier.datasets.celeba.source import prepare
from atelier.datasets.celeba.twin import write as twin
from atelier.datasets.formats.faces.layout import ARCHIVE, ATTRIBUTES, PARTITION
from atelier.datasets.formats.faces.params import Embedded, Prepare
from side_by_side import Comparison, Side, compare

PARAMS = Prepare(crop=140, size=64, attributes=("Smiling", "Male"), max_bad=0, validation=0.1, test=0.2, seed=15)
SPLITS, ROUNDS = ("train", "validation", "test"), 5


def measure() -> Comparison:
    folder = Path(tempfile.mkdtemp(prefix="atelier-faces-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    raw, source = _raw(folder)
    pictures = len(_names(raw))

    def ours() -> Spec:
        return prepare("celeba", raw, folder / "ours", PARAMS, source)

    def theirs() -> None:
        np.save(folder / "theirs.npy", plain(raw))

    comparison = compare(Side(ours, pictures), Side(theirs, pictures), unit="pictures", rounds=ROUNDS)
    prepared = Prepared.read(folder / "ours")
    images = np.concatenate([np.asarray(prepared.images(split)) for split in SPLITS])
    rows = images.reshape(len(images), -1)
    expected = np.load(folder / "theirs.npy").reshape(rows.shape)
    # Our images are divided into splits: the order differs.
    if not np.array_equal(_sorted(rows), _sorted(expected)):
        raise ValueError("the pixels of prepare are not those of the plain loop")
    return comparison


def plain(raw: Path) -> np.ndarray:
    """Read all faces in the order of their names, uint8 ``(n, size, size, 3)``."""
    crop, size = PARAMS.crop, PARAMS.size
    squares = []
    with zipfile.ZipFile(raw / ARCHIVE) as archive:
        for name in _names(raw):
            picture = Image.open(io.BytesIO(archive.read(name))).convert("RGB")
            left, top = (picture.width - crop) // 2, (picture.height - crop) // 2
            square = picture.crop((left, top, left + crop, top + crop))
            squares.append(np.asarray(square.resize((size, size), Image.Resampling.LANCZOS)))
    return np.stack(squares)


def _names(raw: Path) -> list[str]:
    with zipfile.ZipFile(raw / ARCHIVE) as archive:
        return sorted(name for name in archive.namelist() if name.endswith(".jpg"))


def _raw(folder: Path) -> tuple[Path, str]:
    """Return a directory of raw faces, real ones if the mirror has them and drawn ones otherwise, and their source."""
    place = os.environ.get("ATELIER_MIRROR", "")
    if place and (Path(place) / "celeba" / ARCHIVE).is_file():
        return Path(place) / "celeba", "mirror"
    drawn = folder / "raw"
    drawn.mkdir()
    twin.write(drawn, Embedded(train=400, validation=50, test=50, seed=0))
    # A process pool needs many pictures to be useful, and drawing them would take longer than the measurement.
    _repeat(drawn, times=16)
    return drawn, "embedded"


def _repeat(raw: Path, times: int) -> None:
    """Replace each face in `raw` by `times` copies."""
    with zipfile.ZipFile(raw / ARCHIVE) as archive:
        faces = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(raw / ARCHIVE, "w") as archive:
        for turn in range(times):
            for name, data in faces.items():
                archive.writestr(name.replace("/", f"/{turn:02}"), data)
    for table, head in ((ATTRIBUTES, 2), (PARTITION, 0)):
        lines = (raw / table).read_text().splitlines(keepends=True)
        rows = [f"{turn:02}{row}" for turn in range(times) for row in lines[head:]]
        above = [f"{len(rows)}\n", lines[1]] if head else []
        (raw / table).write_text("".join(above + rows))


def _sorted(rows: np.ndarray) -> np.ndarray:
    return np.sort(rows.view(f"V{rows.shape[1]}").ravel())
