"""The `atelier` command: a table of commands, each imported only when it is called."""

from importlib import import_module

import click

# name: (module, the line in `atelier --help`). The module holds a click command of that name, `_` for `-`.
COMMANDS = {
    "profile": ("atelier.cli.profile", "Choose the scale: demo, laptop or full."),
    "generate": ("atelier.cli.generate", "Generate pictures with a trained run."),
    "write": ("atelier.cli.write", "Generate text with a trained language model."),
    "edit": ("atelier.cli.edit", "Edit an attribute of faces in pictures, such as a smile or glasses."),
    "models": ("atelier.cli.models", "List the models of every version and stage."),
    "why": ("atelier.cli.why", "Show which stages would run, and what changed."),
    "run": ("atelier.cli.run", "Run the pipeline, independent stages side by side."),
    "compare": ("atelier.cli.compare", "Compare parameters, numbers and pictures with another commit."),
    "check": ("atelier.cli.check", "Check the results against the gates."),
    "publish": ("atelier.cli.publish", "Push results to the team, if no gate fails."),
    "gc": ("atelier.cli.gc", "Show files that can be removed, or remove them."),
    "merge-lock": ("atelier.cli.merge_lock", "Merge dvc.lock stage by stage, for Git."),
    "graph": ("atelier.cli.graph", "Check dvc.yaml against the code, or update it."),
}


class LazyGroup(click.Group):
    """A group that lists its commands from the table and imports a command when it is called.

    Importing all of them for a page of help would load Keras and TensorFlow.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None if the table does not have it."""
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table into the page of help."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name, or fail with the known ones."""
        if args and args[0] not in COMMANDS:
            ctx.fail(f"no command {args[0]!r}; the commands are: {', '.join(COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="atelier")
def main() -> None:
    """Atelier: generative models from raw data to an evaluated report.

    DVC runs the pipeline (`dvc repro`); these commands help around it.

    \b
    Examples:
      atelier profile list             the available scales
      atelier profile apply laptop     real data, two cores; then: dvc repro
      atelier profile diff full        what `full` would change
      atelier why                      which stages would run, and what changed
      atelier generate mnist-vae -n 64 -o grid.png
    """


if __name__ == "__main__":
    main()
