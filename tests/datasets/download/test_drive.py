"""A file on Google Drive: the real gdown over TLS, with a local server in the role of Drive and its pages."""

import pytest

from atelier.datasets.download.hosts import DownloadError

ID = "0B7EVK8r0v71pZjFTYXZWM3FlRnM"
URL = f"https://drive.google.com/file/d/{ID}/view"
ASKED = f"/uc?id={ID}"
FILE = f"/download?id={ID}&export=download&confirm=t"
NAMED = {"Content_Type": "application/octet-stream", "Content_Disposition": 'attachment; filename="a.gz"'}

# On one line, as Drive sends it: gdown reads the page line by line.
WARNING = (
    '<html><form id="download-form" action="https://drive.usercontent.google.com/download" method="get">'
    f'<input type="hidden" name="id" value="{ID}"><input type="hidden" name="export" value="download">'
    '<input type="hidden" name="confirm" value="t"></form></html>'
)

QUOTA = """<html><head><title>Google Drive - Quota exceeded</title></head><body>
<p class="uc-error-caption">Sorry, you can't view or download this file at this time.</p>
<p class="uc-error-subcaption">Too many users have viewed or downloaded this file recently.</p></body></html>"""


def page(server, text):
    return server.whole(text.encode(), Content_Type="text/html; charset=utf-8")


@pytest.fixture
def wanted(pin):
    return pin(URL, by="md5")


def test_a_file_arrives_behind_the_page_that_warns_of_large_files(drive, transfer, wanted, body, capsys):
    drive.script(ASKED, page(drive, WARNING))
    drive.script(FILE, drive.file(body, '"v1"', **NAMED))
    transfer(wanted)
    assert transfer.fetched() == body
    assert not transfer.partial.exists()
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"toy: a.gz: 204.8 kB from {URL} in ")


def test_a_file_of_unknown_length_arrives(drive, transfer, pin, body):
    drive.script(ASKED, drive.file(body, **NAMED))
    transfer(pin(URL, by="md5", sized=False))
    assert transfer.fetched() == body


def test_a_file_that_broke_off_is_continued(drive, transfer, pin, body):
    long = body * 10
    drive.script(ASKED, drive.file(long, '"v1"', upto=1_500_000, **NAMED), drive.file(long, '"v1"', **NAMED))
    transfer(pin(URL, body=long, by="md5"))
    assert transfer.fetched() == long
    first, again, rest = drive.ranges(ASKED)
    assert (first, again) == (None, None), "gdown asks for the complete file before it asks for the rest"
    assert int(rest.removeprefix("bytes=").rstrip("-")) >= 1 << 20
    assert drive.headers(ASKED, "If-Range") == [None, None, '"v1"']


def test_an_interrupted_file_is_continued_in_the_next_run(drive, transfer, wanted, body, capsys):
    transfer.leave_part(body[:150_000])
    drive.script(ASKED, drive.file(body, '"v1"', **NAMED))
    transfer(wanted)
    assert transfer.fetched() == body
    assert drive.ranges(ASKED) == [None, "bytes=150000-"]
    assert "continued after 150,000 bytes" in capsys.readouterr().out


def test_bytes_that_a_killed_gdown_left_are_continued(drive, transfer, wanted, body):
    transfer.partial.mkdir(parents=True)
    (transfer.partial / "a.gz.partcontinue.part").write_bytes(body[:150_000])
    drive.script(ASKED, drive.file(body, '"v1"', **NAMED))
    transfer(wanted)
    assert transfer.fetched() == body
    assert drive.ranges(ASKED) == [None, "bytes=150000-"]
    assert not transfer.partial.exists()


def test_a_part_that_cannot_be_continued_is_deleted_and_downloaded_again(drive, transfer, wanted, body, capsys):
    transfer.leave_part(body[:1000])
    drive.script(ASKED, drive.whole(body, **NAMED))
    transfer(wanted)
    assert transfer.fetched() == body
    assert "the bytes on disk cannot be continued and were deleted; trying again" in capsys.readouterr().out


def test_a_damaged_part_is_deleted_and_downloaded_again_once(drive, transfer, wanted, body, capsys):
    transfer.leave_part(b"\0" * 1000)
    drive.script(ASKED, drive.file(body, '"v1"', **NAMED))
    transfer(wanted)
    assert transfer.fetched() == body
    assert "the continued file is not the pinned one; it is downloaded again" in capsys.readouterr().out


def test_a_file_that_is_complete_but_not_yet_named_is_not_asked_for(drive, transfer, wanted, body):
    transfer.leave_part(body)
    transfer(wanted)
    assert transfer.fetched() == body
    assert drive.requests == []


def test_a_verified_file_is_used_without_a_request(drive, transfer, wanted, body, capsys):
    transfer.partial.mkdir(parents=True)
    (transfer.partial / "a.gz").write_bytes(body)
    transfer(wanted)
    assert transfer.fetched() == body
    assert drive.requests == []
    assert "a.gz: 204.8 kB were here already" in capsys.readouterr().out


def test_a_file_with_another_checksum_is_replaced(drive, transfer, wanted, body):
    transfer.partial.mkdir(parents=True)
    (transfer.partial / "a.gz").write_bytes(bytes(len(body)))
    drive.script(ASKED, drive.file(body, **NAMED))
    transfer(wanted)
    assert transfer.fetched() == body


def test_wrong_bytes_are_never_used(drive, transfer, wanted, body):
    drive.script(ASKED, drive.file(bytes(len(body)), **NAMED))
    with pytest.raises(DownloadError, match=f"{URL}: wrong bytes: expected is MD5 {wanted.md5}"):
        transfer(wanted)
    assert not transfer.out.exists()
    assert len(drive.ranges(ASKED)) == 1


def test_the_error_for_a_quota_page_quotes_it_and_says_what_to_do(drive, transfer, wanted):
    drive.script(ASKED, page(drive, QUOTA))
    with pytest.raises(DownloadError) as caught:
        transfer(wanted)
    first, answer, ways_out, by_hand = str(caught.value).splitlines()
    assert "toy/a.gz" in first
    for fragment in (URL, "Too many users have viewed or downloaded this file recently.", "quota"):
        assert fragment in answer
    assert "ATELIER_MIRROR" in ways_out
    for fragment in (str(transfer.partial / "a.gz"), f"MD5 {wanted.md5}"):
        assert fragment in by_hand
    assert len(drive.ranges(ASKED)) == 1


def test_a_page_under_the_name_of_the_file_is_recognised(drive, transfer, pin):
    drive.script(ASKED, drive.whole(QUOTA.encode(), **NAMED))
    with pytest.raises(DownloadError, match="Google Drive sent a page instead of the file"):
        transfer(pin(URL, by="md5", sized=False))
    assert not (transfer.partial / "a.gz.part").exists()


def test_the_quota_page_keeps_the_bytes_on_disk(drive, transfer, wanted, body):
    transfer.leave_part(body[:1000])
    drive.script(ASKED, page(drive, QUOTA))
    with pytest.raises(DownloadError):
        transfer(wanted)
    assert (transfer.partial / "a.gz.part").read_bytes() == body[:1000]


@pytest.mark.parametrize(
    ("status", "said", "requests"),
    [
        (404, "404 Not Found", 1),
        (503, "503 Service Unavailable; tried 3 times", 3),
        (429, "429 Too Many Requests; tried 3 times", 3),
    ],
)
def test_an_error_of_the_server_is_reported(drive, transfer, wanted, status, said, requests):
    drive.script(ASKED, drive.error(status, **NAMED))
    with pytest.raises(DownloadError, match=f"{URL}: {said}"):
        transfer(wanted)
    assert len(drive.ranges(ASKED)) == requests


def test_a_response_without_a_content_type_is_reported(drive, transfer, wanted):
    drive.script(ASKED, drive.error(404))
    with pytest.raises(DownloadError, match="a response without 'content-type'"):
        transfer(wanted)


def test_a_certificate_that_is_not_trusted_is_refused(drive, transfer, wanted, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(
        DownloadError, match=r"no trusted connection \(.*\); REQUESTS_CA_BUNDLE names other authorities"
    ):
        transfer(wanted)
    assert drive.requests == []
