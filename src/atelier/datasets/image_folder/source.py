"""Pictures of a person's own in `data/raw/NAME`: any formats and sizes, in any depth, or in one archive."""

from pathlib import Path

from atelier.core.spec import Spec
from atelier.datasets.formats.pictures.params import Prepare
from atelier.datasets.formats.pictures.prepare import prepare_pictures


def prepare(name: str, raw: Path, out: Path, params: Prepare, source: str) -> Spec:
    """Turn the pictures into arrays, `spec.json` and pictures of the report; see `prepare_pictures`."""
    return prepare_pictures(name, raw, out, params, source)
