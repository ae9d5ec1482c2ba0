"""Download one file from Google Drive with gdown, which handles Drive's confirmation and quota pages."""

from urllib.parse import urlsplit

from atelier.datasets.download.partial import PartialFile
from atelier.datasets.download.request import Client, cannot_continue, public_url, translated_errors
from atelier.datasets.download.retry import HostRefused, TemporaryFailure


def serves(url: str) -> bool:
    """Return whether `url` is a file on Google Drive.

    >>> serves("https://drive.google.com/file/d/0B7EVK8r0v71pZjFTYXZWM3FlRnM/view")
    True
    """
    return urlsplit(url).hostname == "drive.google.com"


def fill(client: Client, url: str, part: PartialFile) -> bool:
    """Request the missing bytes of `part` once and append them; see `request.fill`.

    Raises `HostRefused` also if Drive sends a page instead: its quota is used up, or the file was removed.
    """
    # Imported here because it takes a third of a second, and only files on Drive need it.
    import gdown
    from gdown.exceptions import DownloadError, FileURLRetrievalError

    if part.is_complete():
        return False
    start = part.size
    try:
        with translated_errors(client.policy), part.renamed_for_gdown(public_url(url)):
            options = {"quiet": True, "use_cookies": False, "resume": True, "timeout": client.policy.timeouts}
            gdown.download(url, str(part.path), progress=lambda size, _: client.display.position(size), **options)
    except KeyError as error:
        # gdown reads headers that a response may lack.
        raise HostRefused(f"a response without {error}") from None
    except FileURLRetrievalError as error:
        # gdown indents the text of the page, and adds the URL.
        lines = [line.strip() for line in str(error).splitlines() if line.startswith("\t")]
        text = " ".join(line for line in lines if not line.startswith("https://"))
        raise _page_refused(text or str(error)) from None
    except DownloadError as error:
        if start and part.size <= start:
            raise cannot_continue(part, "no continuation") from None
        raise TemporaryFailure(str(error).partition("\n")[0].rstrip(".")) from None
    with part.path.open("rb") as file:
        head = file.read(512).lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html")):
        part.discard()
        raise _page_refused("a page under the name of the file")
    return start == 0


def _page_refused(text: str) -> HostRefused:
    return HostRefused(
        f"Google Drive sent a page instead of the file ({text}); a quota that is used up is restored within a day"
    )
