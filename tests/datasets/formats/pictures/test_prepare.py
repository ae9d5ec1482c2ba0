"""A folder or an archive of pictures becomes arrays with splits and labels, the same for any number of workers."""

import io
import os
import struct
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from own_pictures import drawn, encoded, in_classes

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.datasets.formats.own import archives, collection

PARTS = ("train", "validation", "test")


def packed(kind: str, contents: dict[str, bytes], folder: str = "") -> bytes:
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in contents.items():
                archive.writestr(folder + name, content)
    else:
        with tarfile.open(fileobj=buffer, mode="w:gz" if kind == "tar.gz" else "w") as archive:
            for name, content in contents.items():
                member = tarfile.TarInfo(folder + name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def written(folder: Path) -> dict[str, str]:
    return {path.name: files.sha256(path) for path in sorted(folder.iterdir())}


def test_folders_are_classes_and_every_class_is_in_every_split(write, prepare, tmp_path: Path) -> None:
    write(in_classes("cat dog 花 Ærøskøbing"))
    spec = prepare(classes="folders")
    assert spec.classes == ("cat", "dog", "Ærøskøbing", "花")
    assert (spec.shape, spec.source, spec.attributes) == ((16, 16, 3), "own", ())
    assert sum(spec.sizes.values()) == 48
    prepared = Prepared.read(tmp_path / "out")
    for split in PARTS:
        assert set(prepared.labels(split).tolist()) == {0, 1, 2, 3}
        assert prepared.images(split).shape == (spec.sizes[split], 16, 16, 3)
    assert {shown["file"] for shown in files.read_json(tmp_path / "out/pictures.json")} == {
        "preview.png",
        "balance.png",
    }


def test_workers_and_packing_change_no_byte(write, prepare, raw: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(collection, "BATCH", 5)
    contents = in_classes()
    write(contents)
    prepare(classes="folders")
    prepare("two", workers=2, classes="folders")
    assert written(tmp_path / "two") == written(tmp_path / "out")
    for kind in ("zip", "tar", "tar.gz"):
        for path in sorted(raw.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        backwards = dict(reversed(contents.items()))
        write({f"Pictures.{kind.upper()}": packed(kind, backwards, "./top/" if kind != "zip" else "top/")})
        prepare(kind, classes="folders")
        assert written(tmp_path / kind) == written(tmp_path / "out"), kind


def test_an_archive_in_place_of_the_folder_is_read(raw: Path, prepare) -> None:
    raw.write_bytes(packed("tar.gz", in_classes()))
    assert sum(prepare(classes="none").sizes.values()) == 24


def test_without_classes_there_are_no_labels(write, prepare, tmp_path: Path) -> None:
    write(in_classes())
    spec = prepare()
    assert spec.label_names == ()
    assert not list((tmp_path / "out").glob("*labels*"))
    with pytest.raises(ValueError, match="flowers has no labels"):
        Prepared.read(tmp_path / "out").labels("train")


def test_equal_files_stay_together_and_others_keep_their_split(write, prepare, tmp_path: Path) -> None:
    write({f"{index}.png": drawn(index // 3) for index in range(120)})
    spec = prepare()
    prepared = Prepared.read(tmp_path / "out")
    of = {split: {image.tobytes() for image in np.asarray(prepared.images(split))} for split in PARTS}
    assert sum(map(len, of.values())) == 40
    assert spec.statistics["equal_to_another_file"] == 80
    write({f"more/{index}.png": drawn(index) for index in range(40, 60)})
    prepare("more")
    later = Prepared.read(tmp_path / "more")
    for split in PARTS:
        assert of[split] <= {image.tobytes() for image in np.asarray(later.images(split))}


def test_folders_named_as_splits_are_the_splits(write, prepare, tmp_path: Path) -> None:
    for part, count in (("Train", 6), ("val", 3), ("TEST", 4)):
        write({f"flowers/{part}/{name}": content for name, content in in_classes(each=count).items()})
    spec = prepare(classes="folders")
    assert spec.sizes == {"train": 12, "validation": 6, "test": 8}
    assert (spec.classes, spec.split_rule) == (("cat", "dog"), "folders")
    # The same pictures are in several splits, which the folders decide.
    assert spec.statistics["files_in_two_splits"] > 0


def test_split_without_a_folder_is_taken_out_of_train(write, prepare) -> None:
    for part, count in (("train", 20), ("test", 5)):
        write({f"{part}/{name}": content for name, content in in_classes(each=count).items()})
    spec = prepare(classes="folders")
    assert spec.sizes["test"] == 10
    assert 2 <= spec.sizes["validation"] <= 14
    assert spec.split_rule.startswith("folders for train and test; validation by seeded hash")


def test_folder_beside_those_of_splits_is_refused(write, prepare) -> None:
    write({f"{part}/{index}.png": drawn(index) for part in ("train", "test", "extra") for index in range(4)})
    with pytest.raises(ValueError, match=r"raw: the folders train, validation and test are splits.* 'extra'"):
        prepare()


TABLE = "\ufefffile,Red,Tall Tree\n" + "".join(f"{i}.png,{i % 2},{i // 5 % 2}\n" for i in range(12))


@pytest.mark.parametrize("text", [TABLE, TABLE.replace(",", ";").replace("\n", "\r\n"), TABLE.replace(",0", ",-1")])
def test_table_gives_attributes(text: str, write, prepare, tmp_path: Path) -> None:
    write({f"deep/down/{i}.png": drawn(i) for i in range(12)} | {"labels.CSV": text.encode()})
    spec = prepare(classes="table")
    assert spec.attributes == ("Red", "Tall Tree")
    prepared = Prepared.read(tmp_path / "out")
    rows = {
        image.tobytes(): row
        for s in PARTS
        for image, row in zip(prepared.images(s), prepared.labels(s).tolist(), strict=True)
    }
    prepare("none", classes="none", max_bad=1)
    assert Counter(map(tuple, rows.values())) == {(0, 0): 4, (1, 0): 3, (0, 1): 2, (1, 1): 3}


@pytest.mark.parametrize(
    "text, message",
    [
        ("name,Red\n0.png,1\n", "expected a header of 'file'"),
        ("file,Red\n0.png,yes\n", "line 2: got 'yes'; allowed are 0 and 1, or -1 and 1"),
        ("file,Red\n0.png,1\n0.png,1\n", "line 3: 0.png occurs more than once"),
        ("file,Red\n0.png,1,0\n", "line 2: 3 cells; the header has 2"),
        ("file,Red,Red\n", "each attribute needs a name of its own"),
        ("file,A\n0.png,0\n1.png,-1\n", "has 0 and -1"),
        ("file,Red\n0.png,1\n", r"11 bad files; datasets.flowers.prepare.max_bad allows 0"),
        (
            "".join(f"{line}\n" for line in ["file,Red", *(f"{i}.png,1" for i in range(13))]),
            "12.png: in labels.csv, but",
        ),
        ("file,Gr\xfcn\n", "not UTF-8"),
    ],
)
def test_wrong_table_says_what_is_wrong(text: str, message: str, write, prepare) -> None:
    write({f"{i}.png": drawn(i) for i in range(12)} | {"labels.csv": text.encode("latin-1")})
    with pytest.raises(ValueError, match=message):
        prepare(classes="table")


def test_row_that_names_two_pictures_is_refused(write, prepare) -> None:
    write({f"{f}/{i}.png": drawn(i) for f in "ab" for i in range(3)} | {"t.csv": b"file,Red\n0.png,1\n"})
    with pytest.raises(ValueError, match=r"t.csv: the row of '0.png' names a/0.png and b/0.png"):
        prepare(classes="table")


def test_what_systems_leave_behind_is_no_picture(write, prepare) -> None:
    junk = [".DS_Store", "Thumbs.db", "__MACOSX/cat/._0.png", "cat/._0.png", ".ipynb_checkpoints/a.png", "desktop.ini"]
    write(
        in_classes() | dict.fromkeys(junk, b"junk") | {"cat/UPPER.JPG": encoded(np.zeros((20, 20), np.uint8), "JPEG")}
    )
    spec = prepare(classes="folders")
    assert spec.classes == ("cat", "dog")
    assert sum(spec.sizes.values()) == 25
    assert (spec.dropped, spec.statistics["ignored_system_files"]) == ((), len(junk))


def test_bad_files_are_named_and_counted(write, prepare, raw: Path) -> None:
    write(in_classes() | {"cat/notes.txt": b"notes", "dog/cut.png": drawn(7)[:-50], "cover.png": drawn(8)})
    (raw / "cat/gone.png").symlink_to(raw / "nowhere")
    (raw / "linked").symlink_to(raw / "cat")
    os.mkfifo(raw / "dog/pipe")
    with pytest.raises(ValueError, match=r"^6 bad files; datasets\.flowers\.prepare\.max_bad allows 5\n") as caught:
        prepare(classes="folders", max_bad=5)
    dropped = prepare(classes="folders", max_bad=6).dropped
    assert str(caught.value).splitlines()[1:] == [f"  {line}" for line in dropped]
    assert [line.partition(": ")[0] for line in dropped] == [
        "cat/gone.png", "cat/notes.txt", "cover.png", "dog/cut.png", "dog/pipe", "linked",
    ]  # fmt: skip
    assert "not a picture" in dropped[1]


@pytest.mark.parametrize(
    "contents, message",
    [
        ({}, "contains no pictures"),
        (in_classes("cat"), "classes: folders needs pictures in at least 2 folders, found none that differ"),
        (in_classes() | {"owl/1.png": drawn(1)}, r"class 'owl': 1 different pictures; at least 3"),
        (in_classes() | {f"owl/{i}.png": drawn(1) for i in range(9)}, r"class 'owl': 1 different pictures"),
        ({**in_classes("cat"), "dog/1.png": b"no", "dog/2.png": b"no"}, "only the class 'cat' has pictures"),
        ({f"{name}/{i}.png": b"" for name in range(257) for i in range(1)}, "257 folders; at most 256"),
    ],
)
def test_too_few_pictures_or_classes_are_an_error(
    contents: dict[str, bytes], message: str, write, prepare, raw
) -> None:
    raw.mkdir()
    write(contents)
    with pytest.raises(ValueError, match=message):
        prepare(classes="folders", max_bad=3)


def test_missing_folder_says_how_to_bring_or_fetch_it(prepare, raw: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"raw is missing; put your pictures there and run `dvc add "):
        prepare()
    raw.with_name("raw.dvc").touch()
    with pytest.raises(FileNotFoundError, match=r"raw is missing; fetch it with: dvc pull .*raw\.dvc"):
        prepare()


def test_statistics_and_caption_say_what_was_done(write, prepare, tmp_path: Path) -> None:
    wide = {f"w{i}.png": drawn(i, 40, 20) for i in range(4)}
    small = {f"s{i}.png": drawn(10 + i, 8, 8) for i in range(3)}
    write(wide | small | {"notes.txt": b"no"})
    spec = prepare(fit="pad", max_bad=1)
    assert spec.statistics == {"not_square": 4, "enlarged": 3}
    caption = files.read_json(tmp_path / "out/pictures.json")[0]["caption"]
    assert "Scaled to 16×16, RGB; 4 padded with white to a square; 3 enlarged; 1 bad files left out." in caption


def hostile(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname, member.size = kind, "a", 0
        archive.addfile(member)
        if size:
            member.size = size
            return member.tobuf()
    return buffer.getvalue()


def hostile_zip(name: str, mode: int = 0o100644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        member = zipfile.ZipInfo(name)
        member.create_system, member.external_attr = 3, mode << 16
        archive.writestr(member, b"x")
    return buffer.getvalue()


def zip_of_one_file_twice() -> bytes:
    """A zip whose directory names the same bytes under two names."""
    one = packed("zip", {"a.png": drawn(1)})
    end = one.index(b"PK\5\6")
    start = one.index(b"PK\1\2")
    second = one[start:end].replace(b"a.png", b"b.png")
    record = bytearray(one[end:])
    struct.pack_into("<HHL", record, 8, 2, 2, 2 * (end - start))
    return one[:end] + second + record


def zip_with_offset(offset: int) -> bytes:
    content = bytearray(packed("zip", {"a.png": drawn(1)}))
    struct.pack_into("<L", content, content.index(b"PK\1\2") + 42, offset)
    return bytes(content)


@pytest.mark.parametrize(
    "content, message",
    [
        (hostile("/etc/a.png"), "'/etc/a.png' leads out of the archive"),
        (hostile("a/../../b.png"), "leads out of the archive"),
        (hostile("a.png", tarfile.SYMTYPE), "a.png is a link"),
        (hostile("a.png", tarfile.LNKTYPE), "a.png is a link"),
        (hostile("a.png", tarfile.CHRTYPE), "a.png is a device"),
        (hostile("a.png", size=archives.LARGEST + 1), "a.png: 268 MB; at most 268 MB are allowed"),
        (hostile_zip("../a.png"), "leads out of the archive"),
        (hostile_zip("C:\\a.png"), "leads out of the archive"),
        (hostile_zip("a.png", 0o120777), "a.png is a link"),
        (zip_of_one_file_twice(), "its files overlap"),
        (zip_with_offset(10_000_000), "a.png lies outside of the archive"),
        (packed("zip", in_classes())[:-30], "not a complete archive"),
        (packed("tar", in_classes())[:5000], "not complete, or damaged"),
        (packed("tar.gz", in_classes())[:-3000], "not complete, or damaged"),
        (packed("tar", in_classes())[:-10240], "not complete, or damaged"),
        (b"text", "not a complete archive"),
    ],
)
def test_hostile_and_damaged_archives_are_refused(content: bytes, message: str, write, prepare) -> None:
    write({"all.tar": content})
    with pytest.raises(ValueError, match=message) as caught:
        prepare(max_bad=99)
    assert "all.tar: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_expanding_member_of_a_zip_is_refused_before_it_is_unpacked(write, prepare, monkeypatch) -> None:
    monkeypatch.setattr(archives, "LARGEST", 1000)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.png", bytes(100_000))
    write({"all.zip": buffer.getvalue()})
    with pytest.raises(ValueError, match=r"all\.zip: zeros\.png: .* MB are allowed"):
        prepare()


def test_file_of_a_zip_whose_path_is_not_plain_is_read(write, prepare) -> None:
    write({"all.zip": packed("zip", {f".\\é{i}//a.png": drawn(i) for i in range(12)})})
    assert sum(prepare().sizes.values()) == 12


def test_damaged_member_of_a_zip_is_a_bad_file(write, prepare) -> None:
    content = bytearray(packed("zip", in_classes()))
    content[content.index(b"IDAT") + 20] ^= 255
    write({"all.zip": bytes(content)})
    assert prepare(max_bad=1).dropped == ("cat/0.png: its bytes in the archive are damaged",)


def test_files_beside_an_archive_are_the_table_or_named(write, prepare) -> None:
    write({"all.zip": packed("zip", {f"{i}.png": drawn(i) for i in range(12)}), "labels.csv": TABLE.encode()})
    assert prepare(classes="table").attributes == ("Red", "Tall Tree")
    write({"README.md": b"text"})
    assert [line.partition(":")[0] for line in prepare(classes="table", max_bad=1).dropped] == ["README.md"]
    write({"other.zip": b""})
    with pytest.raises(ValueError, match=r"2 archives .*; allowed is one"):
        prepare(classes="table")


def test_interrupted_or_failed_preparation_leaves_nothing(write, prepare, tmp_path: Path) -> None:
    write({"a.png": b"no", "b.png": b"no"})
    with pytest.raises(ValueError, match="2 bad files"):
        prepare()
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]
