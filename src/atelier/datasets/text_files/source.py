"""Texts of a person's own in `data/raw/NAME`: `.txt` files in any depth, CSV or JSONL tables, or an archive of them."""

from pathlib import Path

from atelier.core.spec import Spec
from atelier.datasets.formats.texts.params import Prepare
from atelier.datasets.formats.texts.prepare import prepare_texts


def prepare(name: str, raw: Path, out: Path, params: Prepare, source: str) -> Spec:
    """Turn the texts into tokens, a tokenizer, `spec.json` and pictures of the report; see `prepare_texts`."""
    return prepare_texts(name, raw, out, params, source)
