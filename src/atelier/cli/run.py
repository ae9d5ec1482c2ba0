"""`atelier run`: run the pipeline, independent stages in parallel."""

from contextlib import suppress

import click

from atelier.cli import project
from atelier.cli.arguments import NAME, Number
from atelier.core import git


@click.command()
@click.argument("targets", metavar="[TARGET]...", nargs=-1, type=NAME)
@click.option(
    "-j", "--jobs", metavar="N", type=click.IntRange(1, 4096), help="Number of cores to use.", show_default="all"
)
@click.option(
    "--gpus",
    metavar="N",
    type=click.IntRange(0, 4096),
    help="Number of GPUs to use.",
    show_default="all that are visible",
)
@click.option("--memory", metavar="GB", type=Number(0, 1e6, min_open=True), help="Memory to use.", show_default="all")
@click.option("--pull", is_flag=True, help="Download missing results from DVC's remote instead of computing them.")
@click.option("--dry", is_flag=True, help="Run nothing, but show which stages would run.")
def run(
    targets: tuple[str, ...], jobs: int | None, gpus: int | None, memory: float | None, pull: bool, dry: bool
) -> None:
    """Bring TARGET… up to date, as `dvc repro` does, with independent stages in parallel.

    Each stage runs in a `dvc repro --single-item` of its own; dvc.lock has the same content as after `dvc repro`. How
    many stages run at once depends on their `meta: {slots: …}` in dvc.yaml: cores, GPUs, and GB of memory. A stage that
    asks for more than all of them runs alone. Stages on the longest path, by the times of earlier runs, start first.

    The output of a stage is in .checkpoints/logs/STAGE.log. After a failure no further stage starts, and running stages
    continue to their end. Ctrl-C interrupts running stages; run the same command again to continue.

    Exits with 1 if a stage failed, with 130 if interrupted.

    \b
    Examples:
      atelier run                       everything, on all cores
      atelier run evaluate@mnist-vae    one run: its evaluation and the stages before it
      atelier run -j 2 train            two cores; all trainings and the stages before them
      atelier run --pull                in a fresh clone: fetch, then run what is left
      atelier run --dry                 what would run; `atelier why` takes more options
    """
    # Imported here, so that `atelier run --help` does not load rich.
    from atelier.cli import running_display
    from atelier.cli.why import describe
    from atelier.workflow.running import machine, running, scheduling
    from atelier.workflow.staleness import staleness

    root = project.root()
    if dry:
        click.echo(describe(staleness.stale_stages(root, targets, allow_missing=pull)))
        return
    # The report, the last stage, asks Git for the commit; a refusal of Git is shown before the others have worked.
    with suppress(FileNotFoundError):
        git.run(root, ["rev-parse"])
    names = machine.gpus(gpus)
    resources = scheduling.Machine(jobs or machine.cores(), len(names), memory or machine.memory())
    with running_display.shown() as display:
        result = running.run(root, targets, resources, names, pull, display)
    display.drop_closed_terminal()
    click.echo(running_display.summary(result, display.seconds))
    for stage in result.failed:
        click.echo(running_display.failure(root, stage), err=True)
    if result.interrupted:
        raise click.exceptions.Exit(130)
    if result.failed:
        raise click.exceptions.Exit(1)
