"""`atelier run`: the pipeline, independent stages side by side."""

import click

from atelier.cli import project
from atelier.core.door import one_line_errors


@click.command()
@click.argument("targets", metavar="[TARGET]...", nargs=-1)
@click.option("-j", "--jobs", type=click.IntRange(1), help="Cores to share out. [default: all]")
@click.option("--gpus", type=click.IntRange(0), help="GPUs to share out. [default: all that are visible]")
@click.option("--memory", type=click.FloatRange(0, min_open=True), help="GB of memory to share out. [default: all]")
@click.option("--pull", is_flag=True, help="Fetch what is missing from the remote rather than run for it.")
@click.option("--dry", is_flag=True, help="Only say what would run.")
def run(
    targets: tuple[str, ...], jobs: int | None, gpus: int | None, memory: float | None, pull: bool, dry: bool
) -> None:
    """Bring TARGET… up to date, as `dvc repro` does, with independent stages side by side.

    Each stage runs in a `dvc repro --single-item` of its own; dvc.lock comes out as `dvc repro` would have written it.
    How many fit beside one another their `meta: {slots: …}` in dvc.yaml says: cores, GPUs, and GB of memory. A stage
    that asks for more than there is runs alone. What takes longest to an end begins first, by the times of earlier
    runs.

    What a stage says is in .checkpoints/logs/STAGE.log. After a failure nothing more begins, and what runs comes to its
    end. Ctrl-C interrupts what runs. The same command later goes on.

    Exits with 1 if a stage failed, with 130 if interrupted.

    \b
    Examples:
      atelier run                       everything, on all cores
      atelier run -j 2 train            two cores; the trainings and what comes before them
      atelier run --pull                in a fresh clone: fetch, then run what is left
      atelier run --dry                 what would run; `atelier why` says more
    """
    with one_line_errors():
        # Imported here, so that `atelier run --help` need not load rich.
        from atelier.cli import running_display
        from atelier.cli.why import lines, summary
        from atelier.repository import gpus as devices
        from atelier.repository import running, scheduling, staleness

        root = project.root()
        if dry:
            verdicts = staleness.stale(root, targets, allow_missing=pull)
            click.echo("\n".join([*(line for verdict in verdicts for line in lines(verdict)), summary(verdicts)]))
            return
        names = devices.first(gpus)
        machine = scheduling.Machine(jobs or scheduling.cores(), len(names), memory or scheduling.memory())
        with running_display.shown() as display:
            result = running.run(root, targets, machine, names, pull, display)
        click.echo(running_display.summary(result, display.seconds))
        for stage in result.failed:
            click.echo(running_display.failure(root, stage), err=True)
    if result.interrupted:
        raise click.exceptions.Exit(130)
    if result.failed:
        raise click.exceptions.Exit(1)
