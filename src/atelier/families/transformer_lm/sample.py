"""Sample a language model: texts without a prompt, which are evaluated, and texts from a prompt."""

from pathlib import Path

import numpy as np
from rich.progress import track

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.core.text import TOKENIZER, Tokenizer, padded
from atelier.families.transformer_lm.params import Sample
from atelier.modalities.text import exhibit
from atelier.modalities.text.generate import Prompt, Text, Writer
from atelier.networks.architecture import Block, diagram
from atelier.networks.network import Network

FREE = "The first of the evaluated texts. Colours show surprisal under the model, before temperature and filters."


def sample(network: Network, prepared: Prepared, params: Sample, out: Path) -> None:
    """Write texts as arrays and as tables, with `pictures.json` listing the tables in order, to the directory `out`.

    `samples.npy` holds tokens ``(temperatures, samples, max_tokens)``, with PAD after each text.
    """
    tokenizer = Tokenizer(prepared.directory / TOKENIZER)
    writer = Writer(network.model, params.batch, params.max_tokens)

    def texts(prompt: Prompt, count: int, temperature: float) -> list[Text]:
        seeds = range(params.seed, params.seed + count)
        return writer.write([prompt.request(seed, temperature, params) for seed in seeds])

    with files.atomic_directory(out) as directory:
        nothing, prompt = (Prompt.of(text, tokenizer) for text in ("", params.prompt))
        free = {t: texts(nothing, params.samples, t) for t in track(params.temperatures, "samples")}
        tokens = np.stack([padded([text.tokens for text in row], params.max_tokens) for row in free.values()])
        files.write_array(directory / "samples.npy", tokens.astype(np.uint32))
        files.write_json(directory / "samples.json", {"temperatures": list(params.temperatures)})
        prompted = {t: texts(prompt, params.shown, t) for t in track(params.temperatures, "prompted")}
        shown = {t: row[: params.shown] for t, row in free.items()}
        exhibits = [
            exhibit.table(prompted, tokenizer, "From a prompt", _caption(params), directory / "prompted.json"),
            exhibit.table(shown, tokenizer, "Without a prompt", FREE, directory / "free.json"),
        ]
        files.write_text(directory / "architecture.svg", diagram({"language model": _blocks(network)}))
        files.write_json(directory / "pictures.json", exhibits)


def _caption(params: Sample) -> str:
    filters = [f"top-k {params.top_k}"] if params.top_k else []
    filters += [f"top-p {params.top_p:g}"] if params.top_p < 1 else []
    filters += [f"min-p {params.min_p:g}"] if params.min_p else []
    filters += [f"repetition penalty {params.repetition_penalty:g}"] if params.repetition_penalty > 1 else []
    sampled = f"with {', '.join(filters)}" if filters else "without filters"
    return (
        f"“{params.prompt}” continued at several temperatures, {sampled}; each row has one seed. Darker tokens "
        "were less probable under the model."
    )


def _blocks(network: Network) -> list[Block]:
    model, config = network.model, network.config
    wide = (config.context, config.width)
    blocks: list[Block] = [("tokens", (config.context,), 0), ("Embedding", wide, model.embedding.count_params())]
    blocks += [("Block", wide, block.count_params()) for block in model.blocks]
    output = "tied softmax" if config.tied else "softmax"
    return [*blocks, (output, (config.context, model.vocabulary), 0)]
