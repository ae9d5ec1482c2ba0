"""Generative deep learning from raw data to measured models, as a DVC pipeline.

Keras's backend reads these settings when it is first imported, so they are set before any module that loads it.
"""

import os
import sys
from pathlib import Path

# A script's directory comes first on the path, where stages/code.py would hide the standard library's `code`.
if Path(sys.path[0]).name == "stages":
    del sys.path[0]

from atelier.core import keras_settings

keras_settings.install()

# The same seed gives the same bytes on an accelerator too. (With TF_DETERMINISTIC_OPS Keras refuses XLA.)
_DETERMINISTIC = "--xla_gpu_deterministic_ops=true"
if _DETERMINISTIC not in os.environ.get("XLA_FLAGS", ""):
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_DETERMINISTIC}".strip()
# Hide TensorFlow's notices (missing GPUs, CPU features) and warnings; errors stay.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
