"""One file from the first of its hosts that gives it whole."""

import time
from pathlib import Path

import requests

from atelier.datasets.transfer import drive
from atelier.datasets.transfer.display import Display
from atelier.datasets.transfer.part import Part
from atelier.datasets.transfer.remote import RemoteFile
from atelier.datasets.transfer.request import address, fill
from atelier.datasets.transfer.retry import Patience, Refused, persist

WAYS_OUT = (
    "Three ways out: run it again (what has come is kept and continued); "
    "point ATELIER_MIRROR at a mirror that has it and set `source: mirror`; "
    "or set `source: embedded` for the offline twin."
)


class DownloadError(ValueError):
    """No host gave a file.

    Args:
        dataset: whose file it is.
        file: the file.
        answers: for each host asked, its address and what it answered.
        place: where the file is looked for before a host is asked.
    """

    def __init__(self, dataset: str, file: RemoteFile, answers: list[str], place: Path) -> None:
        head, told = f"{dataset}/{file.name} could not be downloaded.", [f"  {answer}" for answer in answers]
        by_hand = f"A file that you got elsewhere is taken from {place} if its {file.word} is {file.digest}."
        super().__init__("\n".join([head, *told, WAYS_OUT, by_hand]))


def download(
    session: requests.Session, dataset: str, file: RemoteFile, folder: Path, patience: Patience, show: Display
) -> None:
    """Put a verified `file` into `folder`, continuing what an earlier run left there.

    The hosts are asked in order; another one is asked only when one has failed, and never another source.

    Raises:
        DownloadError: no host gave the pinned bytes.
        OSError: `folder` cannot be written.
    """
    whole = folder / file.name
    if file.is_at(whole):
        show.kept(file.name, whole.stat().st_size)
        return
    part = Part(folder, file)
    answers = []
    with show.file(file.name, file.bytes, part.inherited):
        for url in file.urls:
            begun = time.monotonic()
            try:
                _from_host(session, url, file, part, patience, show)
            except Refused as refusal:
                answers.append(f"{address(url)}: {refusal}")
                show.note(f"{file.name}: {answers[-1]}")
                continue
            part.finish()
            continued = f", continued after {part.inherited:,} bytes" if part.inherited else ""
            origin = f"from {address(url)} in {time.monotonic() - begun:.1f} s{continued}"
            size = whole.stat().st_size
            show.position(size)
            show.arrived(file.name, size, origin)
            return
    raise DownloadError(dataset, file, answers or ["it has no address: only a mirror holds it"], whole)


def _from_host(
    session: requests.Session, url: str, file: RemoteFile, part: Part, patience: Patience, show: Display
) -> None:
    """Bring `part` to the pinned bytes from one host, or raise `Refused`."""

    def attempt() -> bool:
        if drive.serves(url):
            return drive.fill(url, part, patience, show)
        return fill(session, url, file, part, patience, show)

    # Wrong bytes that were put together from several answers may be nobody's fault, so they are fetched anew
    # once; wrong bytes in one piece are this host's file.
    for chance in ("pieces", "anew"):
        in_one_piece = persist(
            attempt,
            patience,
            lambda trouble: show.note(f"{file.name}: {address(url)}: {trouble}"),
            lambda: part.size,
        )
        if part.verified():
            return
        part.discard()
        if in_one_piece or chance == "anew":
            break
        show.note(f"{file.name}: the pieces do not make up the pinned file; it is fetched anew")
    raise Refused(f"wrong bytes: their {file.word} is not {file.digest}")
