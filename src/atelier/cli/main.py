"""The `atelier` command: a table of commands, each imported only when it is called."""

from importlib import import_module

import click

# name: (module, the line in `atelier --help`). The module holds a click command of that name, `_` for `-`.
COMMANDS = {
    "profile": ("atelier.cli.profile", "Choose the scale: demo, laptop or full."),
    "generate": ("atelier.cli.generate", "Draw pictures from a trained run."),
    "write": ("atelier.cli.write", "Write texts with a trained language model."),
    "edit": ("atelier.cli.edit", "Edit pictures along a concept: add a smile, take off glasses."),
    "models": ("atelier.cli.models", "List the models of every version and stage."),
    "why": ("atelier.cli.why", "Say which stages would run, and what changed."),
    "run": ("atelier.cli.run", "Run the pipeline, independent stages side by side."),
    "compare": ("atelier.cli.compare", "Parameters, numbers and pictures beside another commit's."),
    "check": ("atelier.cli.check", "Hold the results against the gates."),
    "publish": ("atelier.cli.publish", "Push results to the team, if no gate fails."),
    "gc": ("atelier.cli.gc", "Say what could be freed, or free it."),
    "merge-lock": ("atelier.cli.merge_lock", "Merge dvc.lock stage by stage, for Git."),
    "graph": ("atelier.cli.graph", "Hold dvc.yaml against the code, or renew it."),
}


class LazyGroup(click.Group):
    """Commands that are listed from the table and imported when they are called.

    Listing them by import would load Keras and TensorFlow for a page of help.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS:
            ctx.fail(f"no command {args[0]!r}; there are: {', '.join(COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="atelier")
def main() -> None:
    """Atelier: generative models from raw data to a judged report.

    The pipeline itself is run by DVC (`dvc repro`); these commands are for what stands around it.

    \b
    Examples:
      atelier profile list             the scales there are
      atelier profile apply laptop     real data, two cores; then: dvc repro
      atelier profile diff full        what `full` would change
    """


if __name__ == "__main__":
    main()
