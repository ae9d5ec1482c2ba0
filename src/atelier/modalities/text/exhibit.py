"""Tables of texts, coloured by the surprisal of each token."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from atelier.core import files
from atelier.core.text import Tokenizer
from atelier.modalities.text.generate import Text, tokens_with_surprisal

Exhibit = dict[str, str]


def table(texts: Mapping[float, Sequence[Text]], tokenizer: Tokenizer, title: str, caption: str, path: Path) -> Exhibit:
    """Write texts as a table with one column per temperature, and return its entry for `pictures.json`."""
    rows = [
        {"name": "", "cells": [tokens_with_surprisal(text, tokenizer) for text in row]}
        for row in zip(*texts.values(), strict=True)
    ]
    columns = [f"temperature {temperature:g}" for temperature in texts]
    files.write_json(path, {"columns": columns, "rows": rows})
    return {"file": path.name, "title": title, "caption": caption}
