"""The record ``source.json`` in a raw folder: the source, lengths and checksums of its files."""

from pathlib import Path

from atelier.core import files

RECORD = "source.json"
OWN = "own"
_SOURCES = ("embedded", "upstream", "mirror")


def write(folder: Path, dataset: str, source: str) -> None:
    """Write the record of the files in `folder`, without times and URLs: equal files give equal bytes."""
    paths = sorted(path for path in folder.iterdir() if path.name != RECORD)
    listed = {path.name: {"bytes": path.stat().st_size, "sha256": files.sha256(path)} for path in paths}
    files.write_json(folder / RECORD, {"dataset": dataset, "source": source, "files": listed})


def recorded_source(folder: Path) -> str:
    """Return the source of the raw files in `folder`: ``embedded``, ``upstream``, ``mirror``, or ``own``.

    ``own`` means that there is no record: a person added the files, for example with ``dvc add``.
    """
    path = folder / RECORD
    if not path.exists():
        return OWN
    record = files.read_json(path)
    source = record.get("source") if isinstance(record, dict) else None
    if source not in _SOURCES:
        raise ValueError(f"{path}: source: got {source!r:.60}; allowed is one of: {', '.join(_SOURCES)}")
    return str(source)
