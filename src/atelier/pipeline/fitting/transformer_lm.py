"""Fit a language model on texts that lie in rows one after the other: no position is filling."""

from pathlib import Path

import keras
import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from atelier.core import seeds
from atelier.core.params.families.transformer_lm import Train
from atelier.core.text import Corpus
from atelier.models.transformer_lm import Learner
from atelier.pipeline import checkpoint, loop, networks
from atelier.pipeline.generation import text
from atelier.pipeline.prepared import Prepared

# Of the co-occurrence that embeddings may begin with.
WINDOW, SMOOTHING = 3, 0.75


def fit(
    network: networks.Network,
    prepared: Prepared,
    params: Train,
    workspace: Path,
    preview: loop.Preview,
    watch: loop.Validate,
) -> checkpoint.Progress:
    """Train `network` on the train split; the validation split chooses the epoch. See `loop.fit`."""
    train = Corpus.read(prepared.directory, "train")
    held_out = Corpus.read(prepared.directory, "validation").tokens[: params.validation_tokens]
    reader = text.Reader(network.model, params.batch)
    if params.embedding == "cooccurrence":
        network.model.embed(cooccurrence(train.tokens, network.spec.vocabulary, params.width, params.seed))

    def validate(_: keras.Model) -> dict[str, float]:
        nats = float(reader.nats(held_out, stride=params.context).mean())
        return {"val_perplexity": float(np.exp(nats)), "val_loss": nats}

    return loop.fit(
        Learner(network.model),
        Rows(train.tokens, params.context, params.batch, params.steps_per_epoch, params.seed),
        validate,
        "val_loss",
        params,
        workspace,
        preview=preview,
        preview_epochs=params.preview_epochs,
        watch=watch,
    )


def cooccurrence(tokens: np.ndarray, vocabulary: int, width: int, seed: int) -> np.ndarray:
    """Directions of tokens that lie close where tokens stand beside the same ones.

    The singular vectors of their positive pointwise mutual information (Levy & Goldberg, 2014), scaled by the square
    roots of the singular values (Levy, Goldberg & Dagan, 2015, section 3.3), within `WINDOW` tokens, the nearer the
    heavier, with contexts smoothed by a power of `SMOOTHING`.

    Args:
        tokens: the stream ``(n,)``.
        seed: of the randomised decomposition (Halko et al., 2011).

    Returns:
        float32 ``(vocabulary, width)`` with rows of length 1; a token that never occurs has zeros.

    Raises:
        ValueError: there are not more tokens in the vocabulary than `width`.
    """
    if width >= vocabulary:
        raise ValueError(f"embeddings of width {width} by co-occurrence need a larger vocabulary than {vocabulary}")
    stream = np.asarray(tokens, np.int32)
    counts = sparse.csr_matrix((vocabulary, vocabulary), dtype=np.float32)
    for distance in range(1, WINDOW + 1):
        weights = np.full(len(stream) - distance, 1 / distance, np.float32)
        counts += sparse.coo_matrix((weights, (stream[:-distance], stream[distance:])), shape=counts.shape).tocsr()
    counts = (counts + counts.T).tocoo()
    total = np.asarray(counts.sum(axis=1), np.float64).ravel()
    context = total**SMOOTHING / (total**SMOOTHING).sum()
    information = np.log(counts.data / (total[counts.row] * context[counts.col]))
    kept = information > 0
    positive = sparse.csr_matrix(
        (information[kept].astype(np.float32), (counts.row[kept], counts.col[kept])), shape=counts.shape
    )
    vectors, values, _ = randomized_svd(positive, width, n_iter=4, random_state=seed)
    directions = vectors * np.sqrt(values)
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    return np.divide(directions, lengths, out=np.zeros_like(directions), where=lengths > 1e-6).astype(np.float32)


class Rows(keras.utils.PyDataset):
    """Shuffled rows of a stream of tokens, and the tokens after each: int32 ``(batch, context)`` twice.

    Rows are read without repetition until all have been, then again, cut at other places and in another order.

    Args:
        tokens: the stream ``(n,)``, with END behind each text.
        context, batch: tokens in a row, rows in a batch.
        steps: batches in an epoch; 0 for as many as the stream has.
        seed: decides cuts and order.

    Raises:
        ValueError: the stream is too short for one batch.
    """

    def __init__(self, tokens: np.ndarray, context: int, batch: int, steps: int, seed: int) -> None:
        super().__init__()
        self.tokens, self.context, self.batch, self.seed = tokens, context, batch, seed
        # Wherever the first cut falls, so many rows follow.
        self.rows = (len(tokens) - context) // context
        if self.rows < batch:
            raise ValueError(
                f"a batch of {batch} rows of {context} tokens needs {(batch + 1) * context} tokens; "
                f"the train split has {len(tokens)}"
            )
        self.steps = steps or self.rows // batch
        self._readings: dict[int, tuple[int, np.ndarray]] = {}
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Go to the first batch of `epoch`, counted from zero."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        first = (self.epoch * self.steps + index) * self.batch
        rows = np.stack([self._row(number) for number in range(first, first + self.batch)]).astype(np.int32)
        return rows[:, :-1], rows[:, 1:]

    def _row(self, number: int) -> np.ndarray:
        reading, place = divmod(number, self.rows)
        cut, order = self._reading(reading)
        start = cut + int(order[place]) * self.context
        return self.tokens[start : start + self.context + 1]

    def _reading(self, reading: int) -> tuple[int, np.ndarray]:
        """Where the first row of a pass through the stream begins, and the order of its rows."""
        if reading not in self._readings:
            generator = seeds.generator(self.seed, "order", reading)
            self._readings[reading] = int(generator.integers(self.context)), generator.permutation(self.rows)
        return self._readings[reading]
