"""A small project to report on: parameters, pipeline, a Git history and the outputs of every stage."""

import csv
import json
import math
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import yaml
from PIL import Image, ImageDraw, ImageFont

from atelier.core import pictures
from atelier.report import page
from atelier.report.sources import Sources

DIGITS = [str(digit) for digit in range(10)]
GARMENTS = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
RUNS = {"mnist-vae": "mnist", "mnist-vae-32": "mnist", "fashion_mnist-vae": "fashion_mnist"}
EDITED = "mnist-vae-32"
PARAMS = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text(encoding="utf-8"))
# The run and the dataset of texts.
TEXT_DATASET = "imdb"
TEXT_RUN = "imdb-lm"
RUNS[TEXT_RUN] = TEXT_DATASET

PIPELINE = """
stages:
  environment:
    cmd: python stages/environment.py
    outs:
      - data/environment.json
  code:
    cmd: python stages/code.py
    outs:
      - data/code
  download:
    foreach: ${datasets}
    do:
      cmd: python stages/download.py ${key}
      deps:
        - data/code/download/${key}.json
      outs:
        - data/raw/${key}
  prepare:
    foreach: ${datasets}
    do:
      cmd: python stages/prepare.py ${key}
      deps:
        - data/raw/${key}
      outs:
        - data/prepared/${key}
  judge:
    foreach: ${judges}
    do:
      cmd: python stages/judge.py ${key}
      deps:
        - data/prepared/${key}
      outs:
        - data/judges/${key}
  train:
    foreach: ${runs}
    do:
      cmd: python stages/train.py ${key}
      deps:
        - data/code/train/${item.family}.json
        - data/environment.json
        - data/prepared/${item.dataset}
      outs:
        - data/models/${key}:
            cache: true
  sample:
    foreach: ${runs}
    do:
      cmd: python stages/sample.py ${key}
      deps:
        - data/models/${key}
        - data/prepared/${item.dataset}
      outs:
        - data/samples/${key}
  evaluate:
    foreach: ${runs}
    do:
      cmd: python stages/evaluate.py ${key}
      deps:
        - data/judges/${item.dataset}
        - data/models/${key}
        - data/prepared/${item.dataset}
        - data/samples/${key}
      outs:
        - data/evaluations/${key}
  summarize:
    cmd: python stages/summarize.py
    deps:
      - data/evaluations
    metrics:
      - metrics.json:
          cache: false
  report:
    cmd: python stages/report.py
    deps:
      - data/evaluations
      - data/judges
      - data/models
      - data/prepared
      - data/samples
      - metrics.json
    outs:
      - data/report/index.html
"""


def parameters() -> dict[str, Any]:
    """Return the committed parameters, reduced to the datasets and runs of the small project."""
    run, sections = PARAMS["runs"]["mnist-vae"], {section: {} for section in PARAMS}
    for section in {"downloads", "datasets", "judges"} & set(PARAMS):
        sections[section] = {name: PARAMS[section][name] for name in dict.fromkeys(RUNS.values())}
    return {
        **sections,
        "runs": {
            name: {**(PARAMS["runs"].get(name, run) if name == TEXT_RUN else run), "dataset": dataset}
            for name, dataset in RUNS.items()
        },
        "edits": {EDITED: {**PARAMS["edits"]["celeba-vae"], "dataset": RUNS[EDITED]}},
    }


class Project:
    """The small project in a directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "data"

    def build(self) -> None:
        self.write("params.yaml", yaml.safe_dump(parameters(), sort_keys=False))
        self.write("dvc.yaml", PIPELINE)
        self.write("src/code.py", "answer = 42\n")
        for name, classes in (("mnist", DIGITS), ("fashion_mnist", GARMENTS)):
            self._dataset(name, classes)
        for index, name in enumerate(name for name in RUNS if name != TEXT_RUN):
            self._run(name, DIGITS if RUNS[name] == "mnist" else GARMENTS, index)
        self._texts()
        self._text_run()
        strip = pictures.grid(_glyphs(DIGITS, 4, 5)[:14], 7)
        self._pictures(f"data/edits/{EDITED}", [("strip.png", strip, "Thickness", "From thin to thick.")])
        self.write(f"data/edits/{EDITED}/metrics.json", {"flip_rate_smiling": 0.9, "leakage_smiling": 0.1})
        self.summarize()

    def write(self, name: str, content: Any) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    def summarize(self) -> dict[str, dict[str, float]]:
        metrics = {run: json.loads((self.data / "evaluations" / run / "metrics.json").read_text()) for run in RUNS}
        metrics[EDITED] |= json.loads((self.data / "edits" / EDITED / "metrics.json").read_text())
        self.write("metrics.json", metrics)
        return metrics

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=Test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"]
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=self.root, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, message: str = "results") -> str:
        if not (self.root / ".git").exists():
            self.git("init", "--quiet")
        self.git("add", "params.yaml", "dvc.yaml", "src", "metrics.json")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def sources(self) -> Sources:
        """Return the paths that the stage script receives, relative to the project."""
        data = Path("data")
        return Sources(
            params=Path("params.yaml"),
            pipeline=Path("dvc.yaml"),
            metrics=Path("metrics.json"),
            code=(Path("params.yaml"), Path("dvc.yaml"), Path("src")),
            prepared=data / "prepared",
            judges=data / "judges",
            models=data / "models",
            samples=data / "samples",
            evaluations=data / "evaluations",
            edits=data / "edits",
            profiles=Path("profiles"),
        )

    def _dataset(self, name: str, classes: list[str]) -> None:
        prepared = f"data/prepared/{name}"
        spec = {
            "name": name, "shape": [28, 28, 1], "value_range": [0, 255], "classes": classes, "attributes": [],
            "sizes": {"train": 2700, "validation": 300, "test": 1000}, "sha256": {"train.npy": "ab" * 32},
            "source": "embedded",
        }  # fmt: skip
        self.write(f"{prepared}/spec.json", spec)
        preview = pictures.labelled_rows(_glyphs(classes, 10, 0), classes, columns=10)
        self._pictures(prepared, [("preview.png", preview, "Preview", "Ten training images of each class.")])
        judge = f"data/judges/{name}"
        judged = {
            "test_accuracy": 0.9912,
            "parameters": 61_322,
            "features": 64,
            "samples": 1000,
            "class_accuracy": {label: 0.999 - 0.004 * index for index, label in enumerate(classes)},
            "gauge": {
                row: {
                    "fd": fd, "kid": fd / 900, "kid_std": fd / 9000, "precision": quality, "recall": quality,
                    "density": quality, "coverage": quality,
                }
                for row, fd, quality in (
                    ("floor", 0.42, 0.957), ("blur", 55.2, 0.12), ("noise", 38.9, 0.31), ("missing_class", 6.1, 0.88)
                )
            },
        }  # fmt: skip
        self.write(f"{judge}/judge.json", judged)
        self._history(f"{judge}/history.csv", {"loss": (1.9, 0.03, 1.0), "accuracy": (0.5, 0.993, 1.0)})
        gauge = _glyphs(classes, 8, 9)[:32]
        self._pictures(judge, [("gauge.png", pictures.grid(gauge, 8), "Gauge", "Real, blurred, noisy images.")])

    def _run(self, name: str, classes: list[str], index: int) -> None:
        model, samples, evaluation = (f"data/{part}/{name}" for part in ("models", "samples", "evaluations"))
        self.write(f"{model}/config.json", {"latent_dim": 2})
        self._machine(model)
        with h5py.File(self.root / model / "model.weights.h5", "w", track_order=True) as file:
            file["weights"] = np.arange(8) + index
        columns = {"loss": (212, 138.4 + 9 * index, 1.01), "reconstruction": (206, 131.9, 1.01), "kl": (2.1, 6.5, 0.99)}
        self._history(f"{model}/history.csv", columns, learning_rate=True)
        strip = pictures.grid(_glyphs(classes, 4, 2)[:36], 12)
        self._pictures(f"{model}/previews", [("epoch-12.png", strip, "Epoch 12", "The same latents, epoch by epoch.")])
        glyphs = _glyphs(classes, 40, index)
        shown = [
            ("samples.png", pictures.grid(glyphs[:64], 8), "Samples", "Decoded from the prior, one seed each."),
            ("manifold.png", pictures.grid(glyphs[:400], 20, gap=0), "Manifold", "Through the quantiles of the prior."),
            (
                "reconstructions.png",
                pictures.grid(glyphs[:20], 10),
                "Reconstructions",
                "Test images above, reconstructions below.",
            ),
            ("interpolations.png", pictures.grid(glyphs[:45], 9), "Interpolations", "From one test image to another."),
            ("latents.png", _scatter(index), "Latents", "Test images by class, in the plane of two latents."),
        ]
        self._pictures(samples, shown)
        if index == 0:
            self.write(f"{samples}/architecture.svg", _architecture())
        metrics = {
            "fd": 11.31 + 9.2 * index, "fd_floor": 0.42, "fd_ceiling": 55.2, "kid": 0.0123, "kid_std": 0.0011,
            "kid_floor": 0.0004, "precision": 0.81, "recall": 0.62, "density": 0.74, "coverage": 0.69, "samples": 1000,
            "class_entropy": 2.241, "loss": 139.62 + 9 * index, "reconstruction": 133.01, "kl": 6.61, "active_units": 2,
            "importance_weighted_bound": 136.4, "neighbour_distance": 2.1, "neighbour_distance_test": 2.4,
        }  # fmt: skip
        self.write(f"{evaluation}/metrics.json", metrics)
        shares = np.random.default_rng(index).dirichlet(np.full(len(classes), 12.0))
        histogram = {
            "samples": dict(zip(classes, (float(share) for share in shares), strict=True)),
            "test": dict.fromkeys(classes, 1 / len(classes)),
        }
        self.write(f"{evaluation}/classes.json", histogram)
        neighbours = pictures.grid(glyphs[100:160], 10)
        caption = "Samples above, the training images nearest to them below."
        self._pictures(evaluation, [("neighbours.png", neighbours, "Nearest neighbours", caption)])

    def _texts(self) -> None:
        """Write a dataset of texts and its judge."""
        prepared, judge = f"data/prepared/{TEXT_DATASET}", f"data/judges/{TEXT_DATASET}"
        statistics = {
            "bytes_per_token": 4.4203, "duplicates_in_train": 0, "duplicates_removed": 96, "oov_rate_test": 0.0312,
            "oov_rate_train": 0.0, "oov_rate_validation": 0.0299, "tokens_test": 5_812_345, "tokens_train": 11_630_000,
            "tokens_validation": 580_000, "unlabelled_train": 0, "words_median": 174.0, "words_p95": 590.0,
        }  # fmt: skip
        spec = {
            "name": TEXT_DATASET, "shape": [], "value_range": [], "classes": ["negative", "positive"], "attributes": [],
            "sizes": {"train": 22_500, "validation": 2500, "test": 25_000}, "sha256": {"train.npy": "cd" * 32},
            "source": "embedded", "split_rule": "official", "vocabulary": 10_000, "statistics": statistics,
        }  # fmt: skip
        self.write(f"{prepared}/spec.json", spec)
        cut = [
            ["", "The review", "Its tokens"],
            ["positive", "A rose, in black and white.", "a rose in black and whi|te"],
        ]
        self._listing(prepared, [("reviews.csv", "From text to tokens", "How a review is cut.")])
        with self.write(f"{prepared}/reviews.csv", "").open("w", newline="") as file:
            csv.writer(file).writerows(cut)
        row = {"kid": 0.1, "kid_std": 0.01, "precision": 0.9, "recall": 0.9, "density": 0.9, "coverage": 0.9}
        judged = {
            "test_accuracy": 0.874, "parameters": 812_002, "features": 64, "samples": 1000,
            "class_accuracy": {"negative": 0.881, "positive": 0.867},
            "gauge": {name: {"fd": fd, **row} for name, fd in (("floor", 0.61), ("shuffled", 21.7), ("mixed", 44.1))},
        }  # fmt: skip
        self.write(f"{judge}/judge.json", judged)
        self._history(f"{judge}/history.csv", {"loss": (0.69, 0.2, 1.4), "accuracy": (0.5, 0.93, 0.94)})

    def _machine(self, model: str, *gpus: str) -> None:
        machine = {
            "backend": "tensorflow 2.20.0",
            "cores": 2,
            "gpus": gpus,
            "processor": "A Processor",
            "system": "Linux",
        }
        self.write(f"{model}/machine.json", machine)

    def _text_run(self) -> None:
        """Write the outputs of a run that generates texts, and no picture."""
        model, samples, evaluation = (f"data/{part}/{TEXT_RUN}" for part in ("models", "samples", "evaluations"))
        self.write(f"{model}/config.json", {"width": 128})
        self._machine(model, "NVIDIA H100, 81559 MiB, 570.86")
        with h5py.File(self.root / model / "model.weights.h5", "w", track_order=True) as file:
            file["weights"] = np.arange(8)
        self._history(f"{model}/history.csv", {"loss": (6.4, 4.1, 1.02), "perplexity": (602, 60.3, 1.08)}, True)
        shown = ["temperature 0.2", "temperature 0.7", "temperature 1.0", "temperature 1.3", "top-p 0.9"]
        grown = [(f"epoch {epoch} · perplexity {812 // epoch}", 6.0 / epoch) for epoch in (1, 4, 12)]
        self.write(f"{model}/previews/growth.json", _text_table(shown, grown, 90))
        self._listing(f"{model}/previews", [("growth.json", "How it learns", "The same prompt, epoch by epoch.")])
        self.write(f"{samples}/texts.json", _text_table(shown, [("", 2.0)], 160))
        self._listing(samples, [("texts.json", "Texts", "The same prompt at five temperatures, one seed each.")])
        metrics = {
            "perplexity": 65.41, "word_perplexity": 68.02, "bits_per_byte": 1.312, "oov_rate": 0.0312,
            "ngram_perplexity": 151.2, "ngram_bits_per_byte": 1.604, "distinct_1": 0.04, "distinct_2": 0.31,
            "distinct_3": 0.7, "human_distinct_2": 0.42, "rep_4": 0.012, "human_rep_4": 0.004, "self_bleu_4": 0.41,
            "human_self_bleu_4": 0.33, "copied_8": 0.011, "human_copied_8": 0.008, "longest_copy": 14,
            "human_longest_copy": 19, "fd": 3.81, "fd_floor": 0.61, "fd_ceiling": 44.1, "kid": 0.021, "kid_std": 0.002,
            "kid_floor": 0.0007, "precision": 0.9, "recall": 0.71, "density": 0.93, "coverage": 0.78, "samples": 1000,
            "positive_share": 0.54, "human_positive_share": 0.5,
        }  # fmt: skip
        self.write(f"{evaluation}/metrics.json", metrics)
        shares = {"negative": 0.46, "positive": 0.54}
        self.write(f"{evaluation}/classes.json", {"samples": shares, "test": {"negative": 0.5, "positive": 0.5}})
        self.write(f"{evaluation}/copies.csv", "words,the sample,the training text\n14,so it goes,so it goes\n")
        self._listing(evaluation, [("copies.csv", "Longest copies", "Spans that a sample shares with training text.")])

    def _listing(self, directory: str, shown: list[tuple[str, str, str]]) -> None:
        listing = [{"file": name, "title": title, "caption": caption} for name, title, caption in shown]
        self.write(f"{directory}/pictures.json", listing)

    def _pictures(self, directory: str, shown: list[tuple[str, Any, str, str]]) -> None:
        for name, picture, _, _ in shown:
            pictures.write_png(self.root / directory / name, picture)
        self._listing(directory, [(name, title, caption) for name, _, title, caption in shown])

    def _history(self, name: str, columns: dict[str, tuple[float, float, float]], learning_rate: bool = False) -> None:
        """Write columns that go from a first to a last value; validation is training times a factor."""
        pairs = [(column, f"val_{column}") for column in columns]
        path = self.write(name, "")
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            extra = ["learning_rate"] if learning_rate else []
            writer.writerow(["epoch", *(name for pair in pairs for name in pair), *extra])
            for epoch in range(1, 13):
                row: list[float] = [epoch]
                for first, last, factor in columns.values():
                    value = last + (first - last) * math.exp(-(epoch - 1) / 2.2)
                    row += [value, value * factor + 0.02 * max(0, epoch - 9) * abs(first - last) / 10]
                writer.writerow([*row, *([0.0005 * (1 + math.cos(math.pi * epoch / 12))] if learning_rate else [])])


def _text_table(columns: list[str], rows: list[tuple[str, float]], tokens: int) -> dict[str, Any]:
    """Return texts with a prompt in the report's format; the second entry of a row scales the surprisal."""
    random = np.random.default_rng(tokens)
    words = ["this", "film", "is", "one", "of", "the", "best", "that", "I", "have", "seen", ",", "but", "late", "."]

    def text(scale: float) -> list[list[Any]]:
        drawn = [f" {words[index]}" for index in random.integers(0, len(words), tokens)]
        nats = random.gamma(0.5, scale, tokens)
        written = [[piece, round(float(value), 3)] for piece, value in zip(drawn, nats, strict=True)]
        return [["The", None], [" story", None], *written]

    return {
        "columns": columns,
        "rows": [{"name": name, "cells": [text(s * (1 + n / 3)) for n in range(len(columns))]} for name, s in rows],
    }


def _glyphs(classes: list[str], each: int, seed: int) -> np.ndarray:
    """Draw images (classes·each, 28, 28, 1) with the first letter of each class."""
    random = np.random.default_rng(seed)
    drawn = []
    for label in classes:
        for _ in range(each):
            image = Image.new("L", (28, 28))
            font = ImageFont.load_default(size=float(random.uniform(17, 24)))
            place = (14 + random.uniform(-2, 2), 14 + random.uniform(-2, 2))
            ImageDraw.Draw(image).text(place, label[0], fill=255, font=font, anchor="mm")
            drawn.append(np.asarray(image.rotate(float(random.uniform(-18, 18)), Image.Resampling.BILINEAR)))
    return np.stack(drawn)[..., None][random.permutation(len(drawn)) if seed else slice(None)]


def _scatter(seed: int) -> Image.Image:
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (480, 440), "white")
    draw = ImageDraw.Draw(image)
    for _ in range(10):
        centre, colour = random.uniform(80, 360, 2), tuple(int(c) for c in random.integers(40, 200, 3))
        for x, y in centre + random.normal(0, 22, (60, 2)):
            draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=colour)
    return image


def _architecture() -> str:
    boxes = "".join(
        f'<rect x="{10 + 120 * n}" y="20" width="100" height="60" fill="#eef" stroke="#447"/>'
        f'<text x="{60 + 120 * n}" y="54" text-anchor="middle" font-size="13" font-family="sans-serif">layer {n}</text>'
        for n in range(8)
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 970 100">{boxes}</svg>'


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The committed project that every test gets a copy of."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _unset_git_variables(monkeypatch)
        project = Project(tmp_path_factory.mktemp("project"))
        project.build()
        project.commit()
    return project


@pytest.fixture(scope="session")
def html(built: Project) -> str:
    """The report on the project, without changes."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _unset_git_variables(monkeypatch)
        monkeypatch.chdir(built.root)
        return page.render(built.sources())


@pytest.fixture
def project(built: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of the committed project, as the working directory."""
    _unset_git_variables(monkeypatch)
    shutil.copytree(built.root, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


def _unset_git_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests that run in a Git hook from writing to the repository of that hook."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
