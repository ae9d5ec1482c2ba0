"""How a language model's texts grow while it learns: the same seed after each of some epochs, kept as a table."""

from pathlib import Path
from typing import Any

from atelier.core import files
from atelier.core.params.text import UNFILTERED
from atelier.core.text import TOKENIZER, Tokenizer
from atelier.pipeline.generation.text import Request, told, writer
from atelier.pipeline.networks import Network
from atelier.pipeline.prepared import Prepared


def take(network: Network, prepared: Prepared, params: Any, stem: Path) -> None:
    """Write a text at each of the preview's temperatures to ``<stem>.json``: a row for the table of `write`.

    Args:
        params: a family's train section (`preview_prompt`, `preview_temperatures`, `preview_tokens`, `seed`).
    """
    tokenizer = Tokenizer(prepared.directory / TOKENIZER)
    prompt = tuple(tokenizer.encode(params.preview_prompt))
    requests = [Request(prompt, params.seed, temperature, UNFILTERED) for temperature in params.preview_temperatures]
    texts = writer(network.model, len(requests), params.preview_tokens).write(requests)
    row = {"temperatures": list(params.preview_temperatures), "cells": [told(text, tokenizer) for text in texts]}
    files.write_json(stem.with_suffix(".json"), row)


def write(source: Path, out: Path, kept: str) -> None:
    """Gather the previews in `source` into one table in `out`, an epoch a row and a temperature a column.

    Args:
        kept: which epoch was kept, for the caption.
    """
    rows = {
        int(path.stem.removeprefix("epoch-")): files.read_json(path) for path in sorted(source.glob("epoch-*.json"))
    }
    (temperatures, *_) = (row["temperatures"] for row in rows.values())
    table = {
        "columns": [f"temperature {temperature:g}" for temperature in temperatures],
        "rows": [{"name": f"epoch {epoch}", "cells": row["cells"]} for epoch, row in rows.items()],
    }
    caption = f"The same prompt and draws after each of some epochs, no token ruled out; {kept}"
    with files.atomic_directory(out) as directory:
        files.write_json(directory / "growth.json", table)
        exhibit = {"file": "growth.json", "title": "How the text grew", "caption": caption}
        files.write_json(directory / "pictures.json", [exhibit])
