"""Judge a language model: how well it foretells unseen texts, and how its own compare with people's."""

from pathlib import Path

import numpy as np
from rich.progress import track

from atelier.core import files, seeds
from atelier.core.params.families.transformer_lm import Evaluate
from atelier.core.text import PAD, TOKENIZER, UNKNOWN, Corpus, Tokenizer, until_end
from atelier.metrics.text.copying import Source
from atelier.metrics.text.kneser_ney import KneserNey
from atelier.metrics.text.likelihood import bits_per_byte, perplexity
from atelier.pipeline import networks
from atelier.pipeline.evaluation import text
from atelier.pipeline.evaluation.distances import distances
from atelier.pipeline.generation.text import Reader
from atelier.pipeline.prepared import Prepared

# What the statistics table says besides what `text.statistics` measures.
DISTANCES = ("fd", "precision", "recall")


def evaluate(
    network: networks.Network, prepared: Prepared, judge: Path, samples: Path, params: Evaluate, out: Path
) -> None:
    """Write `metrics.json`, tables and the `pictures.json` that lists them to the directory `out`.

    Args:
        judge: directory of the dataset's judge.
        samples: directory of the run's samples.
    """
    train, test = (Corpus.read(prepared.directory, split) for split in ("train", "test"))
    tokenizer = Tokenizer(prepared.directory / TOKENIZER)
    judging = networks.load(judge)
    written = _written(samples, params)
    metrics = likelihood(network, train, test, params)
    source = Source(train.tokens, train.starts)
    length = max(len(text) for texts in written.values() for text in texts)
    people = text.read(_people(test, length, params), tokenizer, judging, source)
    read = {t: text.read(texts, tokenizer, judging, source) for t, texts in track(written.items(), description="texts")}
    budget = min(sum(map(len, texts.words)) for texts in (people, *read.values()))
    human = text.statistics(people, budget, params.bleu_samples, params.seed)
    rows, distant = {}, {}
    for temperature, texts in read.items():
        distant[temperature] = distances(texts.features, judge, params)
        rows[temperature] = text.statistics(texts, budget, params.bleu_samples, params.seed) | {
            name: distant[temperature][name] for name in DISTANCES
        }
    chosen = params.temperature
    metrics |= distant[chosen] | {name: rows[chosen][name] for name in text.METRICS}
    metrics |= {f"human_{name}": human[name] for name in text.METRICS}
    with files.atomic_directory(out) as directory:
        files.write_json(directory / "metrics.json", metrics)
        shares = {"samples": text.shares(read[chosen], judging.spec), "test": text.shares(people, judging.spec)}
        files.write_json(directory / "classes.json", shares)
        table = {f"temperature {t:g}": row for t, row in rows.items()}
        people_row = human | {"fd": distant[chosen]["fd_floor"]}
        text.write_table(table | {"people": people_row}, directory / "statistics.csv")
        text.write_copies(read[chosen], train, tokenizer, params.longest, directory / "copies.csv")
        _write_listing(directory, params, budget)


def likelihood(network: networks.Network, train: Corpus, test: Corpus, params: Evaluate) -> dict[str, float]:
    """Perplexities and bits per byte of unseen texts, of the network and of an n-gram model with the same tokens.

    Each text's END is foretold as well; its beginning is given. `oov_rate` is the share of unknown tokens among the
    others. Bits per byte pay for spelling these out, so that tokenizers compare.
    """
    chosen = np.sort(seeds.generator(params.seed, "test texts").permutation(len(test))[: params.test_texts])
    texts = [np.asarray(test.text(index)) for index in chosen]
    tokens, starts = np.concatenate(texts), np.cumsum([0, *map(len, texts)])
    size, words = (int(total) for total in np.asarray(test.sizes)[chosen].sum(axis=0, dtype=np.int64))
    spelling = float(np.asarray(test.spelling)[chosen].sum(dtype=np.float64))
    nats = float(Reader(network.model, params.batch).nats(tokens, params.stride).sum(dtype=np.float64))
    counts = KneserNey.fit(train.tokens, train.starts, params.order, network.spec.vocabulary)
    ngram = float(-counts.log_probabilities(tokens, starts).sum())
    return {
        "perplexity": perplexity(nats, len(tokens)),
        "word_perplexity": perplexity(nats + spelling, words),
        "bits_per_byte": bits_per_byte(nats + spelling, size),
        "oov_rate": float((tokens == UNKNOWN).sum() / (len(tokens) - len(texts))),
        "ngram_perplexity": perplexity(ngram, len(tokens)),
        "ngram_bits_per_byte": bits_per_byte(ngram + spelling, size),
    }


def _written(samples: Path, params: Evaluate) -> dict[float, list[np.ndarray]]:
    """The first texts at each temperature, without END.

    Raises:
        ValueError: there are fewer than are to be measured, or none at the temperature whose numbers are metrics.
    """
    tokens = np.load(samples / "samples.npy", mmap_mode="r", allow_pickle=False)
    temperatures = files.read_json(samples / "samples.json")["temperatures"]
    if params.temperature not in temperatures:
        raise ValueError(
            f"evaluate.temperature: got {params.temperature:g}; "
            f"sampled were: {', '.join(f'{t:g}' for t in temperatures)}"
        )
    if tokens.shape[1] < params.samples:
        raise ValueError(
            f"{params.samples} texts are to be judged, but {samples} holds {tokens.shape[1]}; raise sample.samples"
        )
    return {
        temperature: [np.asarray(until_end(row[row != PAD]), np.int64) for row in rows[: params.samples]]
        for temperature, rows in zip(temperatures, tokens, strict=True)
    }


def _people(test: Corpus, length: int, params: Evaluate) -> list[np.ndarray]:
    """Beginnings of as many test texts, as long as samples are at most."""
    chosen = seeds.generator(params.seed, "people").permutation(len(test))[: params.samples]
    return [np.asarray(test.text(index)[:-1][:length]) for index in chosen]


def _write_listing(directory: Path, params: Evaluate, budget: int) -> None:
    exhibits = [
        {
            "file": "statistics.csv",
            "title": "What the texts are like",
            "caption": f"{params.samples} texts a row, and as many of the test split, cut to the same length. "
            f"distinct-n is measured on the first {budget:,} words of each row; copied n: the share of n-grams of "
            "tokens that the train split has as well. Near to what people write is best, neither higher nor lower.",
        },
        {
            "file": "copies.csv",
            "title": "Longest copies",
            "caption": f"The samples at temperature {params.temperature:g} that share the longest spans with the train "
            "split, in brackets.",
        },
    ]
    files.write_json(directory / "pictures.json", exhibits)
