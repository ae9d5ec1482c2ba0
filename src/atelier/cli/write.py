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

PROMPT = """The words that every text begins with; "" for none."""
TEMPERATURE = """How random the texts are. 0 always takes the most probable token, 1 samples with the model's
    probabilities, and above 1 improbable tokens are sampled more often."""
TOP_K = "Sample only from the K most probable tokens, for example 50; 0 disables it."
TOP_P = """Sample only from the most probable tokens whose probabilities add up to P, for example 0.9; 1 disables it."""
MIN_P = """Never sample a token that is less than P times as probable as the most probable one, for example 0.05; 0
    disables it."""
REPETITION_PENALTY = """Make tokens that the text already contains less probable: the larger, the fewer repetitions, for
    example 1.2; 1 disables it."""
MAX_TOKENS = "Maximum length of a text in tokens, with its prompt."
SEEDS = "Seed of the first text; the next texts have the seeds N+1, N+2, and so on."
CONTINUE_WORD = "Allow a text to complete the last word of the prompt, such as film to filmed."


@click.command()
@click.argument("run", type=NAME)
@click.option("--prompt", type=TEXT, help=PROMPT, show_default="the prompt of RUN in params.yaml")
@click.option("-n", "--count", metavar="N", type=click.IntRange(1, 10_000), default=1, help="Number of texts.")
@click.option(
    "--max-tokens",
    metavar="N",
    type=click.IntRange(2, 1_000_000),
    help=MAX_TOKENS,
    show_default="the longest that RUN allows",
)
@click.option("--temperature", metavar="T", type=Number(0, 10), default=0.7, help=TEMPERATURE)
@click.option("--top-k", metavar="K", type=int, default=0, help=TOP_K)
@click.option("--top-p", metavar="P", type=float, default=1.0, help=TOP_P)
@click.option("--min-p", metavar="P", type=float, default=0.0, help=MIN_P)
@click.option("--repetition-penalty", metavar="R", type=float, default=1.0, help=REPETITION_PENALTY)
@click.option("--seed", metavar="N", type=SEED, default=0, help=SEEDS)
@click.option("--continue-word", is_flag=True, help=CONTINUE_WORD)
@click.option("--stream", is_flag=True, help="Print each text while it is generated.")
@trained.unverified_option
def write(
    run: str,
    prompt: str | None,
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

    A text begins with the prompt. Then the model adds one token (a word or a part of a word) at a time: it computes the
    probability of every token and samples one of them. Several texts are printed one after another, their seeds on
    stderr.

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
        length = max_tokens or network.config.context
        start = Prompt.of(found.prompt() if prompt is None else prompt, tokenizer, continue_word)
        if prompt is None and len(start.tokens) >= length:
            click.echo(f"without a prompt: that of {run} does not fit in {length} tokens", err=True)
            start = Prompt.of("", tokenizer)
        requests = [start.request(number, temperature, chosen) for number in range(seed, seed + count)]
        writer = Writer(network.model, 1 if stream else min(count, 16), length)
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
