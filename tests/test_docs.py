"""The documents are true: what they name exists, what they tell to do works, and every metric is explained."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from dvc.cli.parser import get_main_parser

from atelier.cli.main import main
from atelier.params import profiles
from atelier.report import glossary

ROOT = Path(__file__).parents[1]
PAGES = sorted(p.relative_to(ROOT).as_posix() for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
EXAMPLES = ("docs/adding-a-dataset.md", "docs/adding-a-model.md")
TRACKED = ("src/", "stages/", "tests/", "docs/", "profiles/", "requirements/", "dvc.yaml", "params.yaml", "Makefile")

VAE_METRICS = """
    fd fd_floor fd_ceiling kid kid_std kid_floor precision recall density coverage samples class_entropy
    loss reconstruction kl active_units importance_weighted_bound neighbour_distance neighbour_distance_test
"""

# What an example tells to write: a line that ends with a colon and names files, then a block.
_STEP = re.compile(r"^([^\n]*`[^\n]+`):\n\n```(python|yaml)\n(.*?)```$", re.MULTILINE | re.DOTALL)


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def spans(page: str) -> list[str]:
    """What stands in backticks within a line, outside of blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", read(page), flags=re.MULTILINE | re.DOTALL))


def command_lines(page: str) -> Iterator[list[str]]:
    """Every command that a page shows, split into words, without the environment before it and where its tool lies."""
    blocks = re.findall(r"^```sh\n(.*?)^```", read(page), re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^    (make .*?)  ", read(page), re.MULTILINE)
    for line in [*spans(page), *indented, *(line for block in blocks for line in block.splitlines())]:
        for command in line.split("&&"):
            words = shlex.split(command, comments=True) if re.search(r"\b(atelier|make|dvc) ", command) else []
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words = words[1:]
            if words and Path(words[0]).name in ("atelier", "make", "dvc"):
                yield [Path(words[0]).name, *words[1:]]


def files_made(page: str) -> set[str]:
    return {name for title, _, _ in _STEP.findall(read(page)) for name in re.findall(r"`([^`]+)`", title)}


def require_command(words: list[str], group: click.Group = main) -> None:
    """Parse an `atelier` command to its last option, without running it; raises where it does not exist."""
    name, *rest = words
    # Several may be named at once: `atelier profile list|show|diff`.
    for part in name.split("|"):
        command = group.get_command(click.Context(group), part)
        assert command is not None, f"no {part!r} in {group.name}"
        if isinstance(command, click.Group) and rest:
            require_command(rest, command)
        elif rest:
            command.make_context(part, rest)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_named_exists(page: str) -> None:
    targets_there = set(" ".join(re.findall(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE)).split())
    for tool, *words in command_lines(page):
        if tool == "atelier":
            require_command(words)
        elif tool == "make":
            targets = [word for word in words if re.fullmatch("[a-z]+", word)]
            assert set(targets) <= targets_there, words


@pytest.mark.parametrize("page", PAGES)
def test_every_dvc_command_named_exists(page: str) -> None:
    parser = get_main_parser()
    for tool, *words in command_lines(page):
        if tool == "dvc":
            parser.parse_args(words)


@pytest.mark.parametrize("page", PAGES)
def test_every_stage_named_exists(page: str) -> None:
    stages = yaml.safe_load(read("dvc.yaml"))["stages"]
    for stage, entry in re.findall(r"`(?:[^`]* )?(\w+)@([\w-]+)`", read(page)):
        assert stage in stages
        assert page in EXAMPLES or entry.isupper() or any(entry in params for params in sections()), f"{stage}@{entry}"


@pytest.mark.parametrize("page", PAGES)
def test_every_parameter_named_exists(page: str) -> None:
    for path in re.findall(r"(?:`|-S )((?:datasets|judges|runs|edits)\.[\w.-]+)", read(page)):
        if not re.search(r"\b[A-Z]{3,}\b", path) and page not in EXAMPLES:
            value: Any = yaml.safe_load(read("params.yaml"))
            for key in path.rstrip(".").split("."):
                assert key in value, path
                value = value[key]


def sections() -> list[dict[str, Any]]:
    every = [profiles.resolve(ROOT / "profiles", name) for name in profiles.names(ROOT / "profiles")]
    return [params[section] for params in every for section in ("datasets", "judges", "runs", "edits")]


@pytest.mark.parametrize("page", PAGES)
def test_every_path_named_exists(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", read(page))
    linked = {os.path.relpath((ROOT / page).parent / link, ROOT) for link in links}
    # The tree of the README: a path, then what it is.
    listed = set(re.findall(r"^    ([\w/.]+)   +\S", read(page), re.MULTILINE)) if page == "README.md" else set()
    spoken = {span for span in spans(page) if span.startswith(TRACKED) and re.fullmatch(r"[\w./-]+", span)}
    for path in linked | listed | spoken:
        there = (ROOT / path).exists() or path in files_made(page) or path == "data/"
        assert there or any(made.startswith(path) for made in files_made(page)), path


@pytest.mark.parametrize("page", PAGES)
def test_every_link_to_a_heading_finds_it(page: str) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", read(page)):
        text = ((ROOT / page).parent / target).read_text(encoding="utf-8") if target else read(page)
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        assert anchor in {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def explained() -> dict[str, tuple[str, str]]:
    """Unit and better way of each key in the tables of the glossary."""
    rows = re.findall(r"^\| (`[^|]+`) \| ([^|]*)\| ([^|]*)\| [^|]+\|$", read("docs/glossary.md"), re.MULTILINE)
    return {key: (unit.strip(), better.strip()) for keys, unit, better in rows for key in re.findall(r"`(\w+)", keys)}


def test_every_metric_of_a_vae_is_explained() -> None:
    assert set(VAE_METRICS.split()) <= set(explained())


def test_glossaries_of_page_and_report_agree() -> None:
    table = explained()
    for key in glossary.TERMS:
        assert key in table, f"{key} of src/atelier/report/glossary.py is not in docs/glossary.md"
    # The history's loss stands in a row of its own, later in the page, and says no way.
    for key in set(glossary.TERMS) - {"loss", "reconstruction", "kl"}:
        unit, better = table[key]
        assert (unit, better.replace("–", "neither")) == (glossary.TERMS[key].unit, glossary.TERMS[key].better), key


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {re.split(r"[^\w.-]", requirement)[0] for requirements in lists for requirement in requirements}
    reasons = " ".join(re.findall(r"^\| ([^|]+) \|", read("docs/dependencies.md"), re.MULTILINE))
    assert names - set(re.split(r"[ ,]+|\[[^\]]*\]", reasons)) == set()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What an example changes and what runs it."""
    for name in ("src", "stages", "profiles"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def follow(page: str, copy: Path) -> None:
    """Write the files of an example, and put its entries into the profiles."""
    for title, language, block in _STEP.findall(read(page)):
        for name in re.findall(r"`([^`]+)`", title):
            path = copy / name
            if language == "yaml":
                held = yaml.safe_load(path.read_text(encoding="utf-8"))
                content = yaml.safe_dump(merge(held, yaml.safe_load(block)), sort_keys=False)
            else:
                content = block
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")


def merge(base: dict[str, Any], addition: dict[str, Any]) -> dict[str, Any]:
    return {**base, **{k: merge(base.get(k) or {}, v) if isinstance(v, dict) else v for k, v in addition.items()}}


def run(copy: Path, *command: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(copy / "src")}
    done = subprocess.run(
        [sys.executable, *command], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("page", EXAMPLES)
def test_example_is_well_formed_and_keeps_the_graph_true(page: str, copy: Path) -> None:
    follow(page, copy)
    made = sorted(files_made(page) - {f"profiles/{name}.yaml" for name in profiles.names(ROOT / "profiles")})
    shutil.copy(ROOT / "pyproject.toml", copy)
    run(copy, "-m", "ruff", "check", "--no-cache", *made)
    run(copy, "-m", "ruff", "format", "--no-cache", "--check", *made)
    assert "added" in run(copy, "-m", "atelier.cli.main", "profile", "apply", "demo")
    told = run(copy, "-m", "atelier.cli.main", "graph", "--write").splitlines()
    assert all(line.startswith("artifacts: missing ") for line in told), told
    assert "names the code of every stage" in run(copy, "-m", "atelier.cli.main", "graph")
    for name in profiles.names(ROOT / "profiles"):
        run(copy, "-m", "atelier.cli.main", "profile", "show", name)


def test_example_of_a_dataset_draws_and_prepares_its_twin(copy: Path) -> None:
    follow("docs/adding-a-dataset.md", copy)
    params = yaml.safe_load((copy / "profiles/demo.yaml").read_text(encoding="utf-8"))
    params["datasets"] = {"kmnist": params["datasets"]["mnist"]}
    params["datasets"]["kmnist"] |= {"embedded": {"train": 200, "test": 100, "seed": 1}}
    params["datasets"]["kmnist"]["prepare"]["validation"] = 50
    params |= {"judges": {}, "runs": {}, "edits": {}}
    (copy / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    run(copy, "stages/download.py", "kmnist", "--out", "raw", "--partial", "partial")
    run(copy, "stages/prepare.py", "kmnist", "--raw", "raw", "--out", "prepared")
    assert {"train_images.npy", "test_labels.npy", "spec.json", "preview.png"} <= {
        path.name for path in (copy / "prepared").iterdir()
    }


def test_example_of_a_model_makes_pictures_of_the_right_shape(copy: Path) -> None:
    follow("docs/adding-a-model.md", copy)
    code = """
import numpy as np
from atelier.core.params.families.wae import Config
from atelier.core.spec import Spec
from atelier.pipeline import networks
from atelier.pipeline.generation import images as generation

spec = Spec("digits", (28, 28, 1), (0, 255), ("a", "b"), (), {}, {}, "embedded")
network = networks.build("wae", Config(latent_dim=3, width=8, penalty=1.0), spec, seed=1, precision="float32")
images = np.zeros((4, 28, 28, 1), np.uint8)
assert np.isfinite(float(network.model.compute_loss(x=images, y_pred=network.model(images))))
pictures = generation.from_seeds(network, range(5), batch=2)
assert (pictures.shape, pictures.dtype) == ((5, 28, 28, 1), np.uint8)
"""
    run(copy, "-c", code)
