"""One file over HTTP: how hosts fail, and what the download does then."""

import hashlib
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from atelier.datasets.download.hosts import DownloadError

PATH = "/toy/a.gz"


def test_a_file_arrives_with_the_pinned_bytes(server, transfer, pin, body):
    transfer(pin(server.script(PATH, server.file(body))))
    assert transfer.fetched() == body


def test_a_file_of_unknown_length_arrives(server, transfer, pin, body):
    transfer(pin(server.script(PATH, server.chunked(body))))
    assert transfer.fetched() == body


def test_a_gzip_file_labelled_as_encoding_is_not_unpacked(server, transfer, pin, body):
    transfer(pin(server.script(PATH, server.file(body, Content_Encoding="gzip"))))
    assert transfer.fetched() == body
    assert server.headers(PATH, "Accept-Encoding") == ["identity"]


def test_a_truncated_file_is_continued_where_it_broke_off(server, transfer, pin, body):
    url = server.script(PATH, server.file(body, '"v1"', upto=100_000), server.file(body, '"v1"'))
    transfer(pin(url))
    assert transfer.fetched() == body
    assert server.ranges(PATH) == [None, "bytes=100000-"]
    assert server.headers(PATH, "If-Range") == [None, '"v1"']


def test_a_stalled_file_is_noticed_and_continued(server, transfer, pin, body, capsys):
    transfer.set_read_timeout(1.0)
    url = server.script(PATH, server.file(body, upto=70_000, hold=True), server.file(body))
    transfer(pin(url))
    assert transfer.fetched() == body
    assert server.ranges(PATH) == [None, "bytes=70000-"]
    assert "no byte came for 1 s; trying again in 0.01 s" in capsys.readouterr().out


def test_a_server_error_is_tried_again(server, transfer, pin, body, capsys):
    url = server.script(PATH, server.error(500), server.error(503), server.file(body))
    transfer(pin(url))
    assert transfer.fetched() == body
    notes = [line for line in capsys.readouterr().out.splitlines() if "trying again" in line]
    assert [line.rpartition(" in ")[2] for line in notes] == ["0.01 s", "0.02 s"]


def test_retry_after_is_honoured(server, transfer, pin, body):
    url = server.script(PATH, server.error(429, Retry_After="1"), server.file(body))
    begun = time.monotonic()
    transfer(pin(url))
    assert time.monotonic() - begun >= 1
    assert transfer.fetched() == body


def test_retry_after_a_date_in_the_past_does_not_wait(server, transfer, pin, body):
    past = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)
    transfer(pin(server.script(PATH, server.error(503, Retry_After=past), server.file(body))))
    assert transfer.fetched() == body


TOMORROW = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)


# Names that do not hold the time: each worker of xdist collects for itself.
@pytest.mark.parametrize("asked", ["3600", TOMORROW], ids=["seconds", "date"])
def test_a_long_retry_after_is_refused(server, transfer, pin, asked):
    url = server.script(PATH, server.error(429, Retry_After=asked))
    with pytest.raises(DownloadError, match=r"429 Too Many Requests, asks to wait \d+ s; at most 1.5 s"):
        transfer(pin(url))
    assert len(server.requests) == 1


def test_retries_end(server, transfer, pin):
    with pytest.raises(DownloadError, match="500 Internal Server Error; tried 3 times"):
        transfer(pin(server.script(PATH, server.error(500))))
    assert len(server.requests) == 3


def test_retries_end_if_the_host_starts_over_and_breaks_off_each_time(server, transfer, pin, body):
    long = body * 10
    url = server.script(PATH, *[server.file(long, f'"{n}"', upto=1_500_000) for n in range(9)])
    with pytest.raises(DownloadError, match="tried 3 times"):
        transfer(pin(url, body=long))


def test_bytes_that_are_deleted_and_downloaded_again_are_no_progress(server, transfer, pin, body):
    long = body * 10
    url = server.script(PATH, *[server.file(long, upto=1_500_000), server.error(416)] * 5)
    with pytest.raises(DownloadError, match="tried 3 times"):
        transfer(pin(url, body=long))
    assert len(server.requests) == 3


def test_a_long_file_over_a_bad_line_arrives_if_each_attempt_makes_progress(server, transfer, pin, body):
    long = body * 30
    stops = range(1_200_000, len(long), 1_200_000)
    url = server.script(PATH, *[server.file(long, upto=stop) for stop in stops], server.file(long))
    transfer(pin(url, body=long))
    assert transfer.fetched() == long
    assert len(server.requests) == len(stops) + 1 > transfer.policy.attempts


def test_an_interrupted_file_is_continued_in_the_next_run(server, transfer, pin, body, capsys):
    transfer.leave_part(body[:150_000])
    transfer(pin(server.script(PATH, server.file(body))))
    assert transfer.fetched() == body
    assert server.ranges(PATH) == ["bytes=150000-"]
    assert "continued after 150,000 bytes" in capsys.readouterr().out


def test_a_file_complete_but_not_yet_named_is_not_asked_for(server, transfer, pin, body):
    transfer.leave_part(body)
    transfer(pin(server.script(PATH, server.file(body))))
    assert transfer.fetched() == body
    assert server.requests == []


def test_a_verified_file_is_not_downloaded_again(server, transfer, pin, body):
    other = b"other" * 100
    here, missing = pin(server.script(PATH, server.file(body))), pin(server.url + "/b.gz", body=other, name="b.gz")
    with pytest.raises(DownloadError):
        transfer(here, missing)
    server.script("/b.gz", server.file(other))
    transfer(here, missing)
    assert (transfer.fetched("a.gz"), transfer.fetched("b.gz")) == (body, other)
    assert len(server.ranges(PATH)) == 1


def test_a_finished_file_that_was_damaged_is_downloaded_again(server, transfer, pin, body):
    transfer.partial.mkdir(parents=True)
    (transfer.partial / "a.gz").write_bytes(b"\0" * len(body))
    transfer(pin(server.script(PATH, server.file(body))))
    assert transfer.fetched() == body


def test_a_server_without_range_starts_over(server, transfer, pin, body):
    transfer.leave_part(body[:1000])
    transfer(pin(server.script(PATH, server.whole(body))))
    assert transfer.fetched() == body
    assert server.ranges(PATH) == ["bytes=1000-"]


def test_a_file_that_changed_meanwhile_starts_over(server, transfer, pin, body):
    url = server.script(PATH, server.file(b"\0" * len(body), '"old"', upto=50_000), server.file(body, '"new"'))
    transfer(pin(url))
    assert transfer.fetched() == body
    assert server.headers(PATH, "If-Range") == [None, '"old"']
    assert len(server.requests) == 2


def test_a_changed_file_is_noticed_if_the_server_ignores_if_range(server, transfer, pin, body):
    url = server.url + PATH
    transfer.leave_part(b"\0" * 50_000, address=url, etag='"old"', sha256=hashlib.sha256(body).hexdigest())
    span = f"bytes 50000-{len(body) - 1}/{len(body)}"
    server.script(PATH, server.whole(body[50_000:], 206, ETag='"new"', Content_Range=span), server.file(body, '"new"'))
    transfer(pin(url))
    assert transfer.fetched() == body
    assert server.ranges(PATH) == ["bytes=50000-", None]


def test_the_etag_of_one_host_is_not_sent_to_another(server, second, transfer, pin, body):
    first = server.script(PATH, server.file(body, '"v1"', upto=100_000), server.error(404))
    transfer(pin(first, second.script(PATH, second.file(body, '"w7"'))))
    assert transfer.fetched() == body
    assert (second.ranges(PATH), second.headers(PATH, "If-Range")) == (["bytes=100000-"], [None])


def test_416_deletes_the_part_and_starts_over(server, transfer, pin, body, capsys):
    transfer.leave_part(body[:1000])
    transfer(pin(server.script(PATH, server.error(416), server.file(body))))
    assert transfer.fetched() == body
    assert server.ranges(PATH) == ["bytes=1000-", None]
    assert "continued after" not in capsys.readouterr().out


def test_206_with_other_bytes_deletes_the_part_and_starts_over(server, transfer, pin, body):
    transfer.leave_part(body[:1000])
    elsewhere = server.whole(body[500:], 206, Content_Range=f"bytes 500-{len(body) - 1}/{len(body)}")
    transfer(pin(server.script(PATH, elsewhere, server.file(body))))
    assert transfer.fetched() == body


def test_a_damaged_part_is_deleted_and_downloaded_again_once(server, transfer, pin, body, capsys):
    transfer.leave_part(b"\0" * 1000)
    transfer(pin(server.script(PATH, server.file(body))))
    assert transfer.fetched() == body
    assert server.ranges(PATH) == ["bytes=1000-", None]
    assert "the continued file is not the pinned one; it is downloaded again" in capsys.readouterr().out


def test_a_part_longer_than_the_file_is_deleted(server, transfer, pin, body):
    transfer.leave_part(body + b"more")
    transfer(pin(server.script(PATH, server.file(body))))
    assert server.ranges(PATH) == [None]


def test_a_part_of_a_file_with_another_checksum_is_deleted(server, transfer, pin, body):
    transfer.leave_part(body[:1000], address="x", etag=None, sha256="0" * 64)
    transfer(pin(server.script(PATH, server.file(body))))
    assert server.ranges(PATH) == [None]


WRONG = bytes(204_800)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda server: server.error(404), "404 Not Found"),
        (lambda server: server.error(403), "403 Forbidden"),
        (lambda server: server.error(500), "500 Internal Server Error; tried 3 times"),
        (lambda server: server.page(), "200 with an HTML page instead of the file"),
        (lambda server: server.file(WRONG), "wrong bytes: expected is SHA-256"),
        (lambda server: server.file(WRONG[:-1]), "a file of 204,799 bytes, expected are 204,800"),
        (lambda server: server.chunked(WRONG + b"1"), "more than the 204,800 bytes expected"),
        (lambda server: server.chunked(WRONG[:-1]), "ended after 204,799 of 204,800 bytes"),
        (lambda server: server.error(302, Location="/toy/a.gz"), "TooManyRedirects"),
    ],
)
def test_the_next_host_is_asked_when_one_fails(server, second, transfer, pin, body, capsys, answer, said):
    first = server.script(PATH, answer(server))
    transfer(pin(first, second.script(PATH, second.file(body))))
    assert transfer.fetched() == body
    assert f"{first}: {said}" in capsys.readouterr().out


def test_the_next_host_is_asked_when_one_stalls_each_time(server, second, transfer, pin, body, capsys):
    transfer.set_read_timeout(0.3)
    first = server.script(PATH, server.file(body, upto=10, hold=True))
    transfer(pin(first, second.script(PATH, second.file(body))))
    assert transfer.fetched() == body
    assert f"{first}: no byte came for 0.3 s; tried 3 times" in capsys.readouterr().out


def test_wrong_bytes_from_one_response_are_not_requested_twice(server, second, transfer, pin, body):
    transfer(pin(server.script(PATH, server.file(WRONG)), second.script(PATH, second.file(body))))
    assert len(server.requests) == 1
    assert second.ranges(PATH) == [None]


def test_an_html_page_keeps_the_bytes_on_disk(server, second, transfer, pin, body):
    transfer.leave_part(body[:1000])
    transfer(pin(server.script(PATH, server.page()), second.script(PATH, second.file(body))))
    assert second.ranges(PATH) == ["bytes=1000-"]


def test_a_host_that_is_down_is_named(servers, transfer, pin):
    stopped = servers()
    url = stopped.script(PATH)
    stopped.__exit__()
    with pytest.raises(DownloadError, match=rf"{stopped.host}/toy/a.gz: no connection \(.*refused\); tried 3 times"):
        transfer(pin(url))


def test_the_error_names_the_file_every_host_and_three_ways_out(server, second, transfer, pin):
    urls = server.script(PATH, server.error(404)), second.script(PATH, second.page())
    with pytest.raises(DownloadError) as caught:
        transfer(pin(*urls))
    lines = str(caught.value).splitlines()
    assert "toy/a.gz" in lines[0]
    assert lines[1:3] == [
        f"  {urls[0]}: 404 Not Found",
        f"  {urls[1]}: 200 with an HTML page instead of the file",
    ]
    for way in ("run it again", "ATELIER_MIRROR", "downloads.toy.source: mirror", "downloads.toy.source: embedded"):
        assert way in lines[3]
    assert isinstance(caught.value, ValueError)


def test_the_error_hides_passwords_and_signatures(server, transfer, pin):
    server.script(PATH + "?token=secret", server.error(403))
    with pytest.raises(DownloadError) as caught:
        transfer(pin(f"http://me:secret@{server.host}{PATH}?token=secret"))
    assert f"  http://{server.host}{PATH}: 403 Forbidden" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_log_gets_one_line_per_file(server, transfer, pin, body, capsys):
    transfer(pin(server.script(PATH, server.file(body))))
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"toy: a.gz: 204.8 kB from {server.url}{PATH} in ")
