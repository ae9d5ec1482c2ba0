"""Download one file from the first of its hosts that serves the pinned bytes."""

import time
from pathlib import Path

from atelier.datasets.download import drive, request
from atelier.datasets.download.partial import PartialFile
from atelier.datasets.download.remote import RemoteFile
from atelier.datasets.download.request import Client, public_url
from atelier.datasets.download.retry import HostRefused


class DownloadError(ValueError):
    """No host served a file; `answers` are the URL and the error of each host."""

    def __init__(self, dataset: str, file: RemoteFile, answers: list[str], place: Path) -> None:
        ways_out = (
            "What you can do: run it again (it continues from the bytes on disk); "
            f"set `downloads.{dataset}.source: mirror` and ATELIER_MIRROR to a mirror that has the file; "
            f"or set `downloads.{dataset}.source: embedded` for the offline twin."
        )
        by_hand = f"A file from elsewhere is used if you put it at {place} and it has {file.checksum}."
        head = f"{dataset}/{file.name} could not be downloaded."
        super().__init__("\n".join([head, *(f"  {answer}" for answer in answers), ways_out, by_hand]))


def download(client: Client, dataset: str, file: RemoteFile, folder: Path) -> None:
    """Put the verified `file` into `folder`, continuing from the bytes that an earlier run left there.

    Raises `DownloadError` if no host served the pinned bytes; the hosts are tried in order.
    """
    part = PartialFile(folder, file)
    answers = []
    with client.display.file(file.name, file.bytes, part.resumed):
        for url in file.urls:
            start = time.monotonic()
            try:
                _download_from(client, url, part)
            except HostRefused as refusal:
                answers.append(f"{public_url(url)}: {refusal}")
                client.display.note(f"{file.name}: {answers[-1]}")
                continue
            continued = f", continued after {part.resumed:,} bytes" if part.resumed else ""
            origin = f"from {public_url(url)} in {time.monotonic() - start:.1f} s{continued}"
            client.display.complete(file.name, part.finish().stat().st_size, origin)
            return
    raise DownloadError(dataset, file, answers or ["it has no URL: only a mirror has it"], folder / file.name)


def _download_from(client: Client, url: str, part: PartialFile) -> None:
    """Download the pinned bytes to `part` from one host, or raise `HostRefused`."""
    file = part.file
    fill = drive.fill if drive.serves(url) else request.fill

    def note(text: str) -> None:
        client.display.note(f"{file.name}: {public_url(url)}: {text}")

    # Wrong bytes from several responses may mix two versions of the file: download them again, once.
    # Wrong bytes from one response: this host has another file.
    for is_last in (False, True):
        from_one_response = client.policy.run(lambda: fill(client, url, part), note, lambda: part.size)
        if part.is_verified():
            return
        part.discard()
        if from_one_response or is_last:
            raise HostRefused(f"wrong bytes: expected is {file.checksum}")
        note("the continued file is not the pinned one; it is downloaded again from the start")
