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
_CONDITION = """\
# A row for each picture, with 1 for what it should be: here each class or attribute in turn.
condition = """
_IN_TURN = {
    "keras": 'np.eye({conditions}, dtype="float32")[np.arange({count}) % {conditions}]',
    "onnx": 'np.eye({conditions}, dtype="float32")[np.arange({count}) % {conditions}]',
    "saved_model": "tf.one_hot(tf.range({count}) % {conditions}, {conditions})",
}
# By format and signature. Each uses the values of those above it.
_CALLS = {
    ("keras", "decode"): _LATENTS
    + """\
decoder = keras.saving.load_model("{file}")
images = decoder.predict({inputs})""",
    ("keras", "encode"): """\
encoder = keras.saving.load_model("{file}")
z_mean, z_log_var = encoder.predict({inputs})""",
    ("onnx", "decode"): _LATENTS
    + """\
decoder = onnxruntime.InferenceSession("{file}")
(images,) = decoder.run(["images"], {inputs})""",
    ("onnx", "encode"): """\
encoder = onnxruntime.InferenceSession("{file}")
z_mean, z_log_var = encoder.run(["z_mean", "z_log_var"], {inputs})""",
    ("saved_model", "generate"): """\
signatures = tf.saved_model.load(".").signatures
# A picture depends on its seed only. `atelier generate` draws others for the same seeds.
seeds = tf.range({count}, dtype=tf.int64)
images = signatures["generate"]({inputs})["images"]""",
    ("saved_model", "encode"): """\
encoded = signatures["encode"]({inputs})
z_mean, z_log_var = encoded["z_mean"], encoded["z_log_var"]""",
    ("saved_model", "decode"): """\
z = tf.random.stateless_normal(({count}, {latent_dim}), seed=(0, 0))
images = signatures["decode"]({inputs})["images"]""",
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
    width = {array.name: array.shape[0] for part in exported for array in part.inputs if array.shape}
    sizes = {"count": COUNT, "latent_dim": width.get("z"), "conditions": width.get("condition")}
    calls = [
        call.format(file=part.file, inputs=_inputs(name, [array.name for array in part.inputs]), **sizes)
        for (form, signature), call in _CALLS.items()
        if form == name and (part := parts.get(signature))
    ]
    head = f"{_HEADS[name]}\nimport tokenizers" if "next_token_logits" in parts else _HEADS[name]
    condition = [(_CONDITION + _IN_TURN[name]).format(**sizes)] if "condition" in width else []
    return "\n\n".join([head, *condition, *calls])


def _inputs(form: str, names: Sequence[str]) -> str:
    """Return variables called `names` as the arguments of a call."""
    if form == "saved_model":
        return ", ".join(f"{name}={name}" for name in names)
    if form == "onnx":
        return "{" + ", ".join(f'"{name}": {name}' for name in names) + "}"
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"
