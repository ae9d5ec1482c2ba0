"""`atelier write`: texts from a trained language model, without DVC running."""

from typing import TYPE_CHECKING

import click

from atelier.cli import project, trained
from atelier.core.door import one_line_errors
from atelier.core.params.strict import validate
from atelier.core.params.text import Filters

if TYPE_CHECKING:
    from atelier.core.text import Tokenizer
    from atelier.pipeline.generation.text import Request, Writer


@click.command()
@click.argument("run")
@click.option("--prompt", default="", help="What the texts begin with; nothing by default.")
@click.option("-n", "--count", type=click.IntRange(1, 10_000), default=1, show_default=True, help="How many texts.")
@click.option("--max-tokens", type=click.IntRange(2), help="The most tokens of a text; by default what RUN can recall.")
@click.option(
    "--temperature",
    type=click.FloatRange(0, 10),
    default=0.7,
    show_default=True,
    help="0: always the likeliest token; 1: as the model has it; above: wilder.",
)
@click.option("--top-k", type=int, default=0, show_default=True, help="Only the so many likeliest tokens; 0: all.")
@click.option(
    "--top-p", type=float, default=1.0, show_default=True, help="Only the fewest that are so likely together."
)
@click.option("--min-p", type=float, default=0.0, show_default=True, help="Only those so likely beside the likeliest.")
@click.option("--repetition-penalty", type=float, default=1.0, show_default=True, help="Above 1: shun what was said.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the first; the next have +1."
)
@click.option("--stream", is_flag=True, help="Show each text while it is written.")
@trained.unverified_option
def write(
    run: str,
    prompt: str,
    count: int,
    max_tokens: int | None,
    temperature: float,
    seed: int,
    stream: bool,
    unverified: bool,
    **filters: float,
) -> None:
    """Write texts with RUN, a trained language model of params.yaml, to the standard output.

    A text depends on its seed alone: -n 1 --seed 2 writes the third text of -n 3.

    RUN@v1.2.0, RUN@prod or RUN@COMMIT write with the network and the tokenizer of that version, stage or commit, which
    come from DVC's cache or its remote; `atelier models` lists them.

    \b
    Examples:
      atelier write imdb-lm --prompt "this movie"
      atelier write imdb-lm --prompt "this movie" --temperature 0.7 --top-p 0.9 -n 3
      atelier write imdb-lm --temperature 1.2 --min-p 0.05 --stream
      atelier write imdb-lm@v1.0.0 --prompt "this movie"
    """
    with one_line_errors():
        chosen = validate(Filters, filters, "options")
        found = trained.find(project.root(), run, "text", unverified)
        # Imported here, so that a slip in the arguments is told at once and not after Keras has been loaded.
        from atelier.core.text import TOKENIZER, Tokenizer
        from atelier.pipeline import networks
        from atelier.pipeline.generation.text import Request, Writer

        tokenizer = Tokenizer(found.written("prepare", found.dataset, [TOKENIZER]) / TOKENIZER)
        network = networks.load(found.directory)
        given = tuple(tokenizer.encode(prompt))
        requests = [Request(given, number, temperature, chosen) for number in range(seed, seed + count)]
        writer = Writer(network.model, 1 if stream else min(count, 16), max_tokens or network.config.context)
        (_stream if stream else _print)(writer, requests, tokenizer)


def _print(writer: "Writer", requests: list["Request"], tokenizer: "Tokenizer") -> None:
    for request, text in zip(requests, writer.write(requests), strict=True):
        _head(request, len(requests))
        click.echo(tokenizer.decode(text.tokens))


def _stream(writer: "Writer", requests: list["Request"], tokenizer: "Tokenizer") -> None:
    for request in requests:
        _head(request, len(requests))
        shown = ""
        for text in writer.stream(request):
            said = tokenizer.decode(text.tokens)
            # A character of which only the first bytes are there is held back.
            if said.startswith(shown) and not said.endswith("\ufffd"):
                click.echo(said[len(shown) :], nl=False)
                shown = said
        click.echo()


def _head(request: "Request", count: int) -> None:
    if count > 1:
        click.echo(click.style(f"seed {request.seed}", dim=True), err=True)
