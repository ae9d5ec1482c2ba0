"""Picture files are read as training images are prepared, or refused with one line."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from atelier.core import picture_files
from atelier.datasets.formats.faces import pictures as faces


def gradient(width: int, height: int) -> Image.Image:
    """Draw red that grows to the right, green that grows downwards, and a blue checkerboard of single pixels."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    board = np.indices((height, width)).sum(axis=0) % 2 * 255
    return Image.fromarray(np.stack([x, y, board], axis=-1).astype(np.uint8))


def saved(picture: Image.Image, path: Path, **options) -> Path:
    picture.save(path, **options)
    return path


def test_aligned_picture_is_prepared_as_for_training(tmp_path: Path):
    path = saved(gradient(178, 218), tmp_path / "face.jpg", quality=90)
    expected = faces.pixels(path.read_bytes(), crop=140, size=64)
    np.testing.assert_array_equal(picture_files.read(path, 64, crop=140), expected)


@pytest.mark.parametrize("width, height", [(300, 200), (200, 300), (178, 219), (200, 200)])
def test_other_pictures_are_cropped_to_their_central_square(tmp_path: Path, width: int, height: int):
    picture = gradient(width, height)
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    square = picture.crop((left, top, left + side, top + side)).resize((32, 32), Image.Resampling.LANCZOS)
    read = picture_files.read(saved(picture, tmp_path / "a.png"), 32, crop=140)
    np.testing.assert_array_equal(read, np.asarray(square))
    assert read.shape == (32, 32, 3)
    assert read.dtype == np.uint8


def test_downscaling_averages_pixels(tmp_path: Path):
    read = picture_files.read(saved(gradient(256, 256), tmp_path / "a.png"), 32)
    # The checkerboard becomes grey; nearest-pixel scaling would make it black or white.
    assert np.abs(read[4:-4, 4:-4, 2].astype(int) - 127).max() < 6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_picture_is_rotated_as_its_exif_says(tmp_path: Path, orientation: int):
    upright = gradient(64, 64)
    undo = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    stored = upright
    for turn in undo.get(orientation, []):
        stored = stored.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(stored, tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(picture_files.read(path, 64), np.asarray(upright))


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "RGBA", "LA"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str):
    ending = "tiff" if mode == "CMYK" else "png"
    assert picture_files.read(saved(gradient(40, 40).convert(mode), tmp_path / f"a.{ending}"), 32).shape == (32, 32, 3)


def test_transparent_pixels_become_white_and_16_bits_are_scaled(tmp_path: Path):
    clear = Image.new("RGBA", (40, 40), (200, 0, 0, 0))
    assert (picture_files.read(saved(clear, tmp_path / "clear.png"), 32) == 255).all()
    grey = Image.fromarray(np.full((40, 40), 128 * 257, np.uint16))
    assert (picture_files.read(saved(grey, tmp_path / "deep.png"), 32) == 128).all()


def test_one_channel_can_be_read(tmp_path: Path):
    assert picture_files.read(saved(gradient(40, 40), tmp_path / "a.png"), 28, channels=1).shape == (28, 28, 1)


def test_first_frame_of_an_animation_is_read(tmp_path: Path):
    first, second = (Image.new("L", (40, 40), level) for level in (0, 255))
    path = saved(first, tmp_path / "a.gif", save_all=True, append_images=[second])
    assert (picture_files.read(path, 32) == 0).all()


def refusal(path: Path, size: int = 64) -> str:
    with pytest.raises(ValueError, match=r"^/") as caught:
        picture_files.read(path, size)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert len(line.splitlines()) == 1
    return line


@pytest.mark.parametrize("content", [b"", b"not a picture", b"%!PS-Adobe-3.0 EPSF-3.0\n"], ids=["empty", "text", "eps"])
def test_other_files_are_refused_with_the_known_formats(tmp_path: Path, content: bytes):
    path = tmp_path / "me.jpg"
    path.write_bytes(content)
    assert "not a picture that can be read (formats: BMP, GIF, JPEG, PNG" in refusal(path)


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "webp", "bmp"])
def test_truncated_file_is_reported_as_damaged(tmp_path: Path, ending: str):
    whole = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8)
    Image.fromarray(noise).save(whole, format={"jpg": "JPEG"}.get(ending, ending.upper()))
    path = tmp_path / f"cut.{ending}"
    path.write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    assert ": damaged (" in refusal(path)


@pytest.mark.parametrize(
    "width, height, size, least", [(15, 15, 16, 16), (31, 31, 64, 32), (15, 400, 28, 16), (400, 63, 128, 64)]
)
def test_tiny_picture_is_refused_with_the_size_needed(tmp_path: Path, width: int, height: int, size: int, least: int):
    path = saved(gradient(width, height), tmp_path / "tiny.png")
    assert f"{width}×{height} pixels are too few" in refusal(path, size)
    assert f"at least {least} on each side" in refusal(path, size)
    assert picture_files.read(saved(gradient(least, least), path), size).shape == (size, size, 3)


@pytest.mark.parametrize("limit", [1_000_000, 1_900_000], ids=["Pillow's error", "Pillow's warning"])
def test_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path, monkeypatch, limit: int):
    path = saved(Image.new("1", (2000, 1500)), tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    assert "more than 1 million pixels" in refusal(path)


def test_missing_file_and_directory_are_errors_of_the_system(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        picture_files.read(tmp_path / "nowhere.png", 64)
    with pytest.raises(IsADirectoryError):
        picture_files.read(tmp_path, 64)
