"""One file from Google Drive, by gdown, which knows its pages; whether the bytes are right is for others to say."""

from pathlib import Path
from urllib.parse import urlsplit

import requests

from atelier.datasets.transfer.display import Display
from atelier.datasets.transfer.part import Part
from atelier.datasets.transfer.request import address, raise_if_busy, told_apart
from atelier.datasets.transfer.retry import Passing, Patience, Refused

_HOST = "drive.google.com"


def serves(url: str) -> bool:
    """Whether `url` is a file on Google Drive.

    >>> serves("https://drive.google.com/file/d/0B7EVK8r0v71pZjFTYXZWM3FlRnM/view")
    True
    """
    return urlsplit(url).hostname == _HOST


def fill(url: str, part: Part, patience: Patience, show: Display) -> bool:
    """Ask once for what is missing of `part` and append it; the bytes still have to be verified.

    Returns:
        Whether all the bytes came with this one answer.

    Raises:
        Passing: the connection failed or broke off, Drive is busy, or the part could not be continued and is gone.
        Refused: Drive gave a page instead of the file: its quota is used up, or the file is gone.
        OSError: the part cannot be written.
    """
    # A third of a second that those who never ask Drive need not spend.
    import gdown
    from gdown.exceptions import DownloadError, FileURLRetrievalError

    start = part.size
    if start and part.verified():
        return False
    try:
        with told_apart(patience), part.lent(address(url)):
            try:
                gdown.download(
                    url,
                    str(part.path),
                    quiet=True,
                    use_cookies=False,
                    resume=True,
                    progress=lambda size, total: show.position(size),
                    timeout=(patience.connect, patience.read),
                )
            except requests.exceptions.HTTPError as error:
                if error.response is None:
                    raise
                raise_if_busy(error.response, patience)
                raise Refused(f"{error.response.status_code} {error.response.reason}") from None
            except KeyError as error:
                # gdown looks into headers that an answer need not have.
                raise Refused(f"an answer without {error}") from None
            except FileURLRetrievalError as error:
                raise Refused(_page(_said(error))) from None
    except DownloadError as error:
        # Broken off, which more bytes mend; or the bytes cannot be continued, which only fewer do.
        if start and part.size <= start:
            part.discard()
            raise Passing("the bytes that are here cannot be continued, they are dropped", wait=0) from None
        raise Passing(str(error).partition("\n")[0].rstrip(".")) from None
    if _is_html(part.path):
        part.discard()
        raise Refused(_page("a page under the name of the file"))
    return start == 0


def _page(said: str) -> str:
    return f"Google Drive gave no file but a page ({said}); a quota that is used up is free again within a day"


def _said(error: Exception) -> str:
    """What stands on the page, without what gdown says around it."""
    lines = [line.strip() for line in str(error).splitlines() if line.startswith("\t")]
    return " ".join(line for line in lines if not line.startswith("https://")) or str(error)


def _is_html(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(512).lstrip().lower().startswith((b"<!doctype html", b"<html"))
