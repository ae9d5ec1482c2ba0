"""Where a dataset came from, as a badge: nobody shall take drawn digits for MNIST."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Origin(NamedTuple):
    """The source of a dataset as a short and a full text; `real` if its files are those of the dataset's authors."""

    short: str
    text: str
    real: bool


def origin(spec: Mapping[str, Any]) -> Origin:
    """Return the origin that a dataset's `spec.json` names.

    >>> origin({"source": "embedded", "shape": [28, 28, 1]}).text
    'drawn here, not the real files'
    >>> origin({"source": "own"}).short
    'own files'
    """
    match spec.get("source"):
        case "embedded":
            made = "drawn here" if spec.get("shape") else "written here"
            return Origin(made, f"{made}, not the real files", real=False)
        case "upstream":
            return Origin("real files", "the real files, from their authors", real=True)
        case "mirror":
            return Origin("from a mirror", "files of a mirror, which may differ from the real ones", real=False)
        case "own":
            return Origin("own files", "own files, added by hand", real=False)
        case other:
            return Origin(f"source {other}", f"from a source that the report does not know: {other}", real=False)
