"""Training, resuming and sampling on Keras, whatever its backend.

The backend reads these settings when it is first imported, so they stand where every part of the pipeline passes.
"""

import os

# The same seed gives the same bytes on an accelerator too. (TF_DETERMINISTIC_OPS is no use: Keras then refuses XLA.)
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_gpu_deterministic_ops=true".strip()
# What TensorFlow says at its start (missing GPUs, CPU features) hides what the stage says.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
