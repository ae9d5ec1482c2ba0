"""`atelier export`: write a trained network in a format that works without this package."""

import shutil
from pathlib import Path

import click

from atelier.cli import project, trained
from atelier.core import files
from atelier.core.quiet import without_notices
from atelier.core.spec import Spec
from atelier.core.text import TOKENIZER
from atelier.exporting import formats
from atelier.exporting.written import Exported
from atelier.report import model_card
from atelier.report.gauge import Gauge
from atelier.workflow.versions import evaluation, lock_file, revisions

CARD, JUDGE = "README.md", "judge.json"
OUT = "The folder to write; it must not exist, or be empty."


@click.command()
@click.argument("run")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help=OUT)
@click.option("--format", "form", type=click.Choice(list(formats.FORMATS)), default="keras", help="What to write.")
@trained.unverified_option
def export(run: str, out: Path, form: str, unverified: bool) -> None:
    """Export RUN, a trained run of params.yaml, for programs that do not have this package.

    \b
    keras        decoder.keras and, if the family has one, encoder.keras: Keras's own layers
    saved_model  TensorFlow: signatures encode, decode and generate; next_token_logits of a language model
    onnx         decoder.onnx and encoder.onnx, for ONNX Runtime; needs the extra `onnx`

    Images are uint8 on both sides. What was written is loaded again and compared with the network: at most one grey
    level of difference. README.md in the folder is its model card: how to load it, data and licence, parameters and
    scores.

    RUN@v1.2.0, RUN@prod or RUN@COMMIT export the network of that version, stage or commit, which comes from DVC's cache
    or its remote; `atelier models` lists them.

    \b
    Examples:
      atelier export mnist-vae -o digits
      atelier export mnist-vae@prod -o digits --format onnx
      atelier export imdb-lm -o reviews --format saved_model
    """
    with without_notices():
        _require_new(out)
        found = trained.find(project.root(), run, None, unverified)
        chosen = formats.require(form, run, found.family)
        network = found.load()
        # Imported after the checks, because loading Keras takes seconds.
        from atelier.exporting.export import export as write

        with files.atomic_directory(out.absolute()) as directory:
            exported = write(network, chosen, directory)
            if network.spec.vocabulary:
                _copy_tokenizer(found, network.spec, directory)
            description = files.read_json(found.directory / trained.CONFIG)
            files.write_text(directory / CARD, _card(found, run, form, description, exported))
    for part in exported:
        click.echo(f"{run}, {part.signature}: {out / part.file}")
    click.echo(f"model card: {out / CARD}")


def _require_new(out: Path) -> None:
    if out.suffix in (".keras", ".onnx", ".h5", ".pb", ".zip"):
        raise ValueError(f"{out}: an export is a folder with its model card; give a name without {out.suffix}")
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise ValueError(f"{out} exists already; choose another folder, or remove it")
    project.require_parent(out)


def _copy_tokenizer(found: trained.Trained, spec: Spec, directory: Path) -> None:
    source = found.written("prepare", found.dataset, [TOKENIZER]) / TOKENIZER
    if not source.is_file() or files.sha256(source) != spec.sha256.get(TOKENIZER):
        raise ValueError(
            f"{source} is not the tokenizer that {found.run} was trained with; "
            f"`dvc pull prepare@{found.dataset}` or `dvc repro train@{found.run}`"
        )
    shutil.copyfile(source, directory / TOKENIZER)


def _card(found: trained.Trained, run: str, form: str, description: dict, exported: list[Exported]) -> str:
    weights = lock_file.md5(found.directory / trained.WEIGHTS)
    commit = found.commit
    if commit is None:
        texts = [_text(found.root / name) for name in (lock_file.FILE, revisions.METRICS)]
        head = revisions.commit_hash(found.root, "HEAD")
        outs = revisions.Commit(found.root, head, "HEAD").outs().get(f"train@{found.run}", {}) if head else {}
        hash_ = head if weights in {out.md5 for out in outs.values()} else ""
    else:
        texts, hash_ = [commit.text(name) for name in (lock_file.FILE, revisions.METRICS)], commit.hash
    recorded = evaluation.record(found.run, weights, *texts)
    gauge, unjudged = _gauge(found) if recorded.metrics else (Gauge(None, {}), "")
    card = model_card.Card(
        named=run,
        family=found.family,
        spec=Spec.from_dict(description["spec"]),
        commit=hash_,
        config=description["config"],
        precision=description["precision"],
        train=recorded.train,
        metrics=recorded.metrics,
        unscored=recorded.unscored,
        gauge=gauge,
        unjudged=unjudged,
        form=form,
        exported=exported,
    )
    return model_card.markdown(card)


def _gauge(found: trained.Trained) -> tuple[Gauge, str]:
    """Return the gauge of the dataset's judge, or an empty one and the reason."""
    try:
        path = found.written("judge", found.dataset, [JUDGE]) / JUDGE
    except ValueError as error:
        # Neither cache nor remote needs to have it for the network to be complete.
        return Gauge(None, {}), str(error)
    if not path.is_file():
        return Gauge(None, {}), f"`dvc pull judge@{found.dataset}` fetches it"
    return Gauge.of(files.read_json(path)), ""


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
