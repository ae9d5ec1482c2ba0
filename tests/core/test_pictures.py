"""Pictures made from arrays."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from atelier.core import pictures


def tiles(count: int, channels: int = 1) -> np.ndarray:
    """Create `count` images of 4×6 pixels with the value of their index."""
    return np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, 4, 6, channels)).copy()


def test_images_are_arranged_in_rows() -> None:
    sheet = pictures.grid(tiles(5), columns=2, gap=1)
    assert sheet.shape == (3 * 5 - 1, 2 * 7 - 1, 1)
    assert sheet[0, :, 0].tolist() == [0] * 6 + [255] + [1] * 6
    assert sheet[10, :, 0].tolist() == [4] * 6 + [255] * 7


def test_gap_shows_the_background_and_may_be_zero() -> None:
    assert pictures.grid(tiles(4), columns=2, gap=3)[5, 0, 0] == 255
    assert pictures.grid(tiles(4), columns=2, gap=0).shape == (8, 12, 1)


@pytest.mark.parametrize(
    "wrong", [tiles(0), tiles(2).astype(np.float32), tiles(2)[0]], ids=["none", "float", "no batch"]
)
def test_grid_refuses_other_arrays(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="a grid needs uint8 images"):
        pictures.grid(wrong, columns=2)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_channels_decide_between_grey_and_colour(channels: int, mode: str) -> None:
    picture = pictures.to_pil(tiles(1, channels)[0], scale=3)
    assert picture.mode == mode
    assert picture.size == (18, 12)


@pytest.mark.parametrize("channels", [1, 3])
def test_labels_are_left_of_their_rows(channels: int) -> None:
    batch = np.full((4, 16, 16, channels), 200, np.uint8)
    picture = np.asarray(pictures.labelled_rows(batch, ["Trouser", "Bag"], columns=2, scale=2))
    sheet_width = 2 * (2 * 16 + 2)
    margin = picture[:, : picture.shape[1] - sheet_width]
    assert margin.shape[1] > 12
    assert margin.min() < 100, "no letter is drawn"
    assert (picture[:32, -32:] == 200).all()


def test_png_contains_the_pixels_and_equal_pixels_give_equal_bytes(tmp_path: Path) -> None:
    image = tiles(7, 3)[6]
    pictures.write_png(tmp_path / "a.png", image)
    pictures.write_png(tmp_path / "b.png", pictures.to_pil(image))
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), image)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
