"""The archive is read as a stream, and suspicious members are refused."""

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from atelier.datasets.formats.reviews import archive

Pack = Callable[..., Path]


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, target, size
    return made


def refusal(path: Path) -> str:
    with pytest.raises(ValueError, match=path.name) as raised:
        list(archive.read(path))
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)
    return str(raised.value)


def test_reviews_have_the_metadata_of_their_names(pack: Pack, members: dict[str, bytes]) -> None:
    found = list(archive.read(pack(members)))
    assert len(found) == 90
    assert found[0]._replace(text="") == archive.Review("train", archive.NEGATIVE, 0, 2, "")
    assert found[-1]._replace(text="") == archive.Review("train", archive.UNLABELLED, 29, 0, "")


def test_unlabelled_reviews_can_be_skipped(pack: Pack, members: dict[str, bytes]) -> None:
    assert len(list(archive.read(pack(members), unlabelled=False))) == 60


def test_other_files_are_skipped(pack: Pack) -> None:
    others = ("aclImdb/train/labeledBow.feat", "aclImdb/test/unsup/0_0.txt", "aclImdb/train/pos/x.txt", "pos/1_9.txt")
    assert list(archive.read(pack(dict.fromkeys(others, b"1 2:3")))) == []


@pytest.mark.parametrize("name", ["../aclImdb/1.txt", "aclImdb/../../etc/passwd", "/etc/passwd"])
def test_names_outside_of_the_archive_are_refused(pack: Pack, members: dict[str, bytes], name: str) -> None:
    assert "points outside of the archive" in refusal(pack(members, member(name)))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(pack: Pack, members: dict[str, bytes], kind: bytes) -> None:
    assert "link, a device" in refusal(pack(members, member("aclImdb/train/pos/99_9.txt", kind, "/etc/passwd")))


def test_a_too_long_review_is_refused_unread(pack: Pack, members: dict[str, bytes]) -> None:
    bomb = member("aclImdb/train/pos/99_9.txt", size=archive.LONGEST + 1)
    assert "99_9.txt has 1,048,577 bytes; a review has at most 1,048,576" in refusal(pack(members, bomb))


def test_a_too_long_extended_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    header = member("././@PaxHeader", tarfile.XHDTYPE, size=1 << 33)
    path.write_bytes(gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(4096)))
    assert "extended header" in refusal(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_archive_is_refused(pack: Pack, members: dict[str, bytes], share: float) -> None:
    path = pack(members)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert "truncated or damaged" in refusal(path)


def test_an_archive_cut_between_two_members_is_refused(pack: Pack, members: dict[str, bytes]) -> None:
    path = pack(members)
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()))[:-8])
    assert "truncated or damaged" in refusal(path)


def test_a_flipped_bit_is_found(pack: Pack, members: dict[str, bytes]) -> None:
    path = pack(members)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(bytes(data))
    refusal(path)


def test_a_file_of_another_type_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.tar.gz"
    path.write_text("<html>Not found</html>")
    assert "not a complete tar.gz" in refusal(path)


def test_bytes_that_are_no_utf8_are_refused_by_name(pack: Pack, members: dict[str, bytes]) -> None:
    members["aclImdb/test/pos/77_8.txt"] = "café".encode("latin-1")
    assert "77_8.txt is not UTF-8 (byte 3)" in refusal(pack(members))


def test_a_name_that_occurs_twice_is_refused(pack: Pack, members: dict[str, bytes]) -> None:
    assert "more than once" in refusal(pack(members, member("aclImdb/train/pos/0_9.txt")))


def test_nothing_may_come_after_the_end(pack: Pack, members: dict[str, bytes]) -> None:
    path = pack(members)
    with path.open("ab") as file:
        file.write(gzip.compress(io.BytesIO(b"\0" * 512 + b"more").getvalue()))
    assert "after the end" in refusal(path)
