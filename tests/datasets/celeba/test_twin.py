"""The offline twin of CelebA: the original files, faces that show their attributes, and correlated attributes."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from atelier.core import seeds
from atelier.datasets.celeba.twin import attributes
from atelier.datasets.celeba.twin import write as twin
from atelier.datasets.celeba.twin.portrait import draw
from atelier.datasets.formats.faces import archive, writer
from atelier.datasets.formats.faces.params import Embedded

# Fewer than params.yaml allows, but more than one shard.
SMALL = Embedded.model_construct(train=70, validation=6, test=4, seed=5)
# The rates of CelebA, 0.11 for rare attributes; each of these is visible at 32×32 pixels.
RATES = {
    "Smiling": 0.48,
    "Mouth_Slightly_Open": 0.48,
    "Eyeglasses": 0.11,
    "Male": 0.42,
    "Young": 0.77,
    "Blond_Hair": 0.15,
    "Black_Hair": 0.24,
    "Brown_Hair": 0.2,
    "Gray_Hair": 0.11,
    "Bangs": 0.15,
    "Bald": 0.11,
    "Wearing_Hat": 0.11,
    "Wearing_Lipstick": 0.47,
    "Pale_Skin": 0.11,
    "No_Beard": 0.83,
    "Mustache": 0.11,
}
MOUTH = 24  # pixels that a mouth covers at 32×32


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("celeba")
    twin.write(directory, SMALL, workers=1)
    return directory


@pytest.fixture(scope="module")
def people() -> list[dict[str, bool]]:
    return [attributes.sample(seeds.generator(5, "people", index)) for index in range(4000)]


def person(**traits: bool) -> dict[str, bool]:
    return {**dict.fromkeys(attributes.NAMES, False), "Young": True, "No_Beard": True, **traits}


def test_archive_has_numbered_pictures_of_the_original_size_and_no_dates(written: Path) -> None:
    with zipfile.ZipFile(written / "img_align_celeba.zip") as pictures:
        members = pictures.infolist()
        assert [m.filename for m in members] == [f"img_align_celeba/{n:06}.jpg" for n in range(1, 81)]
        assert {(m.date_time, m.compress_type) for m in members} == {((1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED)}
        for member in members:
            picture = Image.open(io.BytesIO(pictures.read(member)))
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (178, 218))
            assert not picture.getexif()


def test_tables_have_the_original_layout(written: Path) -> None:
    count, header, *rows = (written / "list_attr_celeba.txt").read_text().splitlines()
    assert count == "80"
    assert header.split() == list(attributes.NAMES) == sorted(attributes.NAMES)
    assert [row.split()[0] for row in rows] == [f"{n:06}.jpg" for n in range(1, 81)]
    assert {len(row) for row in rows} == {len("000001.jpg") + 3 * 40}
    assert {value for row in rows for value in row.split()[1:]} == {"-1", "1"}
    partition = [line.split() for line in (written / "list_eval_partition.txt").read_text().splitlines()]
    assert [name for name, _ in partition] == [row.split()[0] for row in rows]
    assert [split for _, split in partition] == ["0"] * 70 + ["1"] * 6 + ["2"] * 4
    assert {path.name for path in written.iterdir()} == {archive.ARCHIVE, archive.ATTRIBUTES, archive.PARTITION}


def test_any_number_of_workers_writes_the_same_bytes(written: Path, tmp_path: Path) -> None:
    twin.write(tmp_path, SMALL, workers=3)
    for path in written.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


def test_face_depends_on_seed_split_and_index_only() -> None:
    longer = twin.shard(twin.Shard(5, "train", range(12)))
    assert twin.shard(twin.Shard(5, "train", range(5))) == longer[:5]
    assert twin.shard(twin.Shard(5, "train", range(9, 12))) == longer[9:]
    others = [*twin.shard(twin.Shard(5, "test", range(12))), *twin.shard(twin.Shard(6, "train", range(12)))]
    assert not {jpeg for jpeg, _ in longer} & {jpeg for jpeg, _ in others}


def test_no_two_faces_are_the_same(written: Path) -> None:
    with zipfile.ZipFile(written / "img_align_celeba.zip") as pictures:
        assert len({pictures.read(name) for name in pictures.namelist()}) == 80


def test_writer_refuses_a_face_with_a_missing_attribute(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"000001\.jpg has 1 attributes, expected 2"):
        writer.write(tmp_path, ("Male", "Young"), [writer.Face("000001.jpg", b"", (True,), "train")])


@pytest.mark.parametrize("name", RATES)
def test_attribute_is_visible_at_32_pixels_when_nothing_else_changes(name: str) -> None:
    base = person(Male=name in {"Bald", "No_Beard", "Mustache"})
    for index in range(4):
        pair = [draw({**base, name: has}, seeds.generator(5, "pair", index)) for has in (False, True)]
        without, with_ = (p.crop((9, 29, 169, 189)).resize((32, 32), Image.Resampling.BOX) for p in pair)
        difference = np.abs(np.subtract(without, with_, dtype=np.float64)).mean(axis=-1)
        assert np.sort(difference, axis=None)[-MOUTH:].mean() > 8
        corners = [np.asarray(p, dtype=np.int64)[:8, [*range(8), *range(-8, 0)]] for p in pair]
        np.testing.assert_array_equal(*corners, err_msg="the background changed")


def test_equal_generators_draw_equal_faces() -> None:
    first, second = (draw(person(Smiling=True), seeds.generator(5, "pair")) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("name", RATES)
def test_base_rates_are_close_to_the_original(name: str, people: list[dict[str, bool]]) -> None:
    assert np.mean([p[name] for p in people]) == pytest.approx(RATES[name], abs=0.03)


def test_attributes_are_consistent(people: list[dict[str, bool]]) -> None:
    for p in people:
        assert list(p) == list(attributes.NAMES)
        colours = sum(p[name] for name in attributes.HAIR_COLOURS)
        assert colours <= 1
        assert not (p["Straight_Hair"] and p["Wavy_Hair"])
        assert not (p["Goatee"] and p["No_Beard"])
        if p["Bald"]:
            assert colours == 0
            assert not any(p[name] for name in ("Bangs", "Sideburns", "Wearing_Hat", "Wavy_Hair", "Straight_Hair"))
        if p["Wearing_Hat"]:
            assert not p["Bangs"]
        if p["Male"]:
            assert not p["Wearing_Lipstick"]
        else:
            assert p["No_Beard"]
            assert not any(p[name] for name in ("Mustache", "Goatee", "Sideburns", "Bald", "Wearing_Necktie"))


def test_attributes_are_correlated_realistically(people: list[dict[str, bool]]) -> None:
    def rate(name: str, **given: bool) -> float:
        return float(np.mean([p[name] for p in people if all(p[key] == value for key, value in given.items())]))

    assert rate("Wearing_Lipstick", Male=False) > 0.7
    assert rate("Gray_Hair", Young=False) > 10 * rate("Gray_Hair", Young=True)
    assert rate("Mouth_Slightly_Open", Smiling=True) > 2 * rate("Mouth_Slightly_Open", Smiling=False)
    assert rate("High_Cheekbones", Smiling=True) > 3 * rate("High_Cheekbones", Smiling=False)
    assert rate("Blond_Hair", Male=False) > 2 * rate("Blond_Hair", Male=True)
