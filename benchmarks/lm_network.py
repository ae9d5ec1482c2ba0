"""Parameters of our language model with the textbook's sizes: the architecture of the profile `laptop` in float32."""

from pathlib import Path

import textbook_lm
from atelier.core.spec import Spec
from atelier.families.transformer_lm.params import Train
from atelier.params import profiles
from atelier.params.strict import validate

PROFILES = Path(__file__).resolve().parents[1] / "profiles"


def params() -> Train:
    """Return the profile's parameters, with the textbook's sizes and optimiser."""
    changes = {
        "context": textbook_lm.CONTEXT,
        "width": textbook_lm.WIDTH,
        "depth": textbook_lm.DEPTH,
        "heads": textbook_lm.HEADS,
        "hidden": textbook_lm.HIDDEN,
        "dropout": 0.0,
        "batch": textbook_lm.BATCH,
        "optimizer": "adamw",
        "learning_rate": textbook_lm.LEARNING_RATE,
        "weight_decay": textbook_lm.WEIGHT_DECAY,
        "precision": "float32",
    }
    train = profiles.resolve(PROFILES, "laptop")["runs"]["imdb-lm"]["train"]
    return validate(Train, train | changes, "imdb-lm.train")


def spec() -> Spec:
    """Describe a dataset with the textbook's vocabulary size."""
    return Spec("imdb", (), (), (), (), {}, {}, "embedded", vocabulary=textbook_lm.VOCABULARY)
