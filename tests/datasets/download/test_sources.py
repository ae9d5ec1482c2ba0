"""The raw folder: all files and their record, or nothing."""

import hashlib
import json
import os
import tempfile
from pathlib import Path

import pytest

from atelier.datasets.download import record
from atelier.datasets.download.hosts import DownloadError
from atelier.datasets.download.remote import RemoteFile


def test_the_folder_appears_only_when_all_files_are_there(server, transfer, pin, body):
    here = pin(server.script("/a.gz", server.file(body)))
    with pytest.raises(DownloadError):
        transfer(here, pin(server.url + "/b.gz", name="b.gz"))
    assert not transfer.out.exists()
    assert sorted(path.name for path in transfer.partial.iterdir()) == ["a.gz"]


def test_no_other_file_remains(server, transfer, pin, body):
    transfer(pin(server.script("/a.gz", server.file(body, upto=9), server.file(body))))
    assert sorted(path.name for path in transfer.out.iterdir()) == ["a.gz", "source.json"]
    assert not transfer.partial.exists()
    assert [path.name for path in transfer.out.parent.iterdir()] == ["toy"]


def test_files_of_others_in_the_partial_folder_are_left_alone(server, transfer, pin, body):
    transfer.partial.mkdir(parents=True)
    (transfer.partial / "notes.txt").write_text("mine")
    transfer(pin(server.script("/a.gz", server.file(body))))
    assert [path.name for path in transfer.partial.iterdir()] == ["notes.txt"]


def test_the_record_has_source_lengths_and_checksums_only(server, transfer, pin, body):
    file = pin(server.script("/a.gz", server.file(body)))
    transfer(file)
    assert json.loads((transfer.out / "source.json").read_text()) == {
        "dataset": "toy",
        "source": "upstream",
        "files": {"a.gz": {"bytes": len(body), "sha256": file.sha256}},
    }


def test_the_record_is_the_same_bytes_whichever_host_served(server, second, transfer, pin, body):
    records = []
    for url in (server.script("/a.gz", server.file(body)), second.script("/x", second.file(body, '"v1"'))):
        transfer(pin(url))
        records.append((transfer.out / "source.json").read_bytes())
    assert records[0] == records[1]


def test_the_record_does_not_list_itself(tmp_path):
    for name in ("b.gz", "a.gz"):
        (tmp_path / name).write_bytes(b"drawn")
    record.write(tmp_path, "toy", "embedded")
    first = (tmp_path / "source.json").read_bytes()
    record.write(tmp_path, "toy", "embedded")
    assert (tmp_path / "source.json").read_bytes() == first
    assert list(json.loads(first)["files"]) == ["a.gz", "b.gz"]


@pytest.mark.parametrize("source", ["embedded", "upstream", "mirror"])
def test_the_recorded_source_is_read_back(tmp_path, source):
    record.write(tmp_path, "toy", source)
    assert record.recorded_source(tmp_path) == source


def test_files_without_a_record_are_a_persons_own(tmp_path):
    (tmp_path / "a.gz").write_bytes(b"")
    assert record.recorded_source(tmp_path) == "own"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '"upstream"', '{"source": 3}', '{"source": ["own"]}'])
def test_a_damaged_record_is_an_error_that_names_the_file(tmp_path, text):
    (tmp_path / "source.json").write_text(text)
    with pytest.raises(ValueError, match=r"/source\.json\b.*(is not JSON|embedded, upstream, mirror)"):
        record.recorded_source(tmp_path)


def test_the_folder_may_be_on_another_file_system(server, transfer, pin, body):
    memory = Path("/dev/shm")
    if not (memory.is_dir() and os.access(memory, os.W_OK) and memory.stat().st_dev != Path("/tmp").stat().st_dev):
        pytest.skip("needs a second file system that can be written: /dev/shm is none here")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        transfer.partial = Path(folder) / "toy"
        transfer(pin(server.script("/a.gz", server.file(body))))
    assert transfer.fetched() == body


def test_an_unknown_source_is_an_error(transfer, pin):
    with pytest.raises(ValueError, match=r"downloads.toy.source: got 'torrent'; .*upstream or mirror"):
        transfer(pin(), source="torrent")


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/b", "/etc/passwd", "a\\b", "a\0b"])
def test_a_file_name_cannot_leave_its_folder(name):
    with pytest.raises(ValueError, match="a plain name is expected"):
        RemoteFile(name, 1, "0" * 64, ())


def test_a_malformed_checksum_is_an_error():
    with pytest.raises(ValueError, match="64 lower-case hexadecimal digits"):
        RemoteFile("a", 1, "f" * 63, ())
    with pytest.raises(ValueError, match="32 lower-case hexadecimal digits"):
        RemoteFile("a", 1, "", (), md5="f" * 33)


def test_a_file_is_pinned_once():
    with pytest.raises(ValueError, match="pinned twice, by SHA-256 and MD5"):
        RemoteFile("a", 1, "f" * 64, (), md5="f" * 32)
    with pytest.raises(ValueError, match="SHA-256 ''; 64 lower-case hexadecimal digits are expected"):
        RemoteFile("a", 1, "", ())


def test_a_part_pinned_by_the_other_checksum_is_deleted(server, transfer, pin, body):
    transfer.leave_part(body[:1000], address="x", etag=None, sha256=hashlib.sha256(body).hexdigest())
    transfer(pin(server.script("/a.gz", server.file(body)), by="md5"))
    assert server.ranges("/a.gz") == [None]


@pytest.mark.parametrize("by", ["md5", "sha256"])
def test_a_file_of_unknown_length_is_continued_and_verified(server, transfer, pin, body, by):
    url = server.script("/a.gz", server.file(body, '"v1"', upto=100_000), server.file(body, '"v1"'))
    transfer(pin(url, by=by, sized=False))
    assert transfer.fetched() == body
    assert server.ranges("/a.gz") == [None, "bytes=100000-"]


def test_a_complete_part_of_unknown_length_is_not_requested(server, transfer, pin, body):
    transfer.leave_part(body)
    transfer(pin(server.script("/a.gz", server.file(body)), by="md5", sized=False))
    assert transfer.fetched() == body
    assert server.requests == []
