"""`atelier write`: generate text with a trained language model, without running DVC."""

from typing import TYPE_CHECKING

import click

from atelier.cli import project, trained
from atelier.cli.arguments import NAME, SEED, TEXT, Number
from atelier.core.quiet import without_notices
from atelier.modalities.text.params import Filters
from atelier.params.strict import validate

if TYPE_CHECKING:
    from atelier.core.text import Tokenizer
    from atelier.modalities.text.generate import Request, Writer

TEMPERATURE = "0: always the most probable token; 1: the model's own probabilities; above 1: more random."
TOP_P = "Sample only from the smallest set of tokens with total probability P; 1 disables it."
MIN_P = "Sample only tokens with at least P times the highest probability; 0 disables it."
REPETITION_PENALTY = "Make tokens that are already in the text less probable; 1 disables it."


@click.command()
@click.argument("run", type=NAME)
@click.option("--prompt", default="", type=TEXT, help="The beginning of the texts.")
@click.option("-n", "--count", type=click.IntRange(1, 10_000), default=1, help="Number of texts.")
@click.option(
    "--max-tokens", type=click.IntRange(2, 1_000_000), help="Maximum length of a text. [default: RUN's context]"
)
@click.option("--temperature", type=Number(0, 10), default=0.7, help=TEMPERATURE)
@click.option("--top-k", type=int, default=0, help="Sample only from the K most probable tokens; 0 disables it.")
@click.option("--top-p", type=float, default=1.0, help=TOP_P)
@click.option("--min-p", type=float, default=0.0, help=MIN_P)
@click.option("--repetition-penalty", type=float, default=1.0, help=REPETITION_PENALTY)
@click.option("--seed", type=SEED, default=0, help="Of the first text; the next ones have SEED+1, SEED+2, …")
@click.option("--continue-word", is_flag=True, help="Let the first token continue the last word of the prompt.")
@click.option("--stream", is_flag=True, help="Print each text while it is generated.")
@trained.unverified_option
def write(
    run: str,
    prompt: str,
    count: int,
    max_tokens: int | None,
    temperature: float,
    seed: int,
    continue_word: bool,
    stream: bool,
    unverified: bool,
    **filters: float,
) -> None:
    """Generate texts with RUN, a trained language model of params.yaml, and print them.

    The words of the prompt are complete unless --continue-word is given: with sub-words, "film" could become "filmed".

    A text depends on its seed only: -n 1 --seed 2 generates the third text of -n 3.

    RUN@v1.2.0, RUN@prod or RUN@COMMIT use the network and the tokenizer of that version, stage or commit, which come
    from DVC's cache or its remote; `atelier models` lists them.

    \b
    Examples:
      atelier write imdb-lm --prompt "this movie"
      atelier write imdb-lm --prompt "this movie" --temperature 0.7 --top-p 0.9 -n 3
      atelier write imdb-lm --temperature 1.2 --min-p 0.05 --stream
      atelier write imdb-lm@v1.0.0 --prompt "this movie"
    """
    with without_notices():
        chosen = validate(Filters, filters, "options")
        found = trained.find(project.root(), run, "text", unverified)
        # Imported after the checks, because loading Keras takes seconds.
        from atelier.core.text import TOKENIZER, Tokenizer
        from atelier.modalities.text.generate import Prompt, Writer
        from atelier.networks import network as networks

        tokenizer = Tokenizer(found.written("prepare", found.dataset, [TOKENIZER]) / TOKENIZER)
        network = networks.load(found.directory)
        start = Prompt.of(prompt, tokenizer, continue_word)
        requests = [start.request(number, temperature, chosen) for number in range(seed, seed + count)]
        writer = Writer(network.model, 1 if stream else min(count, 16), max_tokens or network.config.context)
        (_stream if stream else _print)(writer, requests, tokenizer)


def _print(writer: "Writer", requests: list["Request"], tokenizer: "Tokenizer") -> None:
    for request, text in zip(requests, writer.write(requests), strict=True):
        _print_seed(request, len(requests))
        click.echo(tokenizer.decode(text.tokens))


def _stream(writer: "Writer", requests: list["Request"], tokenizer: "Tokenizer") -> None:
    for request in requests:
        _print_seed(request, len(requests))
        shown = ""
        for text in writer.stream(request):
            decoded = tokenizer.decode(text.tokens)
            # Wait for the remaining bytes of an incomplete character.
            if decoded.startswith(shown) and not decoded.endswith("\ufffd"):
                click.echo(decoded[len(shown) :], nl=False)
                shown = decoded
        click.echo()


def _print_seed(request: "Request", count: int) -> None:
    if count > 1:
        click.echo(click.style(f"seed {request.seed}", dim=True), err=True)
