"""Train a judge of texts, and gauge it: what its distances say of real texts, fresh and damaged."""

from pathlib import Path

import numpy as np

from atelier.core import files, seeds
from atelier.core.params.judges.text import Gauge, Judge
from atelier.core.text import END, PAD, TOKENIZER, UNKNOWN, Corpus, Tokenizer, filled
from atelier.metrics.corruption import text as corruption
from atelier.pipeline import checkpoint, loop, networks
from atelier.pipeline import features as judge_features
from atelier.pipeline.batches import Batches
from atelier.pipeline.judging import gauging
from atelier.pipeline.prepared import Prepared

FAMILY = "classifiers.text"


def judge(prepared: Prepared, params: Judge, out: Path, checkpoints: Path) -> None:
    """Train the judge of a dataset and write it to `out`, with its accuracy, reference features and gauge.

    The labelled texts of the train split train it, those of the validation split choose the epoch, the test split gives
    its accuracy.

    Raises:
        ValueError: `params.gauge` asks for more texts than a split has.
    """
    train = params.train
    corpora = {split: Corpus.read(prepared.directory, split) for split in ("train", "validation", "test")}
    _check(params.gauge, corpora, prepared.spec.name)
    network = networks.build(FAMILY, train, prepared.spec, seed=train.seed, precision=train.precision)
    workspace = checkpoint.workspace(checkpoints, FAMILY, train, prepared.spec)

    def without_some(batch: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        lost = (generator.random(batch.shape) < train.token_dropout) & (batch != PAD)
        return np.where(lost, UNKNOWN, batch)

    batches = Batches(labelled(corpora["train"], train.length), train.batch, train.seed, augment=without_some)
    validate = loop.held_out(labelled(corpora["validation"], train.length))
    progress = loop.fit(network.model, batches, validate, "val_loss", train, workspace)
    with files.atomic_directory(out) as directory:
        networks.save(network, directory)
        loop.write_history(directory / "history.csv", progress)
        texts = draws(corpora, params.gauge, prepared.spec.vocabulary)
        rows = {name: filled(drawn, train.length) for name, drawn in texts.items()}
        gauging.write(network, labelled(corpora["test"], train.length), rows, params.gauge, directory)
        _write_examples(texts, Tokenizer(prepared.directory / TOKENIZER), directory)


def labelled(corpus: Corpus, length: int) -> tuple[np.ndarray, np.ndarray]:
    """The texts whose class is known, int32 ``(n, length)``, and their classes ``(n,)``."""
    known = np.flatnonzero(np.asarray(corpus.labels) < 2)
    return corpus.rows(known, length), np.asarray(corpus.labels)[known]


def draws(corpora: dict[str, Corpus], gauge: Gauge, vocabulary: int) -> dict[str, list[np.ndarray]]:
    """The beginnings of `gauge.samples` texts, in random order: of the test split, of the train split, and damaged.

    Returns:
        Tokens of each text by name of the draw. The damaged ones are the train split's, with their tokens in random
        order, and with each token drawn from how often tokens are.
    """
    texts = {}
    for split in (judge_features.REAL, judge_features.FLOOR):
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
    exhibit = {
        "file": "gauge.txt",
        "title": "How the judge is gauged",
        "caption": "One text each of the test draw, of the train draw (the floor) and of the damaged ones (ceilings).",
    }
    files.write_json(directory / "pictures.json", [exhibit])


def _check(gauge: Gauge, corpora: dict[str, Corpus], name: str) -> None:
    for split in ("test", "train"):
        if gauge.samples > len(corpora[split]):
            raise ValueError(
                f"gauge.samples: got {gauge.samples}; the {split} split of {name} has {len(corpora[split])} texts"
            )
