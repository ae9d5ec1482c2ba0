"""The training of a judge of texts, and its floor and ceilings on real and damaged texts."""

from pathlib import Path

import numpy as np

from atelier.core import files, seeds
from atelier.core.prepared import Prepared
from atelier.core.text import END, PAD, TOKENIZER, UNKNOWN, Corpus, Tokenizer, padded
from atelier.metrics.corruption import text as corruption
from atelier.modalities import judge
from atelier.modalities.text import params as schema
from atelier.networks import network as networks
from atelier.training import loop
from atelier.training.batches import Batches
from atelier.training.plan import Plan


def train(prepared: Prepared, params: schema.Judge, code: Path, out: Path, checkpoints: Path) -> None:
    """Train the judge of a dataset; raise `ValueError` if a split has fewer texts than `params.gauge` needs.

    Only labelled texts are used. The validation split chooses the epoch, the test split gives the accuracy.
    """
    section = params.train
    corpora = {split: Corpus.read(prepared.directory, split) for split in ("train", "validation", "test")}
    _check(params.gauge, corpora, prepared.spec.name)
    network = judge.build("text", prepared.spec, section)

    def drop_tokens(batch: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        dropped = (generator.random(batch.shape) < section.token_dropout) & (batch != PAD)
        return np.where(dropped, UNKNOWN, batch)

    batches = Batches(labelled(corpora["train"], section.length), section.batch, section.seed, augment=drop_tokens)
    validate = loop.held_out(network.model, labelled(corpora["validation"], section.length))
    plan = Plan(network.model, batches, validate, "val_loss")
    progress = judge.fit(plan, prepared, prepared.spec.classes, section, code, checkpoints)
    with files.atomic_directory(out) as directory:
        networks.save(network, directory)
        loop.write_history(directory / "history.csv", progress)
        texts = draws(corpora, params.gauge, prepared.spec.vocabulary)
        rows = {name: padded(drawn, section.length) for name, drawn in texts.items()}
        judge.Judge(directory, network).write_gauge(labelled(corpora["test"], section.length), rows, params.gauge)
        _write_examples(texts, Tokenizer(prepared.directory / TOKENIZER), directory)


def labelled(corpus: Corpus, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the texts that have a class, int32 ``(n, length)``, and their classes ``(n,)``."""
    known = np.flatnonzero(np.asarray(corpus.labels) < 2)
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


def _check(gauge: schema.Gauge, corpora: dict[str, Corpus], name: str) -> None:
    for split in ("test", "train"):
        if gauge.samples > len(corpora[split]):
            raise ValueError(
                f"gauge.samples: got {gauge.samples}; the {split} split of {name} has {len(corpora[split])} texts"
            )
