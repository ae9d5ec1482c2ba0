"""Evaluate a language model: held-out likelihood, and generated texts compared with human ones."""

from pathlib import Path

import numpy as np
from rich.progress import track

from atelier.core import files, seeds
from atelier.core.prepared import Prepared
from atelier.core.text import PAD, TOKENIZER, UNKNOWN, Corpus, Tokenizer, until_end
from atelier.families.transformer_lm.params import Evaluate
from atelier.metrics.text.copying import CorpusIndex
from atelier.metrics.text.kneser_ney import KneserNey
from atelier.metrics.text.likelihood import bits_per_byte, perplexity
from atelier.modalities.judge import Judge
from atelier.modalities.text import evaluate as text
from atelier.modalities.text.read import Reader
from atelier.networks.network import Network

# Distances that the table of statistics shows.
DISTANCES = ("fd", "precision", "recall")


def evaluate(network: Network, prepared: Prepared, judge: Path, samples: Path, params: Evaluate, out: Path) -> None:
    """Write `metrics.json`, tables and the `pictures.json` that lists them to the directory `out`.

    If the judge predicts the classes of the dataset, write `classes.json` too.
    """
    train, test = (Corpus.read(prepared.directory, split) for split in ("train", "test"))
    tokenizer = Tokenizer(prepared.directory / TOKENIZER)
    judging = Judge.load(judge)
    classified = judging.predicts_labels_of(prepared.spec)
    generated = _generated(samples, params)
    metrics = likelihood(network, train, test, params)
    source = CorpusIndex(train.tokens, train.starts)
    length = max(len(text) for texts in generated.values() for text in texts)
    chosen = seeds.generator(params.seed, "people").permutation(len(test))[: params.samples]
    human_tokens = [np.asarray(test.text(index)[:-1][:length]) for index in chosen]
    human = text.read(human_tokens, tokenizer, judging, source, classified)
    tracked = track(generated.items(), description="texts")
    read = {t: text.read(texts, tokenizer, judging, source, classified) for t, texts in tracked}
    budget = min(sum(map(len, texts.words)) for texts in (human, *read.values()))
    human_row = text.statistics(human, budget, params.bleu_samples, params.seed)
    rows, distances = {}, {}
    for temperature, texts in read.items():
        distances[temperature] = judging.distances(texts.features, params)
        rows[temperature] = text.statistics(texts, budget, params.bleu_samples, params.seed) | {
            name: distances[temperature][name] for name in DISTANCES
        }
    measured = params.temperature
    metrics |= distances[measured] | text.metrics(rows[measured])
    metrics |= {f"human_{name}": value for name, value in text.metrics(human_row).items()}
    with files.atomic_directory(out) as directory:
        files.write_json(directory / "metrics.json", metrics)
        if classified:
            shares = {"samples": text.shares(read[measured]), "test": text.shares(human)}
            files.write_json(directory / "classes.json", shares)
        table = {f"temperature {t:g}": row for t, row in rows.items()}
        table["people"] = human_row | {"fd": distances[measured]["fd_floor"]}
        text.write_table(table, directory / "statistics.csv")
        text.write_copies(read[measured], train, tokenizer, params.longest, directory / "copies.csv")
        _write_exhibits(directory, params, budget)


def likelihood(network: Network, train: Corpus, test: Corpus, params: Evaluate) -> dict[str, float]:
    """Measure perplexity and bits per byte of test texts, for the network and for an n-gram model of the same tokens.

    The END of each text is predicted too. `oov_rate` is the share of unknown tokens among the tokens other than END.
    Bits per byte include the cost of spelling unknown words, so that tokenizers can be compared.
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


def _generated(samples: Path, params: Evaluate) -> dict[float, list[np.ndarray]]:
    """Read the first `params.samples` texts at each temperature, without END; raise `ValueError` if there are fewer."""
    tokens = files.read_array(samples / "samples.npy", 3, "iu")
    temperatures = files.read_record(samples / "samples.json", "temperatures")["temperatures"]
    if params.temperature not in temperatures:
        raise ValueError(
            f"evaluate.temperature: got {params.temperature:g}; "
            f"sampled temperatures are: {', '.join(f'{t:g}' for t in temperatures)}"
        )
    if tokens.shape[1] < params.samples:
        raise ValueError(
            f"evaluate.samples: got {params.samples}; {samples} holds {tokens.shape[1]} texts; raise sample.samples"
        )
    return {
        temperature: [np.asarray(until_end(row[row != PAD]), np.int64) for row in rows[: params.samples]]
        for temperature, rows in zip(temperatures, tokens, strict=True)
    }


def _write_exhibits(directory: Path, params: Evaluate, budget: int) -> None:
    exhibits = [
        {
            "file": "statistics.csv",
            "title": "Statistics of the texts",
            "caption": f"{params.samples} generated texts at each temperature, and as many texts of the test split "
            f"(people), cut to the same length. distinct-n is measured on the first {budget:,} words of each set; "
            "copied n is the share of n-grams of tokens that the train split contains. The closest value to that of "
            "people is the best.",
        },
        {
            "file": "copies.csv",
            "title": "Longest copies",
            "caption": f"The samples at temperature {params.temperature:g} that share the longest spans with the train "
            "split, in brackets.",
        },
    ]
    files.write_json(directory / "pictures.json", exhibits)
