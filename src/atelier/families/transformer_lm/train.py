"""The training of a language model on rows of tokens that are filled with texts, without padding."""

import keras
import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from atelier.core import seeds
from atelier.core.prepared import Prepared
from atelier.core.text import Corpus
from atelier.families.transformer_lm.network import Learner
from atelier.families.transformer_lm.params import Train
from atelier.modalities.text.read import Reader
from atelier.networks.network import Network
from atelier.training.plan import Plan, Row

# Settings of the co-occurrence of tokens, from which embeddings can be initialised.
WINDOW, SMOOTHING = 3, 0.75


def train(network: Network, prepared: Prepared, params: Train) -> Plan:
    """Plan the training of `network` on the train split; the validation split chooses the epoch."""
    tokens = Corpus.read(prepared.directory, "train").tokens
    held_out = Corpus.read(prepared.directory, "validation").tokens[: params.validation_tokens]
    reader = Reader(network.model, params.batch)
    if params.embedding == "cooccurrence":
        network.model.embed(cooccurrence(tokens, network.spec.vocabulary, params.width, params.seed))

    def validate() -> Row:
        nats = float(reader.nats(held_out, stride=params.context).mean())
        return {"val_perplexity": float(np.exp(nats)), "val_loss": nats}

    batches = Rows(tokens, params.context, params.batch, params.steps_per_epoch, params.seed)
    return Plan(Learner(network.model), batches, validate, monitor="val_loss")


def cooccurrence(tokens: np.ndarray, vocabulary: int, width: int, seed: int) -> np.ndarray:
    """Compute embeddings, float32 ``(vocabulary, width)`` with unit rows, from the co-occurrence of tokens.

    They are the singular vectors of the positive pointwise mutual information (Levy & Goldberg, 2014), scaled by the
    square roots of the singular values (Levy, Goldberg & Dagan, 2015, section 3.3). Tokens co-occur within `WINDOW`
    positions, weighted by the inverse distance; context frequencies are raised to the power `SMOOTHING`. The row of a
    token that does not occur is zero. The decomposition is randomised (Halko et al., 2011).

    Raises:
        ValueError: `width` is not smaller than the vocabulary.
    """
    if width >= vocabulary:
        raise ValueError(f"embedding: co-occurrence needs width < vocabulary, got {width} and {vocabulary}")
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
    """Serve shuffled rows of tokens, and the token after each: int32 ``(batch, context)`` twice.

    Every row is read once before the sequence is cut at other places and shuffled again.

    Args:
        tokens: all texts in one sequence ``(n,)``, long enough for one batch, with END after each.
        context, batch: tokens in a row, rows in a batch.
        steps: batches in an epoch; 0 for the whole sequence.
    """

    def __init__(self, tokens: np.ndarray, context: int, batch: int, steps: int, seed: int) -> None:
        super().__init__()
        self.tokens, self.context, self.batch, self.seed = tokens, context, batch, seed
        # The first cut is drawn from the first row; this number of rows follows any of them.
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
        """Continue with the first batch of `epoch`, counted from zero."""
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
        """Return the position of the first row in a pass through the sequence, and the order of its rows."""
        if reading not in self._readings:
            generator = seeds.generator(self.seed, "order", reading)
            self._readings[reading] = int(generator.integers(self.context)), generator.permutation(self.rows)
        return self._readings[reading]
