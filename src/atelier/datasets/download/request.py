"""One HTTP request, with whatever a server may answer turned into bytes, a passing trouble or a refusal."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
import urllib3

from atelier.datasets.transfer.display import Display
from atelier.datasets.transfer.part import Part
from atelier.datasets.transfer.remote import RemoteFile
from atelier.datasets.transfer.retry import Passing, Patience, Refused

_BLOCK = 1 << 16
_PASSING_STATUS = {408, 429}
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


def address(url: str) -> str:
    """A URL as it may be shown and kept: without a password or a signature.

    >>> address("https://me:secret@host.org:8443/a/b.gz?token=1")
    'https://host.org:8443/a/b.gz'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def fill(session: requests.Session, url: str, file: RemoteFile, part: Part, patience: Patience, show: Display) -> bool:
    """Ask once for what is missing of `part` and append it; the bytes still have to be verified.

    Returns:
        Whether all the bytes came with this one answer, so that the host alone answers for them.

    Raises:
        Passing: the connection failed or broke off, the server is busy, or the part cannot be continued and is gone.
        Refused: the host has another file, or none.
        OSError: the part cannot be written.
    """
    start = part.size
    if start and (start == file.bytes or (file.bytes is None and part.verified())):
        return False
    headers = {"Range": f"bytes={start}-"} if start else {}
    known_etag = part.etag(address(url)) if start else None
    if known_etag:
        headers["If-Range"] = known_etag
    with _answer(session, url, headers, patience) as response:
        if start and response.status_code == 416:
            part.discard()
            raise Passing("416: the bytes that are here cannot be continued, they are dropped", wait=0)
        continues = bool(start) and response.status_code == 206
        if not (continues or response.status_code == 200):
            raise Refused(f"{response.status_code} {response.reason}")
        _refuse_page(response)
        etag = _strong_etag(response)
        if continues:
            announced = _require_continuation(response, start, file, part, known_etag)
        else:
            start = 0
            announced = response.headers.get("Content-Length")
            _require_length(announced, file)
        expected = file.bytes
        if expected is None and announced is not None and announced.isdecimal():
            expected = int(announced)
        _append(response, url, expected, part, start, etag, show)
    return start == 0


def document(session: requests.Session, url: str, limit: int, patience: Patience) -> bytes:
    """A small document, whole; raises `Passing` or `Refused`, the latter also above `limit` bytes."""
    with _answer(session, url, {}, patience) as response:
        if response.status_code != 200:
            raise Refused(f"{response.status_code} {response.reason}")
        _refuse_page(response)
        body = b""
        while block := response.raw.read1(_BLOCK, decode_content=False):
            body += block
            if len(body) > limit:
                raise Refused(f"more than {limit} bytes, which is no document of this kind")
        return body


@contextmanager
def _answer(
    session: requests.Session, url: str, headers: dict[str, str], patience: Patience
) -> Iterator[requests.Response]:
    """The server's answer, its body unread, once it is clear that trying again would not better it."""
    # A file's own bytes are wanted, so nothing may be packed on the way; a server that labels a .gz file as
    # an encoded one is harmless, because the body is read raw.
    headers = {"Accept-Encoding": "identity", **headers}
    with (
        told_apart(patience),
        session.get(url, headers=headers, stream=True, timeout=(patience.connect, patience.read)) as response,
    ):
        raise_if_busy(response, patience)
        yield response


def raise_if_busy(response: requests.Response, patience: Patience) -> None:
    """Raise `Passing` if the server says that it cannot answer now."""
    if response.status_code >= 500 or response.status_code in _PASSING_STATUS:
        status = f"{response.status_code} {response.reason}"
        raise Passing(status, wait=_retry_after(response, status, patience))


@contextmanager
def told_apart(patience: Patience) -> Iterator[None]:
    """The block in which requests' errors become `Passing` or `Refused`."""
    try:
        yield
    except requests.exceptions.ConnectTimeout:
        raise Passing(f"no connection within {patience.connect:g} s") from None
    except (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError):
        raise Passing(f"no byte came for {patience.read:g} s") from None
    except requests.exceptions.SSLError as error:
        text = f"no trusted connection ({_reason(error)}); REQUESTS_CA_BUNDLE names other authorities"
        raise Refused(text) from None
    except requests.exceptions.ConnectionError as error:
        raise Passing(f"no connection ({_reason(error)})") from None
    except urllib3.exceptions.HTTPError:
        raise Passing("the connection broke off") from None
    except requests.exceptions.RequestException as error:
        raise Refused(f"{type(error).__name__}: {error}") from None


def _reason(error: requests.exceptions.RequestException) -> str:
    """The innermost cause, in the words of the system: urllib3 wraps it several times."""
    cause: object = error.args[0] if error.args else error
    cause = getattr(cause, "reason", None) or cause
    if isinstance(cause, urllib3.exceptions.ProtocolError):
        cause = cause.args[-1]
    return str(cause).rpartition(": ")[2]


def _retry_after(response: requests.Response, status: str, patience: Patience) -> float | None:
    """The pause that the server asks for; more than `patience` grants is a refusal."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        seconds = float(value)
    elif value:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        # A date that claims no zone ("-0000") comes without one; HTTP's dates are all in GMT.
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = max(0.0, (moment - datetime.now(UTC)).total_seconds())
    else:
        return None
    if seconds > patience.longest_wait:
        raise Refused(f"{status}, asks to wait {seconds:.0f} s; at most {patience.longest_wait:g} s is waited")
    return seconds


def _refuse_page(response: requests.Response) -> None:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        raise Refused(f"{response.status_code} with an HTML page instead of the file")


def _strong_etag(response: requests.Response) -> str | None:
    """The ETag if it promises equal bytes: ``If-Range`` takes no weak one (RFC 9110, 13.1.5)."""
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else None


def _require_length(length: str | None, file: RemoteFile) -> None:
    if file.bytes is not None and length is not None and length.isdecimal() and int(length) != file.bytes:
        raise Refused(f"a file of {int(length):,} bytes, expected are {file.bytes:,}")


def _require_continuation(
    response: requests.Response, start: int, file: RemoteFile, part: Part, known_etag: str | None
) -> str | None:
    """Check that a 206 goes on where the part ends, in the same file, and return the length it says of the whole."""
    span = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if span and span[2] != "*":
        _require_length(span[2], file)
    etag = _strong_etag(response)
    if not span or int(span[1]) != start or (known_etag and etag and etag != known_etag):
        part.discard()
        raise Passing("206 with other bytes than were asked for, those that are here are dropped", wait=0)
    return span[2]


def _append(
    response: requests.Response,
    url: str,
    expected: int | None,
    part: Part,
    start: int,
    etag: str | None,
    show: Display,
) -> None:
    size = start
    with part.open(address(url), etag, restart=start == 0) as target:
        # read1 hands over what one receive brought; read would hold it back until a whole block is there,
        # and lose it when the connection breaks.
        while block := response.raw.read1(_BLOCK, decode_content=False):
            size += len(block)
            if expected is not None and size > expected:
                break
            target.write(block)
            target.flush()
            show.position(size)
    if expected is None:
        return
    if size > expected:
        part.discard()
        raise Refused(f"more than the {expected:,} bytes expected")
    if size < expected:
        raise Passing(f"ended after {size:,} of {expected:,} bytes")
