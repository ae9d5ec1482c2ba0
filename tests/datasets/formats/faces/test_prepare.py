"""A zip and two tables become shards, labels, a Spec and pictures; errors name what is wrong."""

import io
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from atelier.core import files
from atelier.core.spec import Spec
from atelier.datasets.formats import storage
from atelier.datasets.formats.faces import prepare as module
from atelier.datasets.formats.faces import splits
from atelier.datasets.formats.faces.archive import ARCHIVE, ATTRIBUTES, FOLDER, PARTITION

OFFICIAL_SIZES = {"train": 20, "validation": 4, "test": 6}


def images(out: Path, split: str) -> np.ndarray:
    index = files.read_json(out / "images.json")[split]
    shards = [np.load(out / shard["file"]) for shard in index]
    assert [len(shard) for shard in shards] == [shard["images"] for shard in index]
    return np.concatenate(shards)


def contents(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_pixels_are_those_of_a_plain_pillow_loop(raw, prepare, tmp_path):
    prepare()
    expected = []
    for data in list(raw.pictures.values())[:20]:
        picture = Image.open(io.BytesIO(data)).convert("RGB").crop((4, 9, 36, 41))
        expected.append(np.asarray(picture.resize((16, 16), Image.Resampling.LANCZOS)))
    np.testing.assert_array_equal(images(tmp_path / "out", "train"), np.stack(expected))


def test_labels_follow_the_chosen_attributes_picture_by_picture(raw, prepare, tmp_path):
    prepare()
    rows = [raw.rows[name] for name in sorted(raw.rows) if raw.partition[name] == 2]
    expected = [[(row[column] + 1) // 2 for column in (2, 0, 3)] for row in rows]
    labels = np.load(tmp_path / "out" / "test_labels.npy")
    assert (labels.dtype, labels.tolist()) == (np.uint8, expected)


def test_pictures_are_sorted_by_name(raw, prepare, tmp_path):
    prepare("sorted")
    for table in (raw.pictures, raw.rows, raw.partition):
        for name in sorted(table, key=lambda name: name[::-1]):
            table[name] = table.pop(name)
    prepare("shuffled")
    assert contents(tmp_path / "sorted") == contents(tmp_path / "shuffled")


def test_bytes_are_the_same_for_any_number_of_processes(prepare, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_SHARD", 4)
    monkeypatch.setattr(storage, "LIMIT", 7 * 16 * 16 * 3)
    for workers in (1, 2, 3):
        prepare(str(workers), workers=workers)
    one, two, three = (contents(tmp_path / str(workers)) for workers in (1, 2, 3))
    assert one == two == three
    assert {"train_images_00002.npy", "test_images_00000.npy"} <= set(one)


def test_files_of_pixels_are_bounded(prepare, tmp_path, monkeypatch):
    prepare("whole")
    monkeypatch.setattr(storage, "LIMIT", 7 * 16 * 16 * 3)
    prepare("cut")
    index = files.read_json(tmp_path / "cut" / "images.json")
    assert [shard["images"] for shard in index["train"]] == [7, 7, 6]
    np.testing.assert_array_equal(images(tmp_path / "cut", "train"), images(tmp_path / "whole", "train"))


def test_deflated_members_give_the_same_pixels(raw, prepare, tmp_path):
    prepare("stored")
    raw.method = zipfile.ZIP_DEFLATED
    prepare("deflated")
    assert contents(tmp_path / "stored") == contents(tmp_path / "deflated")


def test_grey_jpegs_become_colour(raw, prepare, tmp_path):
    with Image.open(io.BytesIO(raw.pictures["000001.jpg"])) as picture:
        buffer = io.BytesIO()
        picture.convert("L").save(buffer, "JPEG")
    raw.pictures["000001.jpg"] = buffer.getvalue()
    prepare()
    first = images(tmp_path / "out", "train")[0]
    assert np.array_equal(first[..., 0], first[..., 1])


def test_the_official_partition_decides_where_it_is_covered(prepare):
    spec = prepare()
    assert (spec.sizes, spec.split_rule) == (OFFICIAL_SIZES, "official partition")


def test_a_hash_of_the_name_decides_where_the_pictures_do_not_cover_the_official_splits(raw, prepare, tmp_path):
    raw.partition = dict.fromkeys(raw.partition, 0) | {"999999.jpg": 1, "999998.jpg": 2}
    spec = prepare()
    assert spec.split_rule == "seeded hash of the name: the pictures at hand do not cover the official splits"
    expected = splits.hashed(sorted(raw.pictures), 0.2, 0.3, seed=15)
    assert list(spec.sizes.values()) == np.bincount(expected).tolist()
    assert images(tmp_path / "out", "validation").shape == (np.sum(expected == 1), 16, 16, 3)


def test_a_hashed_picture_keeps_its_split_when_others_are_removed():
    names = [f"{index:06}.jpg" for index in range(1000)]
    everything = splits.hashed(names, 0.1, 0.2, seed=15)
    np.testing.assert_array_equal(splits.hashed(names[::3], 0.1, 0.2, seed=15), everything[::3])
    assert not np.array_equal(splits.hashed(names, 0.1, 0.2, seed=16), everything)
    assert np.abs(np.bincount(everything) / 1000 - [0.7, 0.1, 0.2]).max() < 0.04


def test_spec_records_shape_sizes_digests_and_licence(prepare, tmp_path):
    spec = prepare()
    out = tmp_path / "out"
    assert Spec.read(out / "spec.json") == spec
    assert (spec.name, spec.shape, spec.value_range, spec.classes) == ("celeba", (16, 16, 3), (0, 255), ())
    assert spec.attributes == ("Smiling", "Bald", "Young")
    assert (spec.source, spec.license, spec.dropped) == ("mirror", "a licence", ())
    assert spec.sha256 == {path.name: files.sha256(path) for path in out.glob("*.npy")}
    assert len(spec.sha256) == 6


def test_every_picture_that_is_named_opens(prepare, tmp_path):
    prepare()
    named = files.read_json(tmp_path / "out" / "pictures.json")
    assert [set(picture) for picture in named] == [{"file", "title", "caption"}] * 2
    for picture in named:
        with Image.open(tmp_path / "out" / picture["file"]) as opened:
            assert min(opened.size) > 30


def test_unknown_attribute_is_refused_with_the_known_ones(prepare):
    message = "datasets.celeba.prepare.attributes: got 'Smilling'; known are: Bald, Eyeglasses, Smiling, Young"
    with pytest.raises(ValueError, match=re.escape(message)):
        prepare(attributes=("Bald", "Smilling"))


def _no_row(raw):
    del raw.rows["000003.jpg"]


def _not_decodable(raw):
    raw.pictures["000003.jpg"] = raw.pictures["000003.jpg"][:200]


def _no_jpeg(raw):
    raw.pictures["000003.jpg"] = b"<html>quota exceeded</html>"


def _too_small(raw):
    with Image.open(io.BytesIO(raw.pictures["000003.jpg"])) as picture:
        buffer = io.BytesIO()
        picture.resize((31, 60)).save(buffer, "JPEG")
    raw.pictures["000003.jpg"] = buffer.getvalue()


def _not_in_the_zip(raw):
    del raw.pictures["000003.jpg"]


def _not_in_the_partition(raw):
    del raw.partition["000003.jpg"]


BAD = [
    (_no_row, "000003.jpg: no row in list_attr_celeba.txt"),
    (_not_decodable, "000003.jpg: cannot be decoded"),
    (_no_jpeg, "000003.jpg: cannot be decoded"),
    (_too_small, "000003.jpg: 31×60, smaller than the crop of 32×32"),
    (_not_in_the_zip, "000003.jpg: not in img_align_celeba.zip"),
    (_not_in_the_partition, "000003.jpg: no row in list_eval_partition.txt"),
]
bad = pytest.mark.parametrize(("spoil", "said"), BAD, ids=[spoil.__name__.strip("_") for spoil, _ in BAD])


@bad
def test_a_bad_picture_is_an_error_that_names_it(raw, prepare, tmp_path, spoil, said):
    spoil(raw)
    with pytest.raises(ValueError, match=r"1 bad pictures; datasets.celeba.prepare.max_bad allows 0") as caught:
        prepare()
    assert str(caught.value).splitlines()[1:] == [f"  {said}"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["raw"]


@bad
def test_max_bad_drops_a_bad_picture_and_the_spec_records_it(raw, prepare, tmp_path, spoil, said):
    prepare("all")
    spoil(raw)
    spec = prepare(max_bad=1)
    assert spec.dropped == (said,)
    assert spec.sizes == OFFICIAL_SIZES | {"train": 19}
    for read in (images, lambda out, split: np.load(out / f"{split}_labels.npy")):
        whole = read(tmp_path / "all", "train")
        np.testing.assert_array_equal(read(tmp_path / "out", "train"), np.delete(whole, 2, axis=0))


def test_max_bad_counts_all_kinds_together(raw, prepare):
    _no_row(raw)
    raw.pictures["000004.jpg"] = b"no picture"
    with pytest.raises(ValueError, match=r"2 bad pictures; datasets.celeba.prepare.max_bad allows 1"):
        prepare(max_bad=1)
    assert len(prepare(max_bad=2).dropped) == 2


def test_many_bad_pictures_are_named_up_to_ten(raw, prepare):
    for name in list(raw.pictures)[:13]:
        raw.pictures[name] = b"no picture"
    with pytest.raises(ValueError, match="13 bad pictures") as caught:
        prepare()
    lines = str(caught.value).splitlines()
    assert (lines[1], lines[10], lines[11:]) == (
        "  000001.jpg: cannot be decoded",
        "  000010.jpg: cannot be decoded",
        ["  and 3 more"],
    )


def test_bytes_damaged_inside_the_zip_are_noticed(raw, prepare):
    def damage(folder):
        path = folder / ARCHIVE
        with zipfile.ZipFile(path) as archive:
            start = archive.getinfo(f"{FOLDER}/000003.jpg").header_offset
        data = bytearray(path.read_bytes())
        data[start + 300] ^= 0xFF
        path.write_bytes(data)

    raw.spoil = damage
    with pytest.raises(ValueError, match=r"000003.jpg: its bytes in the zip are damaged"):
        prepare()


def test_a_count_that_is_not_the_number_of_rows_is_refused(raw, prepare):
    raw.count = "31"
    with pytest.raises(ValueError, match=r"list_attr_celeba.txt: 30 rows; its first line says 31"):
        prepare(max_bad=5)


def _rewrite(name, change):
    return lambda folder: (folder / name).write_text(change((folder / name).read_text()))


WRONG = {
    "value": (
        _rewrite(ATTRIBUTES, lambda text: re.sub(r"(000005.jpg) +-?1", r"\1  0", text)),
        "list_attr_celeba.txt: 000005.jpg has a value other than 1 and -1",
    ),
    "word": (
        _rewrite(ATTRIBUTES, lambda text: re.sub(r"(000005.jpg) +-?1", r"\1  yes", text)),
        "list_attr_celeba.txt: expected rows of a name and 4 numbers",
    ),
    "twice": (
        _rewrite(ATTRIBUTES, lambda text: text.replace("000005.jpg", "000006.jpg")),
        "list_attr_celeba.txt: 000006.jpg occurs more than once",
    ),
    "head": (
        _rewrite(ATTRIBUTES, lambda text: text.partition("\n")[2]),
        "list_attr_celeba.txt: expected a number of rows and a line of attribute names",
    ),
    "short row": (
        _rewrite(ATTRIBUTES, lambda text: re.sub(r"000005.jpg.*", "000005.jpg 1 1", text)),
        "list_attr_celeba.txt: expected rows of a name and 4 numbers",
    ),
    "long row": (
        _rewrite(ATTRIBUTES, lambda text: re.sub(r"000005.jpg.*", "000005.jpg 1 1 1 1 1", text)),
        "list_attr_celeba.txt: expected rows of a name and 4 numbers",
    ),
    "partition": (
        _rewrite(PARTITION, lambda text: text.replace("000005.jpg 0", "000005.jpg 3")),
        "list_eval_partition.txt: split 3; allowed are 0 (train), 1 (validation) and 2 (test)",
    ),
    "no partition": (
        _rewrite(PARTITION, lambda text: ""),
        "list_eval_partition.txt: expected rows of a name and 1 number",
    ),
    "no zip": (
        lambda folder: (folder / ARCHIVE).write_bytes(b"quota"),
        "img_align_celeba.zip: not a complete zip archive",
    ),
}


@pytest.mark.parametrize(("spoil", "said"), WRONG.values(), ids=list(WRONG))
def test_malformed_files_are_refused_by_name(raw, prepare, tmp_path, spoil, said):
    raw.spoil = spoil
    with pytest.raises(ValueError, match=re.escape(said)):
        prepare(max_bad=30)
    assert not (tmp_path / "out").exists()


def test_a_truncated_zip_is_refused(raw, prepare):
    def truncate(folder):
        path = folder / ARCHIVE
        path.write_bytes(path.read_bytes()[:-500])

    raw.spoil = truncate
    with pytest.raises(ValueError, match=r"img_align_celeba.zip: not a complete zip archive"):
        prepare()


def test_a_zip_without_the_folder_is_refused(raw, prepare):
    raw.pictures = {f"../elsewhere/{name}": data for name, data in raw.pictures.items()}
    raw.spoil = lambda folder: zipfile.ZipFile(folder / ARCHIVE, "w").close()
    with pytest.raises(ValueError, match=r"contains no img_align_celeba/\*\.jpg"):
        prepare()


def test_a_missing_file_is_named(raw, prepare):
    raw.spoil = lambda folder: (folder / PARTITION).unlink()
    with pytest.raises(FileNotFoundError, match=r"list_eval_partition.txt"):
        prepare()


def test_an_empty_split_is_refused(raw, prepare):
    raw.partition = dict.fromkeys(raw.partition, 0)
    with pytest.raises(ValueError, match="30 pictures, none of them for test"):
        prepare(test=1e-9)


def test_failure_leaves_the_earlier_result(raw, prepare, tmp_path):
    spec = prepare()
    _not_decodable(raw)
    with pytest.raises(ValueError, match="cannot be decoded"):
        prepare()
    assert Spec.read(tmp_path / "out" / "spec.json") == spec
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "raw"]


SLOW = """
import signal, sys, time
from pathlib import Path
from atelier.datasets.formats import storage
from atelier.datasets.formats.faces.params import Prepare
from atelier.datasets.formats.faces.prepare import prepare_faces

append = storage.Writer.append
def slow(self, pixels):
    append(self, pixels)
    print("written", flush=True)
    time.sleep(60)

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored, as under nohup
    storage.Writer.append = slow
    params = Prepare(crop=32, size=16, attributes=("Bald",), max_bad=0, validation=0.2, test=0.3, seed=15)
    prepare_faces("celeba", Path("raw"), Path("out"), params, "mirror", workers=2)
"""


@pytest.fixture
def process(raw, tmp_path):
    """Prepare in another process that has written its first pixels and now sleeps."""
    raw.write()
    (tmp_path / "slow.py").write_text(SLOW)
    with subprocess.Popen([sys.executable, "slow.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "written\n"
            assert len(list(tmp_path.glob(".out-*/*.npy"))) == 1
            yield process
        finally:
            process.kill()


def test_prepare_interrupted_midway_leaves_nothing(process, tmp_path):
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["raw", "slow.py"]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to see other processes")
def test_prepare_killed_midway_leaves_no_result_and_no_process(process, tmp_path):
    process.kill()
    process.communicate(timeout=30)
    assert not (tmp_path / "out").exists()
    deadline = time.monotonic() + 20
    while left := [pid for pid in filter(str.isdigit, os.listdir("/proc")) if _lives_in(pid, tmp_path)]:
        assert time.monotonic() < deadline, f"processes {left} outlive the one that started them"
        time.sleep(0.05)


def _lives_in(pid: str, folder: Path) -> bool:
    try:
        return os.readlink(f"/proc/{pid}/cwd") == str(folder)
    except OSError:
        return False
