"""What a language model has to show: texts from nothing, to be measured, and texts from a prompt, to be read."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from rich.progress import track

from atelier.core import files
from atelier.core.params.families.transformer_lm import Sample
from atelier.core.text import TOKENIZER, Tokenizer, filled
from atelier.pipeline.architecture import Block, diagram
from atelier.pipeline.generation.text import Request, Writer
from atelier.pipeline.networks import Network
from atelier.pipeline.prepared import Prepared
from atelier.pipeline.sampling import text as tables


def sample(network: Network, prepared: Prepared, params: Sample, out: Path) -> None:
    """Write to the directory `out`: texts as arrays and as tables, with `pictures.json` naming the latter in order.

    `samples.npy` holds tokens ``(temperatures, samples, max_tokens)``, with PAD behind each text.
    """
    tokenizer = Tokenizer(prepared.directory / TOKENIZER)
    prompt = tuple(tokenizer.encode(params.prompt))
    writer = Writer(network.model, params.batch, params.max_tokens)

    def requests(prompt: tuple[int, ...], count: int, temperature: float) -> list[Request]:
        return [Request(prompt, seed, temperature, params) for seed in range(params.seed, params.seed + count)]

    with files.atomic_directory(out) as directory:
        free = {t: writer.write(requests((), params.samples, t)) for t in _tracked(params.temperatures, "samples")}
        tokens = np.stack([filled([text.tokens for text in texts], params.max_tokens) for texts in free.values()])
        files.write_array(directory / "samples.npy", tokens.astype(np.uint32))
        files.write_json(directory / "samples.json", {"temperatures": list(params.temperatures)})
        shown = {t: writer.write(requests(prompt, params.shown, t)) for t in _tracked(params.temperatures, "prompted")}
        exhibits = [
            tables.table(shown, tokenizer, "From a prompt", _caption(params), directory / "prompted.json"),
            tables.table(
                {t: texts[: params.shown] for t, texts in free.items()},
                tokenizer,
                "From nothing",
                "The first of the texts that are measured. The colours are those of the model itself, before "
                "temperature and filters.",
                directory / "free.json",
            ),
        ]
        files.write_text(directory / "architecture.svg", diagram({"language model": _blocks(network)}))
        files.write_json(directory / "pictures.json", exhibits)


def _tracked(temperatures: Iterable[float], what: str) -> Iterable[float]:
    return track(list(temperatures), description=what)


def _caption(params: Sample) -> str:
    filters = [f"top-k {params.top_k}"] if params.top_k else []
    filters += [f"top-p {params.top_p:g}"] if params.top_p < 1 else []
    filters += [f"min-p {params.min_p:g}"] if params.min_p else []
    filters += [f"repetition penalty {params.repetition_penalty:g}"] if params.repetition_penalty > 1 else []
    way = f"with {', '.join(filters)}" if filters else "no token ruled out"
    return (
        f"“{params.prompt}” continued at several temperatures, {way}; each row has one seed. A token is the darker the "
        "less the model expected it."
    )


def _blocks(network: Network) -> list[Block]:
    model, config = network.model, network.config
    wide = (config.context, config.width)
    blocks: list[Block] = [("tokens", (config.context,), 0), ("Embedding", wide, model.embedding.count_params())]
    blocks += [("Block", wide, block.count_params()) for block in model.blocks]
    said = "tied softmax" if config.tied else "softmax"
    return [*blocks, (said, (config.context, model.vocabulary), 0)]
