"""Parameters that all trainings share."""

from typing import Literal

from pydantic import Field

from atelier.params.strict import Strict


class Training(Strict):
    """How a network is trained; a family adds the parameters of its network and its objective.

    Attributes:
        optimizer: `muon` orthogonalises the momentum of matrices (Jordan et al., 2024; Liu et al., 2025,
            arXiv:2502.16982) and leaves embeddings and vectors to AdamW.
        schedule: the learning rate stays constant, or decays to zero along half a cosine.
        warmup_epochs: epochs over which the learning rate rises from zero.
        weight_decay: decoupled (AdamW) when above zero.
        clip_norm: bound on the global norm of the gradients; 0 disables it.
        ema: decay of the exponential moving average of the weights, which is then validated and saved; 0 disables it.
        jit_compile: compile the training step with XLA: faster for dense networks, slower for convolutions on a CPU.
        steps_per_execution: batches per call of the compiled step.
    """

    seed: int = Field(ge=0, lt=2**32)
    epochs: int = Field(ge=1)
    batch: int = Field(ge=1)
    optimizer: Literal["adam", "adamw", "muon", "rmsprop", "sgd"]
    learning_rate: float = Field(gt=0, le=1)
    schedule: Literal["constant", "cosine"]
    warmup_epochs: float = Field(ge=0)
    weight_decay: float = Field(ge=0)
    clip_norm: float = Field(ge=0)
    ema: float = Field(ge=0, lt=1)
    precision: Literal["float32", "mixed_bfloat16"]
    jit_compile: bool
    steps_per_execution: int = Field(ge=1)
