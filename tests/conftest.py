"""Fixtures that many tests share: the committed parameters with few images and few epochs, and what they give."""

import copy
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Imported before Keras: GTO then closes every handler of logs that there is, and with absl's pytest's own stream.
import gto.log  # noqa: F401
import pytest
import yaml

from atelier.core import environment, files

ROOT = Path(__file__).parents[1]

pytest_plugins = ("copied_results", "toy_pipeline")


# Stages that compute numbers, which depend on the versions of packages.
COMPUTING = ("prepare", "judge", "train", "sample", "evaluate", "edit")
# The changes that make a dataset of each format, a judge of each modality and a run of each family small.
FORMATS = {"mnist": "idx", "fashion_mnist": "idx", "celeba": "faces", "imdb": "reviews"}
EMBEDDED = {
    "idx": {"train": 400, "test": 150},
    "faces": {"train": 400, "validation": 100, "test": 150},
    "reviews": {"train": 200, "test": 200, "unsup": 60},
}
PREPARED = {
    "idx": {"validation": 60},
    "faces": {"size": 16},
    "reviews": {"tokenizer": "bpe", "vocabulary": 400, "unsup": True, "validation": 40},
}
JUDGED = {
    "images": {"train": {"filters": [4, 8]}, "gauge": {}},
    "text": {"train": {"length": 32, "embedding": 8, "kernels": [2], "filters": 8}, "gauge": {"tokens": 24}},
}
OF_IMAGES = {
    "train": {"watch_images": 100},
    "sample": {"shown": 12, "interpolations": 2, "steps": 4},
    "evaluate": {"shown": 4},
}
OF_TEXT = {
    "train": {
        "context": 32,
        "width": 16,
        "depth": 1,
        "heads": 2,
        "hidden": 32,
        "steps_per_epoch": 8,
        "validation_tokens": 2000,
        "preview_temperatures": [0.5, 1.0],
        "preview_tokens": 24,
        "watch_texts": 100,
    },
    "sample": {"temperatures": [0.7, 1.0], "shown": 2, "max_tokens": 24},
    "evaluate": {"temperature": 0.7, "test_texts": 100, "stride": 32, "order": 3, "bleu_samples": 20, "longest": 3},
}
FAMILIES = {
    "vae": {
        "train": OF_IMAGES["train"],
        "sample": OF_IMAGES["sample"] | {"manifold": 4, "reconstructions": 4, "mixture_components": 2},
        "evaluate": OF_IMAGES["evaluate"] | {"importance_samples": 2},
    },
    "gan": {
        "train": OF_IMAGES["train"] | {"generator_base": 8, "generator_filters": [8], "discriminator_filters": [4, 8]},
        "sample": OF_IMAGES["sample"],
        "evaluate": OF_IMAGES["evaluate"],
    },
    "transformer_lm": OF_TEXT,
}


def shrink(params: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters with so little data and training that a stage takes seconds."""
    small = copy.deepcopy(params)
    for name, download in small["downloads"].items():
        download["source"] = "embedded"
        download["embedded"] |= EMBEDDED[FORMATS[name]]
    for name, dataset in small["datasets"].items():
        dataset["prepare"] |= PREPARED[FORMATS[name]]
    compared = {"samples": 120, "neighbours": 3, "subsets": 3, "subset_size": 60}
    for name, judge in small["judges"].items():
        own = JUDGED["text" if name == "imdb" else "images"]
        judge["train"] |= {"features": 8, "epochs": 1, "batch": 32} | own["train"]
        judge["gauge"] |= compared | own["gauge"]
    for run in small["runs"].values():
        own = FAMILIES[run["family"]]
        run["train"] |= {"epochs": 2, "batch": 32, "preview_epochs": 1} | own["train"]
        if run["family"] == "vae":
            run["train"] |= {"encoder_filters": [4, 8], "jit_compile": False}
        if run["family"] == "vae" and run["dataset"] == "celeba":
            run["train"] |= {"latent_dim": 16, "decoder_filters": [8, 4]}
        elif run["family"] == "vae":
            run["train"] |= {"encoder_dense": [32], "decoder_dense": [32]}
        run["sample"] |= {"samples": 120, "batch": 32} | own["sample"]
        run["evaluate"] |= compared | {"batch": 32} | own["evaluate"]
        if run["evaluate"].get("classifier_epochs"):
            run["evaluate"]["classifier_epochs"] = 1
    for edit in small["edits"].values():
        edit |= {"steps": 3, "faces": 2, "examples": 2, "train_images": 200, "images": 60, "batch": 32}
        if edit["inversion"]:
            edit["inversion"] |= {"filters": [4, 8], "refine_steps": 2, "epochs": 2, "batch": 32}
    return small


# They run whole pipelines and trainings: started last, they would keep one worker busy while the others are idle.
LONGEST = (
    "tests/test_graph.py",
    "tests/test_docs.py",
    "tests/training/test_resume.py",
    "tests/families/test_contract.py",
    "tests/cli/test_add.py",
    "tests/cli/test_run.py",
    "tests/workflow/test_remotes.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def order(item: pytest.Item) -> int:
        name = item.nodeid.partition("::")[0]
        return LONGEST.index(name) if name in LONGEST else len(LONGEST)

    items.sort(key=order)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], Any]], Path]:
    """Build a directory once for all workers: ``shared("mnist", build)`` calls ``build(directory)`` in one of them."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent

    def make(name: str, build: Callable[[Path], Any]) -> Path:
        directory, done = base / f"shared-{name}", base / f"shared-{name}.done"
        with (base / f"shared-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                directory.mkdir()
                build(directory)
                done.touch()
        return directory

    return make


@pytest.fixture(scope="session")
def small_params() -> dict[str, Any]:
    return shrink(yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def params_file(small_params: dict[str, Any], shared) -> Path:
    text = yaml.safe_dump(small_params, sort_keys=False)
    return shared("params", lambda place: (place / "params.yaml").write_text(text, encoding="utf-8")) / "params.yaml"


@pytest.fixture(scope="session")
def manifests(shared) -> Path:
    """The manifests of all stages, as the stage `code` writes them."""
    command = [sys.executable, str(ROOT / "stages" / "code.py"), "--out"]
    return shared("manifests", lambda place: subprocess.run([*command, str(place / "code")], check=True)) / "code"


@pytest.fixture(scope="session")
def manifest(manifests: Path) -> Callable[[str, str, Path], Path]:
    """Find the manifest of a stage for one entry of a parameter file: ``manifest("train", "mnist-vae", params)``."""

    def find(stage: str, name: str, params: Path) -> Path:
        sections = yaml.safe_load(params.read_text(encoding="utf-8"))
        match stage:
            case "train" | "sample" | "evaluate":
                entry = sections["runs"].get(name, {}).get("family", "vae")
            case "prepare" | "judge":
                entry = sections["datasets"].get(name, {}).get("kind", "mnist")
            case "download":
                entry = name
            case "edit":
                entry = sections["edits"].get(name, {}).get("family", "vae")
            case _:
                return manifests / f"{stage}.json"
        return manifests / stage / f"{entry}.json"

    return find


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file with the versions of the packages."""
    path = tmp_path_factory.mktemp("packages") / "environment.json"
    files.write_json(path, environment.versions())
    return path


@pytest.fixture(scope="session")
def run_stage(manifest, packages):
    """Run a stage script in a process of its own: ``run_stage("train", "mnist-vae", "--out", …)``."""

    def run(
        stage: str, *arguments: str | Path, check: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        given = [str(argument) for argument in arguments]
        params = Path(given[given.index("--params") + 1]) if "--params" in given else ROOT / "params.yaml"
        if "--code" not in given:
            readable = params if params.is_file() else ROOT / "params.yaml"
            given += ["--code", str(manifest(stage, given[0], readable))]
        if stage in COMPUTING and "--environment" not in given:
            given += ["--environment", str(packages)]
        command = [sys.executable, str(ROOT / "stages" / f"{stage}.py"), *given]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, check=False)
        if check and done.returncode:
            pytest.fail(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    return run


@pytest.fixture(scope="session")
def prepared(shared, params_file: Path) -> Path:
    """A small prepared MNIST twin."""
    return shared("mnist", lambda place: _prepare("mnist", params_file, place)) / "prepared"


@pytest.fixture(scope="session")
def prepared_texts(shared, params_file: Path) -> Path:
    """A small prepared IMDb twin."""
    return shared("imdb", lambda place: _prepare("imdb", params_file, place)) / "prepared"


@pytest.fixture(scope="session")
def judge(shared, manifest, params_file: Path, prepared: Path) -> Path:
    """A judge of the small MNIST twin, trained for one epoch."""
    code = manifest("judge", "mnist", params_file)
    return shared("mnist-judge", lambda place: _judge("mnist", params_file, prepared, code, place)) / "judge"


@pytest.fixture(scope="session")
def judge_of_texts(shared, manifest, params_file: Path, prepared_texts: Path) -> Path:
    """A judge of the small IMDb twin, trained for one epoch."""
    code = manifest("judge", "imdb", params_file)
    return shared("imdb-judge", lambda place: _judge("imdb", params_file, prepared_texts, code, place)) / "judge"


@pytest.fixture(scope="session")
def language_model(shared, manifest, params_file: Path, prepared_texts: Path, judge_of_texts: Path) -> Path:
    """A trained network of the run `imdb-lm`, with its history and previews."""
    code = manifest("train", "imdb-lm", params_file)

    def build(place: Path) -> None:
        import keras

        from atelier.core.prepared import Prepared
        from atelier.params import file
        from atelier.training.run import train

        keras.utils.clear_session()
        run = file.read(params_file).entry("runs", "imdb-lm")
        train(run, Prepared.read(prepared_texts), judge_of_texts, code, place / "imdb-lm", place / "checkpoints")

    return shared("imdb-lm", build) / "imdb-lm"


@pytest.fixture(scope="session")
def lock():
    """Write a `dvc.lock` that names files as they are: ``lock(root, "train@mnist-vae", "data/…/config.json")``."""

    def write(root: Path, stage: str, *paths: str) -> None:
        digests = {path: hashlib.md5((root / path).read_bytes(), usedforsecurity=False).hexdigest() for path in paths}
        outs = [{"path": path, "hash": "md5", "md5": digest} for path, digest in digests.items()]
        stages = {stage: {"cmd": "python stages/train.py", "outs": outs}}
        text = yaml.safe_dump({"schema": "2.0", "stages": stages}, sort_keys=False)
        (root / "dvc.lock").write_text(text, encoding="utf-8")

    return write


@pytest.fixture(scope="session")
def trained_digits(shared, lock, params_file: Path) -> Path:
    """The files of a checkout with the network of the run `mnist-vae`, whose weights are random."""

    def build(place: Path) -> None:
        from atelier.core.spec import Spec

        spec = Spec("mnist", (28, 28, 1), (0, 255), tuple("0123456789"), (), {}, {}, "embedded")
        _checkout(place, "mnist-vae", spec, params_file, lock)

    return shared("trained-digits", build)


@pytest.fixture(scope="session")
def trained_texts(shared, lock, params_file: Path, prepared_texts: Path) -> Path:
    """The files of a checkout with the dataset and the network of the run `imdb-lm`, whose weights are random."""

    def build(place: Path) -> None:
        from atelier.core.spec import Spec

        shutil.copytree(prepared_texts, place / "data/prepared/imdb")
        _checkout(place, "imdb-lm", Spec.read(prepared_texts / "spec.json"), params_file, lock)

    return shared("trained-texts", build)


def _checkout(place: Path, run: str, spec: Any, params: Path, lock: Callable[..., None]) -> None:
    """Write the parameters, the pipeline, and the network of a run with random weights and its `dvc.lock`."""
    from atelier.networks import network as networks
    from atelier.params import file

    shutil.copy(params, place / "params.yaml")
    shutil.copy(ROOT / "dvc.yaml", place)
    entry, model = file.read(params).entry("runs", run), f"data/models/{run}"
    networks.save(networks.build(entry.family, entry.train, spec, seed=1, precision="float32"), place / model)
    lock(place, f"train@{run}", f"{model}/config.json", f"{model}/model.weights.h5")


# Calls of the library rather than of stage scripts: a process that imports TensorFlow takes longer than their work.
def _prepare(name: str, params: Path, place: Path) -> None:
    from atelier.core import lookup
    from atelier.datasets.download import record
    from atelier.params import file

    checked = file.read(params)
    raw, dataset = place / "raw", checked.entry("datasets", name)
    raw.mkdir()
    lookup.module("datasets", name, "twin.write").write(raw, checked.entry("downloads", name).embedded)
    record.write(raw, name, "embedded")
    source = lookup.module("datasets", dataset.kind, "source")
    source.prepare(name, raw, place / "prepared", dataset.prepare, "embedded")


def _judge(name: str, params: Path, prepared: Path, code: Path, place: Path) -> None:
    import keras

    from atelier.core import lookup
    from atelier.core.prepared import Prepared
    from atelier.params import file

    # Keras numbers layers per process and writes these names beside the weights: begin as the stage's process does.
    keras.utils.clear_session()
    checked = file.read(params)
    modality = lookup.module("modalities", checked.entry("datasets", name).modality, "judge")
    section = checked.entry("judges", name)
    modality.train(Prepared.read(prepared), section, code, place / "judge", place / "checkpoints")
