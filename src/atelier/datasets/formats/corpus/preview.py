"""Draw a dataset of texts for the report: the distribution of their lengths, and the tokens of a few of them."""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from atelier.core import files, pictures
from atelier.core.spec import Spec
from atelier.core.text import Corpus, Tokenizer

_SCALE = 2  # for high-resolution screens
_WIDTH, _HEIGHT, _BINS = 620, 220, 62
_LEFT, _TOP, _BOTTOM, _RIGHT = 44, 34, 40, 24
_COLOURS = ((46, 95, 138), (222, 143, 62), (120, 160, 110))
_INK, _RULE, _FAINT = (40, 40, 40), (225, 225, 225), (206, 220, 232)
_LONGEST = 99  # percentile at the end of the axis
_TOKENS = 90  # shown of a text
_COUNTED = ("no", "one", "two", "three", "four")


def write(
    folder: Path, spec: Spec, packed: Mapping[str, Corpus], shown: Mapping[str, str], tokenizer: Tokenizer, noun: str
) -> None:
    """Write `lengths.png`, `<noun>s.csv` and their captions to a prepared dataset.

    Args:
        folder: the prepared dataset.
        spec: its Spec.
        packed: its splits, train first.
        shown: a text for each title.
        tokenizer: that of the dataset.
        noun: what a text is called.
    """
    lengths = {split: corpus.sizes[:, 1] for split, corpus in packed.items()}
    pictures.write_png(folder / "lengths.png", chart(lengths, noun))
    with (folder / f"{noun}s.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["", f"The {noun}", "Its tokens"])
        for title, text in shown.items():
            tokens = tokenizer.encode(text)
            spelled = "".join(tokenizer.pieces(tokens[:_TOKENS])).strip()
            # Tokens of words have no punctuation: cut the text at the same length.
            cut = text if len(tokens) <= _TOKENS else text[: max(len(spelled), 1)].rsplit(" ", 1)[0] + " …"
            ending = " …" if len(tokens) > _TOKENS else ""
            rows.writerow([title, cut, separated(tokenizer, tokens[:_TOKENS]) + ending])
    sizes = ", ".join(f"{count:,} {split}" for split, count in spec.sizes.items())
    twin = " Written by Atelier's own grammar: the offline twin." if spec.source == "embedded" else ""
    median, p95 = (spec.statistics[key] for key in ("words_median", "words_p95"))
    captions = [
        {
            "file": "lengths.png",
            "title": "The data",
            "caption": f"The lengths of the {noun}s ({sizes}). In train, the median is {median:,.0f} words and the "
            f"95th percentile {p95:,.0f}; the last bar counts all longer {noun}s.{twin}",
        },
        {
            "file": f"{noun}s.csv",
            "title": "From text to tokens",
            "caption": f"The beginning of {_COUNTED[len(shown)]} training {noun}{'s' if len(shown) > 1 else ''} and "
            f"its tokens, from a vocabulary of {spec.vocabulary:,}; {spec.statistics['oov_rate_test']:.2%} of the "
            "tokens of test are unknown.",
        },
    ]
    files.write_json(folder / "pictures.json", captions)


def separated(tokenizer: Tokenizer, tokens: list[int]) -> str:
    """Join tokens with a space between words and a bar within words."""
    return "".join(
        piece if index == 0 or piece.startswith(" ") or not piece else f"|{piece}"
        for index, piece in enumerate(tokenizer.pieces(tokens))
    ).strip()


def chart(lengths: Mapping[str, np.ndarray], noun: str) -> Image.Image:
    """Draw a histogram of the lengths in words for each split: bars for the first split, lines for the others."""
    first = next(iter(lengths.values()))
    step = max(1, int(np.ceil((np.percentile(first, _LONGEST) + 1) / _BINS)))
    edges = np.arange(_BINS + 1) * step
    shares = {
        split: np.histogram(np.minimum(values, edges[-1] - 1), edges)[0] / max(len(values), 1)
        for split, values in lengths.items()
    }
    highest = max(share.max() for share in shares.values())
    font, small = (ImageFont.load_default(size=size * _SCALE) for size in (11, 10))
    size = ((_LEFT + _WIDTH + _RIGHT) * _SCALE, (_TOP + _HEIGHT + _BOTTOM) * _SCALE)
    picture = Image.new("RGB", size, (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    left, bottom = _LEFT * _SCALE, (_TOP + _HEIGHT) * _SCALE
    width = _WIDTH * _SCALE // _BINS

    def height(share: float) -> int:
        return bottom - round(share / highest * _HEIGHT * _SCALE)

    for tick in _ticks(highest):
        draw.line((left, height(tick), left + width * _BINS, height(tick)), fill=_RULE, width=_SCALE)
        draw.text((left - 6 * _SCALE, height(tick)), f"{100 * tick:g} %", fill=_INK, font=small, anchor="rm")
    for tick in _ticks(float(edges[-1])):
        x = left + round(tick / step * width)
        draw.line((x, bottom, x, bottom + 4 * _SCALE), fill=_INK, width=_SCALE)
        draw.text((x, bottom + 6 * _SCALE), f"{tick:,.0f}", fill=_INK, font=small, anchor="mt")
    draw.text((left + width * _BINS, bottom + 24 * _SCALE), f"words in a {noun}", fill=_INK, font=font, anchor="rt")
    x = left
    for index, (split, share) in enumerate(shares.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        if index == 0:
            for place, value in enumerate(share):
                bar = (left + place * width, height(value), left + (place + 1) * width - _SCALE, bottom)
                draw.rectangle(bar, fill=_FAINT)
        else:
            points = [(left + (place + i) * width, height(v)) for place, v in enumerate(share) for i in (0, 1)]
            draw.line(points, fill=colour, width=_SCALE)
        draw.rectangle((x, 9 * _SCALE, x + 10 * _SCALE, 18 * _SCALE), fill=_FAINT if index == 0 else colour)
        draw.text((x + 15 * _SCALE, 14 * _SCALE), split, fill=_INK, font=font, anchor="lm")
        x += round(font.getlength(split)) + 34 * _SCALE
    draw.line((left, bottom, left + width * _BINS, bottom), fill=_INK, width=_SCALE)
    return picture


def _ticks(end: float) -> list[float]:
    """Return three to seven round numbers from 0 to at most `end`.

    >>> _ticks(0.07), _ticks(950)
    ([0.0, 0.02, 0.04, 0.06], [0.0, 200.0, 400.0, 600.0, 800.0])
    """
    scale = 10.0 ** np.floor(np.log10(end))
    step = next(scale * part for part in (0.1, 0.2, 0.5, 1.0, 2.0) if end / (scale * part) < 7)
    return [round(float(index * step), 10) for index in range(int(end / step) + 1)]
