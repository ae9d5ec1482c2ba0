"""Raw files as people pack them are read like upstream's, or one line says what is there instead."""

import bz2
import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from atelier.datasets import raw_files
from atelier.datasets.download import sources
from atelier.datasets.download.remote import RemoteFile
from atelier.datasets.formats.faces import archive as faces
from atelier.datasets.formats.faces import tables
from atelier.datasets.formats.idx import container
from atelier.datasets.formats.reviews import archive as reviews
from atelier.datasets.formats.reviews import collection

Read = Callable[[Path], object]
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
PAGE = b"<!DOCTYPE html>\n<html><body>sign in</body></html>"


def refused(read: Read, path: Path) -> str:
    with pytest.raises(ValueError, match=path.name) as raised:
        read(path)
    assert "\n" not in str(raised.value)
    return str(raised.value)


# Tables


ATTRIBUTES = "2\nBald Young\n1.jpg -1  1\n2.jpg  1 -1\n"
PARTITION = "1.jpg 0\n2.jpg 2\n"
CSV = "image_id,Bald,Young\n1.jpg,-1,1\n2.jpg,1,-1\n"


def attributes(path: Path) -> list[list]:
    return [part.tolist() for part in tables.attributes(path, ["Young"])]


def partition(path: Path) -> list[list]:
    return [part.tolist() for part in tables.partition(path)]


@pytest.mark.parametrize(
    "text",
    [
        ATTRIBUTES,
        "\ufeff" + ATTRIBUTES,
        ATTRIBUTES.replace("\n", "\r\n"),
        ATTRIBUTES.replace("\n", "\r"),
        ATTRIBUTES.replace("jpg", "JPG"),
        ATTRIBUTES.replace("\n", "\n\n"),
        f"\n{CSV}\n",
        ATTRIBUTES.replace("1.jpg", "img_align_celeba/1.jpg"),
        CSV,
        "\ufeff" + CSV.replace("\n", "\r\n"),
        CSV.replace(",", ";"),
        CSV.replace(",", "\t"),
        CSV.replace(",", " , "),
        CSV.replace("1.jpg", '"1.jpg"').replace("Bald", '"Bald"'),
        CSV.removeprefix("image_id"),
        f"2,,\n{CSV}",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_table_of_attributes_may_be_written_in_many_ways(text: str, encoding: str, tmp_path: Path):
    (tmp_path / "table").write_bytes((text if encoding == "utf-8" else text.removeprefix("\ufeff")).encode(encoding))
    assert attributes(tmp_path / "table") == [["1.jpg", "2.jpg"], [[1], [0]]]


@pytest.mark.parametrize("head", ["", "\ufeff", "image_id partition\n", "\ufeffimage_id partition\n"])
@pytest.mark.parametrize("separator", [" ", ",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_partition_may_be_written_in_many_ways(head: str, separator: str, end: str, tmp_path: Path):
    text = (head + PARTITION).replace(" ", separator).replace("\n", end)
    (tmp_path / "table").write_bytes(text.encode())
    assert partition(tmp_path / "table") == [["1.jpg", "2.jpg"], [0, 2]]


@pytest.mark.parametrize("read", [attributes, partition])
@pytest.mark.parametrize(
    "content, said",
    [
        (PAGE, "not a table of text but a web page"),
        (LFS, "git lfs pull"),
        (gzip.compress(ATTRIBUTES.encode(), mtime=0), "a gzip file"),
        (bytes(100), "only zeros"),
        ("é.jpg 1\n".encode("latin-1"), "UTF-8"),
        (b"", "expected"),
        (b"1.jpg,0,train\n2.jpg,0,test\n", "expected"),
    ],
)
def test_something_else_than_a_table_is_named(read: Read, content: bytes, said: str, tmp_path: Path):
    (tmp_path / "table").write_bytes(content)
    assert said in refused(read, tmp_path / "table")


# The zip of faces


def zipped(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name in names:
            file.writestr(name, name)
    return path


@pytest.mark.parametrize(
    "folder",
    [
        "img_align_celeba/",
        "img_align_celeba/img_align_celeba/",
        "./img_align_celeba/",
        "CelebA/Img/img_align_celeba/",
        "img_align_celeba\\",
        "faces/",
        "",
    ],
)
def test_folder_of_faces_may_be_inside_others_or_have_another_name(folder: str, tmp_path: Path):
    others = ("list_attr_celeba.csv", "__MACOSX/img_align_celeba/._1.jpg", f"{folder}._1.jpg", f"{folder}.DS_Store")
    path = zipped(tmp_path / "a.zip", f"{folder}1.jpg", f"{folder}2.JPG", f"{folder}3.jpeg", *others)
    with faces.open_archive(path) as opened:
        assert opened.names.tolist() == ["1.jpg", "2.jpg", "3.jpg"]
        assert opened.read("2.jpg") == f"{folder}2.JPG".encode()


def test_pictures_beside_the_folder_of_faces_are_no_faces(tmp_path: Path):
    with faces.open_archive(zipped(tmp_path / "a.zip", "img_align_celeba/1.jpg", "samples/2.jpg")) as opened:
        assert opened.names.tolist() == ["1.jpg"]


@pytest.mark.parametrize(
    "names, said",
    [
        (("img_align_celeba/1.png", "img_align_celeba/2.png", "x.csv"), "img_align_celeba/*.png (2), x.csv"),
        (("a/1.jpg", "b/2.jpg"), "it contains a/1.jpg, b/2.jpg"),
        ((), "it contains nothing"),
        (("img_align_celeba/1.jpg", "img_align_celeba/1.JPG"), "1.JPG occurs more than once"),
    ],
)
def test_zip_without_faces_is_refused_with_what_it_contains(names: tuple[str, ...], said: str, tmp_path: Path):
    def read(path: Path) -> None:
        with faces.open_archive(path):
            pass

    assert said in refused(read, zipped(tmp_path / "a.zip", *names))


# The tar of reviews


NAMES = [f"aclImdb/{split}/{label}/0_1.txt" for split in ("train", "test") for label in ("neg", "pos")]


def packed(path: Path, names: list[str], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(name)
            tar.addfile(member, io.BytesIO(name.encode()))
    return path


def labels(path: Path) -> list[int]:
    return collection.read(path, unlabelled=True).labels.tolist()


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w"])
@pytest.mark.parametrize("change", ["./{}", "data/{}", "././{}", "{}"])
def test_reviews_are_read_from_tars_of_others(mode: str, change: str, tmp_path: Path):
    names = [change.format(name) for name in NAMES]
    added = ["._aclImdb", "__MACOSX/aclImdb/train/pos/0_1.txt", "aclImdb/train/neg/._0_1.txt", "aclImdb/.DS_Store"]
    assert labels(packed(tmp_path / "a.tar.gz", names + added, mode)) == [0, 1, 0, 1]


def test_reviews_may_be_in_no_folder(tmp_path: Path):
    assert labels(packed(tmp_path / "a.tgz", [name.removeprefix("aclImdb/") for name in NAMES])) == [0, 1, 0, 1]


@pytest.mark.parametrize(
    "names, said",
    [
        (["IMDB Dataset.csv"], "no reviews aclImdb/train/neg/NUMBER_RATING.txt; it contains IMDB Dataset.csv"),
        (["pos/1.txt", "pos/2.txt"], "it contains pos/*.txt (2)"),
        ([*NAMES, "./aclImdb/test/pos/0_1.txt"], "aclImdb/test/pos/0_1.txt occurs more than once"),
        ([*NAMES, "copy/train/pos/0_1.txt"], "reviews in two folders, aclImdb/ and copy/"),
    ],
)
def test_tar_without_the_reviews_is_refused_with_what_it_contains(names: list[str], said: str, tmp_path: Path):
    assert said in refused(labels, packed(tmp_path / "a.tar.gz", names))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.75])
def test_uncompressed_tar_that_is_cut_off_is_refused(share: float, tmp_path: Path):
    path = packed(tmp_path / "a.tar", NAMES, "w")
    content = path.read_bytes().rstrip(b"\0")
    path.write_bytes(content[: int(len(content) * share) // 512 * 512])
    assert "truncated" in refused(lambda path: list(reviews.read(path)), path)


# IDX


IDX = bytes([0, 0, 8, 1, 0, 0, 0, 3]) + b"abc"


@pytest.mark.parametrize("content", [IDX, gzip.compress(IDX, mtime=0)])
def test_idx_files_may_be_gzipped_or_not(content: bytes, tmp_path: Path):
    (tmp_path / "labels").write_bytes(content)
    assert container.read(tmp_path / "labels", ndim=1).tobytes() == b"abc"


@pytest.mark.parametrize(
    "content, said",
    [(PAGE, "a web page"), (LFS, "git lfs pull"), (bz2.compress(IDX), "a bzip2 file"), (IDX[:-1], "its header says 3")],
)
@pytest.mark.parametrize("read", [lambda path: container.read(path, ndim=1)])
def test_something_else_than_idx_is_named(read: Read, content: bytes, said: str, tmp_path: Path):
    (tmp_path / "labels").write_bytes(content)
    assert said in refused(read, tmp_path / "labels")


@pytest.mark.parametrize("content, said", [(PAGE, "a web page"), (LFS, "git lfs pull"), (b"", "empty")])
def test_something_else_than_an_archive_is_named(content: bytes, said: str, tmp_path: Path):
    def faces_of(path: Path) -> None:
        with faces.open_archive(path):
            pass

    for read in (labels, faces_of):
        (tmp_path / "archive").write_bytes(content)
        assert said in refused(read, tmp_path / "archive")


# Names


@pytest.mark.parametrize(
    "there, wanted",
    [
        ("train-images.idx3-ubyte", "train-images-idx3-ubyte.gz"),
        ("train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"),
        ("aclImdb_v1.tgz", "aclImdb_v1.tar.gz"),
        ("list_attr_celeba.csv", "list_attr_celeba.txt"),
        ("img_align_celeba.zip", "img_align_celeba.zip"),
    ],
)
def test_mirror_may_have_a_file_under_another_name(there: str, wanted: str, tmp_path: Path):
    mirror, content = tmp_path / "mirror", np.arange(9, dtype=np.uint8).tobytes()
    (mirror / "toy").mkdir(parents=True)
    (mirror / "toy" / there).write_bytes(content)
    pin = {"bytes": len(content), "sha256": sha256(content).hexdigest().upper()}
    manifest = json.dumps({"datasets": {"toy": {"files": {there: pin}}}})
    (mirror / "manifest.json").write_text(manifest, encoding="utf-8-sig")
    upstream = RemoteFile(wanted, 9, "0" * 64, ())
    sources.fetch("toy", "mirror", (upstream,), tmp_path / "raw", tmp_path / "partial", str(mirror))
    assert raw_files.find(tmp_path / "raw", wanted).read_bytes() == content


def test_missing_raw_file_is_named_with_what_is_there(tmp_path: Path):
    (tmp_path / "train-images-idx3-ubyte").mkdir()
    (tmp_path / "mnist.csv").touch()
    with pytest.raises(FileNotFoundError, match=r"it contains mnist\.csv, train-images-idx3-ubyte/"):
        raw_files.find(tmp_path, "train-images-idx3-ubyte.gz")
