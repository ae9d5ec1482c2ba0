"""The model card of an export (Mitchell et al., 2019, arXiv:1810.03993), as Markdown.

It says only what is recorded or was measured.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from atelier.core.spec import Spec
from atelier.exporting.written import Exported
from atelier.report import loading, scores
from atelier.report.gauge import Gauge
from atelier.report.numbers import number, plain
from atelier.report.origins import origin


@dataclass(frozen=True)
class Card:
    """What a model card says.

    Attributes:
        named: the run as the person named it, such as ``mnist-vae@v1.2.0``.
        commit: the commit whose `dvc.lock` names the weights; empty if there is none.
        config, precision: what the network was built from.
        train: the parameters that trained it; empty if they are not recorded.
        metrics: scores of these weights; empty if `unscored` says why there are none.
        gauge: what real and damaged data score.
        unjudged: why the gauge is empty, if it could not be read.
        form: the format.
    """

    named: str
    family: str
    spec: Spec
    commit: str
    config: Mapping[str, Any]
    precision: str
    train: Mapping[str, Any]
    metrics: Mapping[str, float]
    unscored: str
    gauge: Gauge
    unjudged: str
    form: str
    exported: Sequence[Exported]


def markdown(card: Card) -> str:
    """Return the text of the card."""
    code = loading.code(card.form, card.exported)
    sections = {
        "Files": _files(card),
        "How to load it": f"In this directory, without the package that trained it:\n\n```python\n{code}\n```",
        "Data": _data(card.spec),
        "Network and training": _network(card),
        "Scores": _scores(card),
        "Compared with the network": _comparison(card),
        "Intended use and limits": _limits(card),
    }
    data = f"`{card.spec.name}` ({origin(asdict(card.spec)).text})"
    commit = f"`{card.commit}`" if card.commit else "none; dvc.lock of the last commit does not have these weights"
    head = (
        f"# {card.named}\n\n"
        f"A network of the family `{card.family}`, trained on {data} and exported as `{card.form}`.\n\n"
        f"Commit: {commit}."
    )
    return "\n\n".join([head, *(f"## {title}\n\n{text}" for title, text in sections.items())]) + "\n"


def _files(card: Card) -> str:
    rows = [
        (
            f"`{part.file}`" if part.file else f"signature `{part.signature}`",
            " and ".join(map(str, part.inputs)),
            " and ".join(map(str, part.outputs)),
            number(part.weights),
        )
        for part in card.exported
    ]
    table = _table(("What", "Input", "Output", "Weights"), rows)
    packages = ["keras", *({"onnx": ["tf2onnx", "onnxruntime"]}.get(card.form, []))]
    notes = [table, f"`n` is any number of examples. Written with {', '.join(f'{p} {version(p)}' for p in packages)}."]
    if any(part.of_pixels for part in card.exported):
        notes.append(
            "Images are uint8 from 0 to 255, height × width × channels; they are scaled inside. A latent `z` of a new "
            "picture is standard normal."
        )
        if any(array.name == "condition" for part in card.exported for array in part.inputs):
            notes.append(
                "`condition` is what a picture is asked to be: 1 for its class, or for each attribute that it should "
                "have, and 0 for the others, in the order of the section Data."
            )
    else:
        notes.append(
            "`tokens` holds texts of equal length that begin with the token [END]; the logits are those of the token "
            f"after the last. At most the last {card.config.get('context')} tokens are read. `tokenizer.json` converts "
            "text to tokens and back (package `tokenizers`)."
        )
    return "\n\n".join(notes)


def _data(spec: Spec) -> str:
    sizes = ", ".join(f"{number(size)} {split}" for split, size in spec.sizes.items())
    facts = [f"- Dataset: `{spec.name}`, {origin(asdict(spec)).text}.", f"- Examples: {sizes}."]
    if spec.label_names:
        facts.append(f"- {'Attributes' if spec.attributes else 'Classes'}: {', '.join(spec.label_names)}.")
    if spec.split_rule:
        facts.append(f"- Splits: {spec.split_rule}.")
    if spec.dropped:
        facts.append(f"- Left out as unusable: {number(len(spec.dropped))}.")
    facts.append(f"- Licence and terms: {_terms(spec)}")
    return "\n".join(facts)


def _terms(spec: Spec) -> str:
    if spec.license:
        return f"{spec.license} These terms hold for the network and for what it draws too."
    if spec.source == "embedded":
        return "the data were made by the code of this project, so no terms of others hold."
    return "spec.json records none; ask the authors of the data before you pass the network on."


def _network(card: Card) -> str:
    rows = [(f"`{key}`", plain(value)) for key, value in {**card.config, "precision": card.precision}.items()]
    text = _table(("Network", ""), rows)
    rest = [(f"`{key}`", plain(value)) for key, value in card.train.items() if key not in (*card.config, "precision")]
    if rest:
        return f"{text}\n\n{_table(('Training', ''), rest)}"
    return f"{text}\n\nThe parameters of the training are not recorded: dvc.lock has other weights."


def _scores(card: Card) -> str:
    if card.unscored:
        return f"None: {card.unscored}."
    rows = []
    for row in scores.rows(dict(card.metrics), None, card.gauge):
        others = {reference.name: reference.value for reference in [*row.gauge, *row.references]}
        floor = others.pop("floor", others.pop("real", ""))
        value = f"{row.value} ± {row.spread}" if row.spread else row.value
        compared = ", ".join(f"{name} {score}" for name, score in others.items())
        meaning = f"{row.term.meaning} {f'In {row.term.unit}. ' if row.term.unit else ''}{row.warning}"
        better = {"neither": ""}.get(row.term.better, row.term.better)
        rows.append((row.term.label, value, better, floor, compared, meaning.strip()))
    head = ("Score", "Value", "Better", "Floor: real data", "Ceiling and others", "Meaning")
    return (
        f"{_table(head, rows)}\n\nMeasured on the test split. The judge is a classifier trained on the same dataset: "
        "scores on its features can be compared with each other, not with FID or with those of another judge."
        + (f" What it scores real and damaged data is missing here: {card.unjudged}." if card.unjudged else "")
    )


def _comparison(card: Card) -> str:
    lines = []
    for part in card.exported:
        same = "" if part.rounding is None else " in float32"
        line = f"- `{part.signature}`, {part.examples} examples: {_distance(part, part.difference)}{same}"
        if part.rounding is not None:
            line += f"; in {card.precision}, as it was trained, the network differs by {_distance(part, part.rounding)}"
        lines.append(f"{line}.")
    return "Largest difference between what was written and the network, measured when it was written:\n\n" + "\n".join(
        lines
    )


def _distance(part: Exported, difference: float) -> str:
    return f"{difference:g} grey levels" if part.of_pixels else f"{difference:.2g} of the largest value"


def _limits(card: Card) -> str:
    spec = card.spec
    made = "pictures" if spec.shape else "texts"
    measured = "the scores above" if card.metrics else "the comparison above"
    lines = [f"- Intended to generate {made} like those of `{spec.name}`, for study and demonstration."]
    lines.append(
        f"- Nothing but {measured} was measured: not how the network does on other data, nor whether its {made} are "
        "fair, harmless or fit for any purpose."
    )
    if spec.source == "embedded":
        lines.append(f"- The data are not the real `{spec.name}`: nothing here says how the network does on those.")
    if any(part.signature == "encode" for part in card.exported):
        height, width, channels = spec.shape
        lines.append(
            f"- Pictures to encode must be {height}×{width} with {channels} channel{'s' if channels > 1 else ''} and "
            "prepared like the training data."
        )
    if spec.license:
        lines.append(f"- {spec.license}")
    return "\n".join(lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
