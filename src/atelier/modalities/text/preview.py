"""Texts with the same seed after several epochs of a training."""

from pathlib import Path
from typing import Any

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.core.text import TOKENIZER, Tokenizer
from atelier.modalities.text.generate import Prompt, tokens_with_surprisal, writer
from atelier.modalities.text.params import UNFILTERED
from atelier.networks.network import Network


def take(network: Network, prepared: Prepared, params: Any, stem: Path) -> None:
    """Write a text at each of `params.preview_temperatures` to ``<stem>.json``: a row for the table of `write`."""
    tokenizer = Tokenizer(prepared.directory / TOKENIZER)
    prompt = Prompt.of(params.preview_prompt, tokenizer)
    requests = [prompt.request(params.seed, temperature, UNFILTERED) for temperature in params.preview_temperatures]
    texts = writer(network.model, len(requests), params.preview_tokens).write(requests)
    cells = [tokens_with_surprisal(text, tokenizer) for text in texts]
    files.write_json(stem.with_suffix(".json"), {"temperatures": list(params.preview_temperatures), "cells": cells})


def write(source: Path, out: Path, kept: str) -> None:
    """Gather the previews in `source` into one table in `out`, with a row per epoch; `kept` ends its caption."""
    paths = sorted(source.glob("epoch-*.json"))
    rows = {int(path.stem.removeprefix("epoch-")): files.read_record(path, "temperatures", "cells") for path in paths}
    table = {
        "columns": [f"temperature {temperature:g}" for temperature in next(iter(rows.values()))["temperatures"]],
        "rows": [{"name": f"epoch {epoch}", "cells": row["cells"]} for epoch, row in rows.items()],
    }
    caption = f"The same prompt and seed after several epochs, sampled without filters; {kept}"
    with files.atomic_directory(out) as directory:
        files.write_json(directory / "growth.json", table)
        exhibit = {"file": "growth.json", "title": "Text during training", "caption": caption}
        files.write_json(directory / "pictures.json", [exhibit])
