"""Every picture that people's folders hold becomes a square, or a line that says why not."""

import numpy as np
import pytest
from own_pictures import encoded
from PIL import Image

from atelier.core import picture_files
from atelier.core.picture_exif import TURNS
from atelier.core.picture_traits import Trait
from atelier.datasets.formats.pictures import decoding
from atelier.datasets.formats.pictures.decoding import square

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def halves(left: tuple[int, ...], right: tuple[int, ...], side: int = 16, mode: str = "RGB") -> Image.Image:
    picture = Image.new(mode, (side, side), left)
    picture.paste(right, (side // 2, 0, side, side))
    return picture


def pixels(data: bytes, fit: str = "crop", size: int = 16, channels: int = 3) -> np.ndarray:
    return square(data, size, fit, channels)[0]


def traits(data: bytes, channels: int = 3) -> Trait:
    return square(data, 16, "crop", channels)[1]


def test_picture_of_the_right_size_keeps_its_pixels() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    np.testing.assert_array_equal(pixels(encoded(picture)), picture)
    assert traits(encoded(picture)) == Trait(0)
    grey = picture[..., 0]
    np.testing.assert_array_equal(pixels(encoded(grey), channels=1)[..., 0], grey)
    np.testing.assert_array_equal(pixels(encoded(grey)), np.stack([grey] * 3, axis=-1))


def test_crop_pad_and_stretch() -> None:
    wide = Image.new("RGB", (64, 32), RED)
    wide.paste(BLUE, (16, 0, 48, 32))
    wide = encoded(wide)
    assert (pixels(wide, "crop") == BLUE).all()
    padded = pixels(wide, "pad")
    assert (padded[:4] == WHITE).all()
    assert (padded[-4:] == WHITE).all()
    assert (padded[8, 0] == RED).all()
    stretched = pixels(wide, "stretch")
    assert (stretched[:, 0] == RED).all()
    assert (stretched[:, 8] == BLUE).all()
    assert Trait.NOT_SQUARE in traits(wide)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(kind: str, orientation: int) -> None:
    upright = Image.new("RGB", (16, 16), RED)
    upright.paste(BLUE, (0, 0, 8, 8))
    upright.paste(GREEN, (8, 0, 16, 8))
    # Stored such that the turn which the orientation asks for gives `upright`.
    inverse = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    stored = upright
    if orientation > 1:
        stored = upright.transpose(inverse.get(orientation, TURNS[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
    data = encoded(stored, kind, exif=exif, **options)
    assert np.abs(pixels(data).astype(int) - np.asarray(upright)).mean() < 12
    assert traits(data) == (Trait.ROTATED_BY_EXIF if orientation > 1 else Trait(0))


@pytest.mark.parametrize("exif", [b"nonsense" * 4, b"II*\0\x08\0\0\0\xff\xff\x12\x01\x03", b"II"])
def test_picture_with_broken_exif_is_kept(exif: bytes) -> None:
    data = encoded(halves(RED, BLUE), "JPEG", exif=b"Exif\0\0" + exif)
    decoded = decoding.decode(decoding.Shard([data], 16, "crop", 3))
    assert decoded.pixels[0, 8, 2, 0] > 200


def test_transparent_pixels_become_white() -> None:
    for picture in (
        encoded(halves((255, 0, 0, 0), (0, 0, 255, 255), mode="RGBA")),
        encoded(halves((9, 0), (40, 255), mode="LA")),
        encoded(Image.fromarray(np.repeat([[0, 1]], 8, axis=1).repeat(16, 0).astype(np.uint8), "L"), transparency=0),
    ):
        assert (pixels(picture)[8, 2] == WHITE).all()
        assert (pixels(picture)[8, 12] != WHITE).any()
        assert Trait.TRANSPARENT_OVER_WHITE in traits(picture)
    opaque = encoded(halves((255, 0, 0, 255), (0, 0, 255, 255), mode="RGBA"))
    assert traits(opaque) == Trait(0)


def test_palette_animation_cmyk_and_bilevel_pictures() -> None:
    frames = [halves(RED, BLUE).quantize(), halves(BLUE, RED).quantize()]
    animated = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert tuple(pixels(animated)[8, 2]) == RED
    assert traits(animated) >= Trait.FIRST_FRAME_OF_SEVERAL | Trait.CONVERTED_FROM_PALETTE
    cmyk = encoded(halves(RED, BLUE).convert("CMYK"), "JPEG", quality=95)
    assert pixels(cmyk)[8, 2, 0] > 200 > 60 > pixels(cmyk)[8, 2, 2]
    assert Trait.CONVERTED_FROM_CMYK in traits(cmyk)
    bilevel = encoded(Image.fromarray(np.tile([False, True], (16, 8))))
    assert set(np.unique(pixels(bilevel))) == {0, 255}


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bits_are_scaled(kind: str) -> None:
    levels = np.tile(np.arange(16, dtype=np.uint16) * 4096, (16, 1))
    data = encoded(Image.fromarray(levels), kind)
    np.testing.assert_allclose(pixels(data, channels=1)[0, :, 0], levels[0] / 257, atol=0.6)
    assert Trait.REDUCED_FROM_16_BIT in traits(data)


def test_floats_from_0_to_1_are_scaled_and_others_refused() -> None:
    levels = np.tile(np.linspace(0, 1, 16, dtype=np.float32), (16, 1))
    np.testing.assert_allclose(pixels(encoded(levels, "TIFF"), channels=1)[0, :, 0], levels[0] * 255, atol=0.6)
    with pytest.raises(ValueError, match=r"floats from 0 to 300 .*; black is 0 and white is 1"):
        pixels(encoded(levels * 300, "TIFF"))
    with pytest.raises(ValueError, match=r"floats from nan to nan .*; black is 0 and white is 1"):
        pixels(encoded(levels * np.nan, "TIFF"))


def test_small_pictures_are_enlarged_and_colours_become_grey_on_request() -> None:
    assert Trait.ENLARGED in traits(encoded(halves(RED, BLUE, side=8)))
    assert Trait.MADE_GREY in traits(encoded(halves(RED, BLUE)), channels=1)


def test_large_jpeg_is_close_to_its_exact_reduction() -> None:
    soft = Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8)).resize((1203, 901))
    data = encoded(soft, "JPEG", quality=95)
    exact = soft.crop((151, 0, 1052, 901)).resize((16, 16), picture_files.FILTER)
    assert np.abs(pixels(data).astype(int) - np.asarray(exact)).mean() < 3


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"some text", "not a picture that can be read"),
        (b"", "not a picture that can be read"),
        (encoded(halves(RED, BLUE, 64), "JPEG")[:-200], "damaged"),
        (encoded(halves(RED, BLUE, 64))[:-40], "damaged"),
        (encoded(halves(RED, BLUE, 64), "GIF")[:60], "damaged"),
    ],
)
def test_foreign_and_truncated_files_say_why(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        pixels(data)
    assert "0x" not in str(caught.value)


def test_picture_with_too_many_pixels_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000_000)
    shard = decoding.Shard([encoded(Image.new("1", (1200, 1000))), encoded(halves(RED, BLUE))], 16, "crop", 3)
    decoded = decoding.decode(shard)
    assert decoded.reasons == ("more than 1 million pixels", "")
    assert len(decoded.pixels) == 1
