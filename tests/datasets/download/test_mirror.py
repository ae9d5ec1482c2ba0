"""The mirror, as a directory and over HTTP: its manifest pins its files."""

import json

import pytest

from atelier.datasets.download.hosts import DownloadError


@pytest.fixture
def mirror(tmp_path, body, manifest):
    """Make a mirror's directory with one file of the dataset `toy`."""
    root = tmp_path / "mirror"
    (root / "toy").mkdir(parents=True)
    (root / "toy" / "a.gz").write_bytes(body)
    (root / "manifest.json").write_bytes(manifest("toy", {"a.gz": body}))
    return root


@pytest.fixture
def copy(transfer, pin, mirror):
    """Fetch `a.gz` from the mirror's directory."""
    return lambda where=mirror: transfer(pin(), source="mirror", mirror=str(where))


@pytest.fixture
def serve(server, body, manifest):
    """Serve the same mirror below ``/files`` and return its prefix."""
    server.script("/files/toy/a.gz", server.file(body))
    server.script("/files/manifest.json", server.file(manifest("toy", {"a.gz": body})))
    return server.url + "/files"


def test_a_directory_serves_its_files(copy, transfer, body):
    copy()
    assert transfer.fetched() == body


def test_a_directory_may_be_a_file_url(copy, transfer, mirror, body):
    spaced = mirror.rename(mirror.parent / "the mirror")
    copy(spaced.as_uri())
    assert transfer.fetched() == body


def test_a_copy_is_not_a_link_into_the_mirror(copy, transfer, mirror, body):
    copy()
    (transfer.out / "a.gz").write_bytes(b"changed")
    assert (mirror / "toy" / "a.gz").read_bytes() == body


def test_a_read_only_mirror_gives_files_that_can_be_removed(copy, transfer, mirror):
    (mirror / "toy" / "a.gz").chmod(0o444)
    copy()
    assert (transfer.out / "a.gz").stat().st_mode & 0o200


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_prefix_serves_its_files(transfer, pin, serve, body, slash):
    transfer(pin(), source="mirror", mirror=serve + slash)
    assert transfer.fetched() == body


def test_a_prefix_continues_a_part(transfer, pin, serve, server, body):
    transfer.leave_part(body[:1000])
    transfer(pin(), source="mirror", mirror=serve)
    assert server.ranges("/files/toy/a.gz") == ["bytes=1000-"]


def test_a_busy_prefix_is_asked_for_its_manifest_again(transfer, pin, serve, server, body):
    server.scripts["/files/manifest.json"].insert(0, server.error(503))
    transfer(pin(), source="mirror", mirror=serve)
    assert transfer.fetched() == body


def test_upstreams_hosts_are_not_asked_when_the_mirror_fails(transfer, pin, serve, server, body):
    upstream = server.script("/upstream/a.gz", server.file(body))
    server.script("/files/toy/a.gz", server.error(404))
    with pytest.raises(DownloadError, match=r"/files/toy/a.gz: 404 Not Found"):
        transfer(pin(upstream), source="mirror", mirror=serve)
    assert server.ranges("/upstream/a.gz") == []
    assert not transfer.out.exists()


def test_the_mirror_is_not_asked_when_upstream_fails(transfer, pin, mirror, server):
    with pytest.raises(DownloadError):
        transfer(pin(server.script("/a.gz", server.error(404))), source="upstream", mirror=str(mirror))
    assert not transfer.out.exists()


def test_a_file_that_differs_from_upstream_is_used_and_reported(copy, transfer, mirror, manifest, capsys):
    (mirror / "toy" / "a.gz").write_bytes(b"packed again")
    (mirror / "manifest.json").write_bytes(manifest("toy", {"a.gz": b"packed again"}))
    copy()
    assert transfer.fetched() == b"packed again"
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "upstream" in line]
    assert "a.gz of this mirror is not upstream's (12 bytes, upstream's 204,800)" in line


def test_a_file_that_equals_upstreams_is_not_reported(copy, capsys):
    copy()
    assert "not upstream's" not in capsys.readouterr().out


@pytest.mark.parametrize("other", [b"short", bytes(204_800)], ids=["length", "checksum"])
def test_a_file_that_is_not_what_the_manifest_says_is_an_error(copy, transfer, mirror, other):
    (mirror / "toy" / "a.gz").write_bytes(other)
    with pytest.raises(ValueError, match=rf"toy/a.gz: {len(other):,} bytes, SHA-256 \w+; manifest.json says 204,800"):
        copy()
    assert not transfer.out.exists()
    assert list(transfer.partial.iterdir()) == []


def test_wrong_bytes_of_a_prefix_are_an_error(transfer, pin, serve, server):
    server.script("/files/toy/a.gz", server.file(bytes(204_800)))
    with pytest.raises(DownloadError, match="wrong bytes"):
        transfer(pin(), source="mirror", mirror=serve)


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_is_an_error(transfer, pin, value):
    with pytest.raises(ValueError, match="source: mirror needs ATELIER_MIRROR"):
        transfer(pin(), source="mirror", mirror=value)


def test_a_missing_directory_is_an_error(copy, tmp_path):
    with pytest.raises(ValueError, match=r"ATELIER_MIRROR: no directory .*/nowhere"):
        copy(tmp_path / "nowhere")


def test_a_url_of_another_kind_is_an_error(copy):
    with pytest.raises(ValueError, match="got 's3://bucket/files'; a directory or an http"):
        copy("s3://bucket/files")


def test_a_missing_manifest_is_an_error(copy, mirror):
    (mirror / "manifest.json").unlink()
    with pytest.raises(ValueError, match=r"manifest.json: not there; a mirror holds"):
        copy()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda server: server.error(404), "manifest.json: 404 Not Found$"),
        (lambda server: server.page(), "manifest.json: 200 with an HTML page"),
        (lambda server: server.error(500), "manifest.json: 500 Internal Server Error; tried 3 times"),
        (lambda server: server.whole(b"{"), "manifest.json is not JSON"),
        (lambda server: server.whole(b"\xff"), "manifest.json is not JSON"),
        (lambda server: server.file(b"{}" * 50_000, upto=10), "manifest.json: the connection broke off; tried 3 times"),
    ],
)
def test_a_manifest_that_cannot_be_downloaded_is_an_error_of_one_line(transfer, pin, serve, server, answer, said):
    server.script("/files/manifest.json", answer(server))
    with pytest.raises(ValueError, match=said) as caught:
        transfer(pin(), source="mirror", mirror=serve)
    assert "\n" not in str(caught.value)


GOOD = {"bytes": 1, "sha256": "0" * 64}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], r"manifest.json: got \[\]; allowed is a mapping"),
        ({}, "datasets: got None; allowed is a mapping"),
        ({"datasets": {"mnist": {}, "imdb": {}}}, "no dataset 'toy'; it has: mnist, imdb"),
        ({"datasets": {"toy": {}}}, "datasets.toy.files: got None"),
        ({"datasets": {"toy": {"files": {"b.gz": GOOD}}}}, "toy has no a.gz; it has: b.gz"),
        ({"datasets": {"toy": {"files": {"a.gz": "0" * 64}}}}, "datasets.toy.files.a.gz: got '000"),
        ({"datasets": {"toy": {"files": {"a.gz": {**GOOD, "bytes": "1"}}}}}, "datasets.toy.files.a.gz: .* is expected"),
        (
            {"datasets": {"toy": {"files": {"a.gz": {**GOOD, "bytes": True}}}}},
            "datasets.toy.files.a.gz: .* is expected",
        ),
        ({"datasets": {"toy": {"files": {"a.gz": {**GOOD, "bytes": -1}}}}}, "a.gz: -1 bytes"),
        ({"datasets": {"toy": {"files": {"a.gz": {"bytes": 1}}}}}, "datasets.toy.files.a.gz: .* is expected"),
        ({"datasets": {"toy": {"files": {"a.gz": {**GOOD, "sha256": "xyz"}}}}}, "SHA-256 'xyz'; 64 lower-case"),
        ({"datasets": {"toy": {"files": {"../a.gz": GOOD}}}}, "toy has no a.gz; it has: ../a.gz"),
    ],
)
def test_a_malformed_manifest_is_an_error_of_one_line(copy, mirror, content, said):
    (mirror / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=said) as caught:
        copy()
    assert "\n" not in str(caught.value)
    assert str(mirror / "manifest.json") in str(caught.value)


def test_a_manifest_that_is_not_json_is_an_error(copy, mirror):
    (mirror / "manifest.json").write_text("<html>")
    with pytest.raises(ValueError, match=r"manifest.json is not JSON"):
        copy()


def test_a_file_that_only_the_manifest_has_is_an_error(copy, mirror):
    (mirror / "toy" / "a.gz").unlink()
    with pytest.raises(ValueError, match=r"toy/a.gz: not there, although the mirror's manifest.json lists it"):
        copy()
