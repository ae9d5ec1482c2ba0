"""The training of a judge of texts, and its floor and ceilings on real and damaged texts."""

from pathlib import Path

import numpy as np

from atelier.core import files, seeds
from atelier.core.prepared import Prepared
from atelier.core.spec import Spec
from atelier.core.text import END, PAD, TOKENIZER, UNKNOWN, Corpus, Tokenizer, padded
from atelier.metrics.corruption import text as corruption
from atelier.modalities import judge
from atelier.modalities.text import params as schema
from atelier.modalities.text import sentences
from atelier.networks import network as networks
from atelier.training import loop
from atelier.training.batches import Batches
from atelier.training.plan import Plan

SPLITS = ("train", "validation", "test")


def train(prepared: Prepared, params: schema.Judge, code: Path, out: Path, checkpoints: Path) -> None:
    """Train the judge of a dataset; raise `ValueError` if a split lacks the texts or labels that `params` need.

    Only texts with a label are used: a class, or at least two sentences. The validation split chooses the epoch, the
    test split gives the accuracy.
    """
    section = params.train
    corpora = {split: Corpus.read(prepared.directory, split) for split in SPLITS}
    _check(params, corpora, prepared.spec)
    tokenizer = Tokenizer(prepared.directory / TOKENIZER)

    def drop_tokens(batch: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        dropped = (generator.random(batch.shape) < section.token_dropout) & (batch != PAD)
        return np.where(dropped, UNKNOWN, batch)

    batches: Batches
    if params.labels == "shuffled":
        spec = sentences.spec_of(prepared.spec)
        found = {split: sentences.Sentences.read(corpora[split], tokenizer, section.length) for split in SPLITS}
        _require_sentences(found, section, spec.name)
        held_out = {split: found[split].held_out(section.seed) for split in ("validation", "test")}
        batches = sentences.ShuffledBatches(found["train"], section.batch, section.seed, drop_tokens)
    else:
        spec = prepared.spec
        arrays = {split: labelled(corpora[split], section.length, len(spec.classes)) for split in SPLITS}
        held_out = arrays
        batches = Batches(arrays["train"], section.batch, section.seed, augment=drop_tokens)
    network = judge.build("text", spec, section)
    plan = Plan(network.model, batches, loop.held_out(network.model, held_out["validation"]), "val_loss")
    progress = judge.fit(plan, prepared, spec.classes, section, code, checkpoints)
    with files.atomic_directory(out) as directory:
        networks.save(network, directory)
        loop.write_history(directory / "history.csv", progress)
        texts = draws(corpora, params.gauge, spec.vocabulary)
        rows = {name: padded(drawn, section.length) for name, drawn in texts.items()}
        judge.Judge(directory, network).write_gauge(held_out["test"], rows, params.gauge)
        _write_examples(texts, tokenizer, directory)


def labelled(corpus: Corpus, length: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the texts that have one of the classes, int32 ``(n, length)``, and their classes ``(n,)``."""
    known = np.flatnonzero(np.asarray(corpus.labels) < classes)
    return corpus.rows(known, length), np.asarray(corpus.labels)[known]


def draws(corpora: dict[str, Corpus], gauge: schema.Gauge, vocabulary: int) -> dict[str, list[np.ndarray]]:
    """Draw the beginnings of `gauge.samples` texts from the test split and the train split, and damage the latter.

    `shuffled` has the tokens of each text in random order, `unigram` draws each token from the frequencies of tokens.
    """
    texts = {}
    for split in (judge.REAL, judge.FLOOR):
        chosen = seeds.generator(gauge.seed, split).permutation(len(corpora[split]))[: gauge.samples]
        texts[split] = [np.asarray(corpora[split].text(index)[:-1][: gauge.tokens]) for index in chosen]
    counts = np.bincount(corpora["train"].tokens, minlength=vocabulary)
    counts[[PAD, END]] = 0
    return texts | {
        "shuffled": corruption.shuffled(texts["train"], gauge.seed),
        "unigram": corruption.unigram(texts["train"], counts, gauge.seed),
    }


def _write_examples(texts: dict[str, list[np.ndarray]], tokenizer: Tokenizer, directory: Path) -> None:
    lines = [f"{name}\n  {tokenizer.decode(drawn[0][:60])}\n" for name, drawn in texts.items()]
    files.write_text(directory / "gauge.txt", "\n".join(lines))
    caption = "One text of each draw: the test split, the train split (floor), and the damaged draws (ceilings)."
    exhibit = {"file": "gauge.txt", "title": "The scale of the judge", "caption": caption}
    files.write_json(directory / "pictures.json", [exhibit])


def _check(params: schema.Judge, corpora: dict[str, Corpus], spec: Spec) -> None:
    possible = [*(["classes"] if spec.classes else []), "shuffled"]
    if params.labels not in possible:
        raise ValueError(
            f"labels: got {params.labels!r}; {spec.name} has no classes; allowed is {' or '.join(possible)}"
        )
    for split in ("train", "test") if params.labels == "classes" else ():
        present = set(np.unique(np.asarray(corpora[split].labels)).tolist())
        if absent := [name for index, name in enumerate(spec.classes) if index not in present]:
            raise ValueError(f"the {split} split of {spec.name} has no text of: {', '.join(absent)}")
    for split in ("test", "train"):
        if params.gauge.samples > len(corpora[split]):
            raise ValueError(
                f"gauge.samples: got {params.gauge.samples}; "
                f"the {split} split of {spec.name} has {len(corpora[split])} texts"
            )


def _require_sentences(found: dict[str, sentences.Sentences], section: schema.Train, name: str) -> None:
    for split, texts in found.items():
        # Of a held-out split, one text stays in order and one is shuffled.
        least = section.batch if split == "train" else 2
        if len(texts) < least:
            raise ValueError(
                f"labels: got 'shuffled'; the {split} split of {name} has {len(texts)} texts with two complete "
                f"sentences in their first {section.length} tokens (train.length), and needs {least}; texts that "
                "prepare.tokenizer: word made have no sentences"
            )
