"""Send one HTTP request: write its response to disk, or raise `TemporaryFailure` or `HostRefused`."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
import urllib3

from atelier.datasets.download.display import Display
from atelier.datasets.download.partial import PartialFile
from atelier.datasets.download.retry import HostRefused, RetryPolicy, TemporaryFailure

_BLOCK = 1 << 16
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_RETRY_AFTER = urllib3.Retry(retry_after_max=sys.maxsize)


@dataclass(frozen=True)
class Client:
    """The session, retry policy and display that all requests for one dataset share."""

    session: requests.Session
    policy: RetryPolicy
    display: Display


def public_url(url: str) -> str:
    """Return `url` without password and query, which may contain a signature, for messages and records.

    >>> public_url("https://me:secret@host.org:8443/a/b.gz?token=1")
    'https://host.org:8443/a/b.gz'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def fill(client: Client, url: str, part: PartialFile) -> bool:
    """Request the missing bytes of `part` once and append them, unverified.

    Returns:
        Whether all bytes of the file came with this response.

    Raises:
        TemporaryFailure: the connection failed, the server is busy, or the part could not be continued and was deleted.
        HostRefused: the host has another file, or none.
    """
    if part.is_complete():
        return False
    file, start = part.file, part.size
    known_etag = part.etag(public_url(url)) if start else None
    headers = {"Range": f"bytes={start}-"} if start else {}
    if known_etag:
        headers["If-Range"] = known_etag
    with _response(client, url, headers) as response:
        if start and response.status_code == 416:
            raise cannot_continue(part, "416")
        continues = start > 0 and response.status_code == 206
        _require_file(response, {200, 206} if continues else {200})
        etag = response.headers.get("ETag", "")
        # A weak ETag does not guarantee equal bytes, and If-Range does not accept one (RFC 9110, 13.1.5).
        etag = etag if etag.startswith('"') else ""
        length = response.headers.get("Content-Length", "")
        if continues:
            span = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if not span or int(span[1]) != start or (known_etag and etag and etag != known_etag):
                raise cannot_continue(part, "206 with other bytes than requested")
            length = span[2]
        else:
            start = 0
        if file.bytes is not None and length.isdecimal() and int(length) != file.bytes:
            raise HostRefused(f"a file of {int(length):,} bytes, expected are {file.bytes:,}")
        size = start
        with part.open(public_url(url), etag or None, restart=start == 0) as target:
            for block in _blocks(response):
                size += len(block)
                if file.bytes is not None and size > file.bytes:
                    break
                target.write(block)
                target.flush()
                client.display.position(size)
    expected = size if file.bytes is None else file.bytes
    if size > expected:
        part.discard()
        raise HostRefused(f"more than the {expected:,} bytes expected")
    if size < expected:
        raise TemporaryFailure(f"ended after {size:,} of {expected:,} bytes")
    return start == 0


def cannot_continue(part: PartialFile, reason: str) -> TemporaryFailure:
    """Delete the bytes of `part` and return the failure to raise, so that the next attempt starts from 0."""
    part.discard()
    return TemporaryFailure(f"{reason}: the bytes on disk cannot be continued and were deleted", wait=0)


def document(client: Client, url: str) -> bytes:
    """Download a small document into memory, or raise `TemporaryFailure` or `HostRefused`."""
    with _response(client, url, {}) as response:
        _require_file(response, {200})
        return b"".join(_blocks(response))


def raise_if_busy(response: requests.Response, policy: RetryPolicy) -> None:
    """Raise `TemporaryFailure` if the server is busy, `HostRefused` if it asks for a pause longer than allowed."""
    if response.status_code < 500 and response.status_code not in (408, 429):
        return
    try:
        seconds = _RETRY_AFTER.get_retry_after(response.raw)
    except (urllib3.exceptions.InvalidHeader, ValueError):
        seconds = None
    if seconds is not None and seconds > policy.longest_wait:
        asked = f"{_status(response)}, asks to wait {seconds:.0f} s"
        raise HostRefused(f"{asked}; at most {policy.longest_wait:g} s are allowed")
    raise TemporaryFailure(_status(response), wait=seconds)


@contextmanager
def translated_errors(policy: RetryPolicy) -> Iterator[None]:
    """Turn the errors of requests and urllib3 in the block into `TemporaryFailure` or `HostRefused`."""
    try:
        yield
    except requests.exceptions.ConnectTimeout:
        raise TemporaryFailure(f"no connection within {policy.timeouts[0]:g} s") from None
    except (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError):
        raise TemporaryFailure(f"no byte came for {policy.timeouts[1]:g} s") from None
    except requests.exceptions.SSLError as error:
        text = f"no trusted connection ({_reason(error)}); REQUESTS_CA_BUNDLE names other authorities"
        raise HostRefused(text) from None
    except requests.exceptions.ConnectionError as error:
        raise TemporaryFailure(f"no connection ({_reason(error)})") from None
    except urllib3.exceptions.HTTPError:
        raise TemporaryFailure("the connection broke off") from None
    except requests.exceptions.HTTPError as error:
        # From raise_for_status, which gdown calls.
        if error.response is None:
            raise
        raise_if_busy(error.response, policy)
        raise HostRefused(_status(error.response)) from None
    except requests.exceptions.RequestException as error:
        raise HostRefused(f"{type(error).__name__}: {error}") from None


@contextmanager
def _response(client: Client, url: str, headers: dict[str, str]) -> Iterator[requests.Response]:
    """Yield the response of a server that is not busy, its body unread."""
    # Without compression, so that the bytes are those of the file.
    headers = {"Accept-Encoding": "identity", **headers}
    with (
        translated_errors(client.policy),
        client.session.get(url, headers=headers, stream=True, timeout=client.policy.timeouts) as response,
    ):
        raise_if_busy(response, client.policy)
        yield response


def _blocks(response: requests.Response) -> Iterator[bytes]:
    """Yield the body as it arrives, not decoded: some servers label a .gz file as an encoding."""
    # read1 returns the bytes of one receive; read waits for a full block, and loses it if the connection breaks.
    while block := response.raw.read1(_BLOCK, decode_content=False):
        yield block


def _require_file(response: requests.Response, statuses: set[int]) -> None:
    if response.status_code not in statuses:
        raise HostRefused(_status(response))
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        raise HostRefused(f"{response.status_code} with an HTML page instead of the file")


def _status(response: requests.Response) -> str:
    return f"{response.status_code} {response.reason}"


def _reason(error: requests.exceptions.RequestException) -> str:
    """Return the text of the innermost cause, which urllib3 wraps several times."""
    cause: object = error.args[0] if error.args else error
    cause = getattr(cause, "reason", None) or cause
    if isinstance(cause, urllib3.exceptions.ProtocolError):
        cause = cause.args[-1]
    return str(cause).rpartition(": ")[2]
