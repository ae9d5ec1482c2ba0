"""The Python code that uses an export without this package, as its model card shows it."""

from collections.abc import Sequence

from atelier.core.text import END, TOKENIZER
from atelier.exporting.written import Exported

# Number of pictures that the code draws.
COUNT = 16

_HEADS = {
    "keras": "import hashlib\n\nimport keras\nimport numpy as np",
    "onnx": "import hashlib\n\nimport numpy as np\nimport onnxruntime",
    "saved_model": "import tensorflow as tf",
}
_LATENTS = """\
# The pictures of these seeds are those that `atelier generate` draws.
word = int.from_bytes(hashlib.sha256(b"latent").digest()[:8], "big")
rows = [np.random.default_rng([seed, word, 0]).standard_normal({latent_dim}) for seed in range({count})]
z = np.stack(rows).astype("float32")
"""
# By format and signature. Each uses the values of those above it.
_CALLS = {
    ("keras", "decode"): _LATENTS
    + """\
decoder = keras.saving.load_model("{file}")
images = decoder.predict(z)""",
    ("keras", "encode"): """\
encoder = keras.saving.load_model("{file}")
z_mean, z_log_var = encoder.predict(images)""",
    ("onnx", "decode"): _LATENTS
    + """\
decoder = onnxruntime.InferenceSession("{file}")
(images,) = decoder.run(["images"], {{"z": z}})""",
    ("onnx", "encode"): """\
encoder = onnxruntime.InferenceSession("{file}")
z_mean, z_log_var = encoder.run(["z_mean", "z_log_var"], {{"images": images}})""",
    ("saved_model", "generate"): """\
signatures = tf.saved_model.load(".").signatures
# A picture depends on its seed only. `atelier generate` draws others for the same seeds.
images = signatures["generate"](seeds=tf.range({count}, dtype=tf.int64))["images"]""",
    ("saved_model", "encode"): """\
encoded = signatures["encode"](images=images)
z_mean, z_log_var = encoded["z_mean"], encoded["z_log_var"]""",
    ("saved_model", "decode"): """\
z = tf.random.stateless_normal(({count}, {latent_dim}), seed=(0, 0))
images = signatures["decode"](z=z)["images"]""",
    ("saved_model", "next_token_logits"): f"""\
signatures = tf.saved_model.load(".").signatures
tokenizer = tokenizers.Tokenizer.from_file("{TOKENIZER}")
# {END} is [END], which begins and ends a text.
tokens = [{END}, *tokenizer.encode("this", add_special_tokens=False).ids]
logits = signatures["next_token_logits"](tokens=tf.constant([tokens]))["logits"]
most_probable = tokenizer.id_to_token(int(tf.argmax(logits[0])))""",
}


def code(name: str, exported: Sequence[Exported]) -> str:
    """Return Python code that loads and calls each part of an export in the format `name`, in its directory."""
    parts = {part.signature: part for part in exported}
    calls = [
        call.format(file=part.file, count=COUNT, latent_dim=part.input.shape[0] if part.input.shape else "")
        for (form, signature), call in _CALLS.items()
        if form == name and (part := parts.get(signature))
    ]
    head = f"{_HEADS[name]}\nimport tokenizers" if "next_token_logits" in parts else _HEADS[name]
    return "\n\n".join([head, *calls])
