"""What each metric is called, in which unit it is, which way is better, and what it says.

A metric that is not listed here is shown under its own name; nothing else depends on this table.
"""

from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher", "neither"]


@dataclass(frozen=True)
class Term:
    label: str
    better: Better
    meaning: str
    unit: str = ""


TERMS: dict[str, Term] = {
    "fd": Term("FD", "lower", "Fréchet distance between samples and test data on the judge's features."),
    "kid": Term("KID", "lower", "Kernel distance on the judge's features, unbiased, averaged over subsets."),
    "precision": Term("Precision", "higher", "Share of samples that lie among real ones: fidelity."),
    "recall": Term("Recall", "higher", "Share of real examples that lie among samples: variety."),
    "density": Term("Density", "higher", "Real neighbourhoods that a sample lies in; outliers move it less."),
    "coverage": Term("Coverage", "higher", "Share of real examples with a sample near by; low when modes are missing."),
    "class_entropy": Term("Class entropy", "higher", "Spread of the samples over the judge's classes.", "nats"),
    "samples": Term("Samples", "neither", "N, the number of samples and of real examples that the distances compare."),
    "loss": Term("Loss", "lower", "Held-out objective: reconstruction + KL, an upper bound on −log p(x).", "nats"),
    "reconstruction": Term("Reconstruction", "lower", "−log p(x | z), summed over the pixels.", "nats"),
    "kl": Term("KL", "neither", "KL(q(z | x) ‖ p(z)), summed: what the latents tell about the image.", "nats"),
    "importance_weighted_bound": Term("Importance-weighted", "lower", "A tighter bound on −log p(x).", "nats"),
    "active_units": Term("Active units", "neither", "Latents whose mean moves with the image."),
    "psnr": Term("PSNR", "higher", "Peak signal to noise of reconstructions.", "dB"),
    "ssim": Term("SSIM", "higher", "Structural similarity of reconstructions; 1 is equal."),
    "discriminator_real": Term("Discriminator on real", "neither", "Share of real images that it takes for real."),
    "discriminator_fake": Term("Discriminator on samples", "neither", "Share of samples that it sees through."),
    "neighbour_distance": Term("Neighbour distance", "neither", "Median, to the nearest training example."),
    "perplexity": Term(
        "Perplexity", "lower", "On held-out text: as hard to guess as one of so many equally likely tokens."
    ),
    "word_perplexity": Term("Word perplexity", "lower", "The same per word, so that different tokenizers compare."),
    "bits_per_byte": Term(
        "Bits per byte", "lower", "What a compressor built on the model needs for held-out text.", "bits"
    ),
    "oov_rate": Term(
        "Unknown tokens", "lower", "Share of held-out tokens that the vocabulary lacks; each flatters perplexity."
    ),
    "distinct_1": Term("Distinct-1", "neither", "Different words per word: the wealth of words; near human is best."),
    "distinct_2": Term(
        "Distinct-2", "neither", "Different word pairs per pair: low is monotony, high is noise; near human is best."
    ),
    "distinct_3": Term("Distinct-3", "neither", "Different word triples per triple; near human is best."),
    "rep_4": Term(
        "Repetition-4", "neither", "Share of four-word spans that their own text has said before; near human is best."
    ),
    "self_bleu_4": Term(
        "Self-BLEU-4", "lower", "How much samples resemble each other; far above human, all tell one story."
    ),
    "copied_8": Term(
        "Copied-8", "lower", "Share of spans of eight tokens that stand in the training text: learnt by heart."
    ),
    "longest_copy": Term(
        "Longest copy", "lower", "The longest span that a sample shares with the training text.", "tokens"
    ),
    "positive_share": Term(
        "Positive", "neither", "Share of samples that the judge takes for positive; near human is best."
    ),
    "learning_rate": Term("Learning rate", "neither", ""),
    "accuracy": Term("Accuracy", "higher", ""),
}  # fmt: skip

# The metrics of one attribute end with its name: flip_rate_smiling.
_BY_ATTRIBUTE: dict[str, Term] = {
    "flip_rate": Term("Flip rate", "higher", "Share of faces whose verdict the edit turns."),
    "leakage": Term("Leakage", "lower", "How far the other attributes' verdicts move with it."),
    "identity_drift": Term("Identity drift", "lower", "How far the face moves on the judge's features."),
}

# The first of these that a run has is its score in the overview.
SCORES = ("fd", "bits_per_byte", "perplexity", "loss")
# The first of these that a run has is its held-out objective.
OBJECTIVES = ("loss", "perplexity")

# Companions of a metric are shown beside it rather than as metrics of their own.
SPREAD = "{}_std"
FLOOR = "{}_floor"
CEILING = "{}_ceiling"
YARDSTICKS = {
    "{}_floor": "floor",
    "{}_ceiling": "ceiling",
    "{}_test": "test images",
    "human_{}": "human",
    "ngram_{}": "n-gram",
}
# Where a validated column of a history has a level to be compared with: the metric that holds it, and its name.
REFERENCES = {
    "perplexity": ("ngram_perplexity", "n-gram"),
    "bits_per_byte": ("ngram_bits_per_byte", "n-gram"),
}

# Numbers about a dataset, where their keys as words would not do.
_STATISTICS = {
    "duplicates_in_train": "Duplicates within train",
    "oov_rate": "Unknown tokens",
    "unlabelled_train": "Without a label in train",
    "word_types": "Different words",
    "words_median": "Words, median",
    "words_p95": "Words, 95th percentile",
}


def term(metric: str) -> Term:
    """The entry of a metric; one made of its name where there is none.

    >>> term("leakage_smiling").label
    'Leakage, smiling'
    >>> term("brightness_drift").label
    'Brightness drift'
    """
    if metric in TERMS:
        return TERMS[metric]
    for stem, general in _BY_ATTRIBUTE.items():
        if metric.startswith(f"{stem}_"):
            attribute = metric.removeprefix(f"{stem}_").replace("_", " ")
            return Term(f"{general.label}, {attribute}", general.better, general.meaning, general.unit)
    return Term(humanise(metric), "neither", "")


def statistic(key: str) -> str:
    """What a number about a dataset is called.

    >>> statistic("words_median"), statistic("duplicates_removed")
    ('Words, median', 'Duplicates removed')
    """
    return _STATISTICS.get(key) or humanise(key)


def order(metric: str) -> tuple[int, str]:
    """A sort key: as listed here, then what is not listed, by name."""
    listed = list(TERMS)
    return (listed.index(metric) if metric in TERMS else len(listed), metric)


def companions(metrics: set[str]) -> set[str]:
    """The metrics that are shown beside another one.

    >>> sorted(companions({"fd", "fd_floor", "kid_std", "human_rep_4"}))
    ['fd_floor']
    """
    patterns = (SPREAD, *YARDSTICKS)
    return {name for metric in metrics for pattern in patterns if (name := pattern.format(metric)) in metrics}


def humanise(name: str) -> str:
    """A key as words.

    >>> humanise("missing_class")
    'Missing class'
    """
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
