"""The `atelier` command: a table of subcommands, each imported only when it is called."""

from importlib import import_module
from typing import Any

import click

from atelier.core import similar, terminal
from atelier.core.errors import one_line_errors

# Each is the command of that name, with `_` for `-`, in the module of that name.
COMMANDS = {
    "profile": "Choose the scale: demo, laptop or full.",
    "add": "Describe your own pictures or texts in params.yaml.",
    "generate": "Generate pictures with a trained run.",
    "write": "Generate text with a trained language model.",
    "edit": "Edit an attribute of faces in pictures, such as a smile or glasses.",
    "export": "Export a trained run for programs that do not have this package.",
    "models": "List the models of every version and stage.",
    "why": "Show which stages would run, and what changed.",
    "run": "Run the pipeline, independent stages in parallel.",
    "compare": "Compare parameters, metrics and pictures with another commit.",
    "check": "Check the results against the limits in gates.yaml.",
    "publish": "Push results to the team, if `atelier check` passes.",
    "gc": "Show files that can be removed, or remove them.",
    "merge-lock": "Merge dvc.lock stage by stage, for Git.",
    "graph": "Check that dvc.yaml lists the model of every run, or update it.",
}


class LazyGroup(click.Group):
    """A group that lists its commands from the table, because importing all of them takes seconds."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Parse the arguments; `--help` prints here, where its errors are shown as `invoke` shows them."""
        with one_line_errors():
            return super().make_context(*args, **{"color": False if terminal.no_color() else None} | extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and show errors that a user can act on as one line."""
        with one_line_errors():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None if the table does not have it."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(import_module(f"atelier.cli.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name; an error lists the known ones."""
        if args and args[0] not in COMMANDS:
            hint = similar.suggestion(args[0], COMMANDS) or ";"
            ctx.fail(f"no command {args[0][:100]!r}{hint} the commands are: {', '.join(COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True},
)
@click.version_option(package_name="atelier")
def main() -> None:
    """Atelier: generative models from raw data to an evaluated report.

    DVC runs the pipeline (`dvc repro`); these commands complement it. `atelier COMMAND --help` explains each.

    \b
    Examples:
      atelier run                                    bring all results up to date
      atelier run evaluate@mnist-vae                 only those of one run
      atelier why                                    what would run, and why
      atelier generate mnist-vae -n 64 -o grid.png   64 new pictures, on a sheet
      atelier write imdb-lm -n 3                     three new texts
      atelier edit celeba-vae me.jpg --concept Smiling -o smile.png
      atelier compare                                what differs from main
      atelier profile apply laptop                   real data; then: atelier run
    """


if __name__ == "__main__":
    main()
