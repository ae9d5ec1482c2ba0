"""What every family of text shows: texts side by side, coloured by how much each token surprised the model."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from atelier.core import files
from atelier.core.text import Tokenizer
from atelier.pipeline.generation.text import Text, told

Exhibit = dict[str, str]


def table(texts: Mapping[float, Sequence[Text]], tokenizer: Tokenizer, title: str, caption: str, path: Path) -> Exhibit:
    """Write texts as a table, a temperature a column, and say what it is.

    Args:
        texts: for each temperature as many texts as the table has rows.
    """
    rows = [{"name": "", "cells": [told(text, tokenizer) for text in row]} for row in zip(*texts.values(), strict=True)]
    columns = [f"temperature {temperature:g}" for temperature in texts]
    files.write_json(path, {"columns": columns, "rows": rows})
    return {"file": path.name, "title": title, "caption": caption}
