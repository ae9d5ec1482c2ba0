"""The label, unit, better direction and meaning of each metric; others are shown under their own names."""

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

Better = Literal["lower", "higher", "neither"]


@dataclass(frozen=True)
class Term:
    label: str
    better: Better
    meaning: str = ""
    unit: str = ""


TERMS: dict[str, Term] = {
    "fd": Term("FD", "lower", "Fréchet distance between samples and test data, on the judge's features."),
    "kid": Term("KID", "lower", "Kernel distance on the judge's features: unbiased, averaged over subsets."),
    "precision": Term("Precision", "higher", "Share of samples within the neighbourhood of a real example."),
    "recall": Term("Recall", "higher", "Share of real examples within the neighbourhood of a sample."),
    "density": Term("Density", "higher", "Mean number of real neighbourhoods around a sample; robust to outliers."),
    "coverage": Term("Coverage", "higher", "Share of real examples with a sample nearby; low if modes are missing."),
    "class_entropy": Term("Class entropy", "higher", "Entropy of the classes that the judge predicts.", "nats"),
    "label_accuracy": Term("Label accuracy", "higher", "Share of samples that the judge finds to be as asked."),
    "fd_class_mean": Term("FD per class", "lower", "FD within each class, averaged over classes."),
    "fd_class_worst": Term("FD of the worst class", "lower", "The largest FD within a class."),
    "fd_class_samples": Term("Samples per class", "neither", "N of the FD within each class."),
    "train_on_samples_accuracy": Term(
        "Accuracy after samples", "higher", "Of a classifier trained on samples alone, on real test images."
    ),
    "attribute_accuracy": Term("Attribute accuracy", "higher", "Samples against attributes asked for; 0.5 is chance."),
    "attribute_accuracy_unseen": Term(
        "Accuracy, unseen", "higher", "The same for combinations of attributes that no training image has."
    ),
    "unseen_combinations": Term("Unseen combinations", "neither", "Their number."),
    "samples": Term("Samples", "neither", "N, the number of samples and of real examples that the distances compare."),
    "loss": Term("Loss", "lower", "Held-out objective: reconstruction + KL, an upper bound on −log p(x).", "nats"),
    "reconstruction": Term("Reconstruction", "lower", "−log p(x | z), summed over the pixels.", "nats"),
    "kl": Term("KL", "neither", "KL(q(z | x) ‖ p(z)), summed: the information about x in the latents.", "nats"),
    "importance_weighted_bound": Term("Importance-weighted", "lower", "A tighter bound on −log p(x).", "nats"),
    "active_units": Term("Active units", "neither", "Number of latents whose mean varies between images."),
    "psnr": Term("PSNR", "higher", "Peak signal-to-noise ratio of reconstructions.", "dB"),
    "ssim": Term("SSIM", "higher", "Structural similarity of reconstructions; 1 means equal."),
    "discriminator_real": Term("Discriminator on real", "neither", "Share of real images classified as real."),
    "discriminator_fake": Term("Discriminator on samples", "neither", "Share of samples classified as generated."),
    "neighbour_distance": Term("Neighbour distance", "neither", "Median distance to the nearest training example."),
    "perplexity": Term("Perplexity", "lower", "exp of the mean surprisal of a token of held-out text."),
    "word_perplexity": Term("Word perplexity", "lower", "Perplexity per word; comparable between tokenizers."),
    "bits_per_byte": Term("Bits per byte", "lower", "Bits needed to compress a byte of held-out text.", "bits"),
    "oov_rate": Term("Unknown tokens", "lower", "Held-out tokens not in the vocabulary; they lower the perplexity."),
    "distinct_1": Term("Distinct-1", "neither", "Distinct words divided by all words; close to human is best."),
    "distinct_2": Term("Distinct-2", "neither", "The same of word pairs: low if repetitive, high if random."),
    "distinct_3": Term("Distinct-3", "neither", "The same of word triples; close to human is best."),
    "rep_4": Term("Repetition-4", "neither", "Share of repeated four-word spans in a text; close to human is best."),
    "self_bleu_4": Term("Self-BLEU-4", "lower", "Similarity between samples; far above human, all are alike."),
    "copied_8": Term("Copied-8", "lower", "Share of eight-token spans that also occur in the training text."),
    "longest_copy": Term("Longest copy", "lower", "Longest span that also occurs in the training text.", "tokens"),
    "positive_share": Term("Positive", "neither", "Share of samples classified as positive; close to human is best."),
    "learning_rate": Term("Learning rate", "neither"),
    "accuracy": Term("Accuracy", "higher"),
}

# Metrics of one attribute end with its name: flip_rate_smiling.
_BY_ATTRIBUTE: dict[str, Term] = {
    "flip_rate": Term("Flip rate", "higher", "Share of faces whose predicted attribute the edit changes."),
    "leakage": Term("Leakage", "lower", "Mean change of the predicted probabilities of the other attributes."),
    "identity_drift": Term("Identity drift", "lower", "Distance between a face and its edit, on the judge's features."),
}


class Damage(NamedTuple):
    """How the judge damages real data; `of_real_examples` if each example stays intact, but some are missing."""

    label: str
    meaning: str
    of_real_examples: bool = False


_DAMAGES = {
    "blur": Damage("blur", "Real images, blurred."),
    "noise": Damage("noise", "Real images under Gaussian noise."),
    "missing_class": Damage("missing class", "Real images without those of one class.", of_real_examples=True),
    "shuffled": Damage("shuffled tokens", "Real texts with their tokens in random order."),
    "unigram": Damage("unigrams", "Tokens drawn one by one, without context."),
}

# The overview shows the first of each list that a run has, as its score and as its held-out objective.
SCORES = ("fd", "bits_per_byte", "perplexity", "loss")
OBJECTIVES = ("loss", "perplexity")
# What the judge measures during training, on other samples than the table of metrics.
SCORED_IN_TRAINING = ("kid", "coverage", "class_entropy")

# Metrics that are shown next to another one instead of on their own.
SPREAD = "{}_std"
FLOOR = "{}_floor"
CEILING = "{}_ceiling"
NGRAM = "ngram_{}"
REFERENCES = {
    FLOOR: "floor",
    CEILING: "ceiling",
    "{}_test": "test images",
    "{}_real": "test images",
    "human_{}": "human",
    NGRAM: "n-gram",
}
_BESIDE = {"train_on_samples_accuracy": {"train_on_real_accuracy": "after real images"}}
# The metric that is the N of another one's floor; `samples` of all others.
COUNTS = dict.fromkeys(("fd_class_mean", "fd_class_worst"), "fd_class_samples")

# Names of a dataset's statistics, where words of the key would be unclear.
_STATISTICS = {
    "duplicates_in_train": "Duplicates within train",
    "converted_from_cmyk": "Converted from CMYK",
    "enlarged": "Enlarged pictures",
    "equal_to_another_file": "Equal to another file",
    "equal_to_another_text": "Equal to another text",
    "files_in_two_splits": "Files that are in two splits",
    "first_frame_of_several": "First frame of several",
    "not_square": "Pictures that are not square",
    "oov_rate": "Unknown tokens",
    "reduced_from_16_bit": "Reduced from 16 bits",
    "rotated_by_exif": "Rotated as EXIF says",
    "texts_in_two_splits": "Texts that are in two splits",
    "transparent_over_white": "Transparent, over white",
    "unlabelled_train": "Unlabelled in train",
    "word_types": "Distinct words",
    "words_median": "Words, median",
    "words_p95": "Words, 95th percentile",
}


def term(metric: str) -> Term:
    """Return the term of a metric, or one made from its name if it is not listed.

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
    return Term(humanise(metric), "neither")


def damage(name: str) -> Damage:
    """Return the description of damaged data, or one made from its name if it is not listed.

    >>> damage("missing_class").label, damage("rotated_left").label
    ('missing class', 'rotated left')
    """
    return _DAMAGES.get(name) or Damage(name.replace("_", " "), "")


def heading(text: str) -> str:
    """Return the name of a column or row of a table: the label of a metric, a key in words, any other text unchanged.

    >>> heading("rep 4"), heading("copied_5"), heading("mean_length"), heading("temperature 0.2")
    ('Repetition-4', 'Copied-5', 'Mean length', 'temperature 0.2')
    """
    key = text.strip().replace(" ", "_")
    if key in TERMS:
        return TERMS[key].label
    stem, _, last = key.rpartition("_")
    relative = next((metric for metric in TERMS if metric.rpartition("_")[0] == stem != ""), None)
    if last.isdigit() and relative:
        return f"{TERMS[relative].label.rpartition('-')[0]}-{last}"
    return humanise(text) if re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", text) else text


def statistic(key: str) -> str:
    """Return the name of a dataset's statistic.

    >>> statistic("words_median"), statistic("duplicates_removed")
    ('Words, median', 'Duplicates removed')
    """
    return _STATISTICS.get(key) or humanise(key)


def order(metric: str) -> tuple[int, str]:
    """Return a sort key: listed metrics in the order of `TERMS`, then the others by name."""
    listed = list(TERMS)
    return (listed.index(metric) if metric in TERMS else len(listed), metric)


def references(metric: str) -> dict[str, str]:
    """Return the metrics that are shown next to one as references, with what they are, whether a run has them or not.

    >>> references("train_on_samples_accuracy")["train_on_real_accuracy"], references("fd")["fd_floor"]
    ('after real images', 'floor')
    """
    return {pattern.format(metric): name for pattern, name in REFERENCES.items()} | _BESIDE.get(metric, {})


def companions(metrics: set[str]) -> set[str]:
    """Return the metrics that are shown next to another one.

    >>> sorted(companions({"fd", "fd_floor", "kid_std", "human_rep_4"}))
    ['fd_floor']
    """
    return {name for metric in metrics for name in (SPREAD.format(metric), *references(metric)) if name in metrics}


def humanise(name: str) -> str:
    """Turn a key into words.

    >>> humanise("missing_class")
    'Missing class'
    """
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
