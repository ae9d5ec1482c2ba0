"""The documents are true: what they name exists, their examples work, every metric and parameter is explained."""

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from dvc.cli.parser import get_main_parser

from atelier.cli.main import main
from atelier.core.code.closure import manifests
from atelier.params import file, profiles
from atelier.report import glossary

ROOT = Path(__file__).parents[1]
PROFILES = profiles.names(ROOT / "profiles")
PAGES = sorted(p.relative_to(ROOT).as_posix() for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
EXAMPLES = ("docs/adding-a-dataset.md", "docs/adding-a-model.md")
TRACKED = ("src/", "stages/", "tests/", "docs/", "profiles/", "requirements/", "dvc.yaml", "params.yaml", "Makefile")

VAE_METRICS = """
    fd fd_floor fd_ceiling kid kid_std kid_floor precision recall density coverage samples class_entropy
    loss reconstruction kl active_units importance_weighted_bound neighbour_distance neighbour_distance_test
"""

# A step of an example: a line that ends with the names of files and a colon, then their content.
_STEP = re.compile(r"^([^\n]*`[^\n]+`):\n\n```(python|yaml)\n(.*?)```$", re.MULTILINE | re.DOTALL)
# A quotation: "`FILE` says:", then a part of the file.
_QUOTED = re.compile(r"^`([^`\n]+)` says:\n\n```python\n(.*?)```$", re.MULTILINE | re.DOTALL)


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def spans(page: str) -> list[str]:
    """Find the code spans of a page, outside of blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", read(page), flags=re.MULTILINE | re.DOTALL))


def command_lines(page: str) -> Iterator[list[str]]:
    """Yield every command of a page, split into words, without environment variables and the path of its tool."""
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
    """Parse an `atelier` command with all options, without running it; raise if it does not exist."""
    name, *rest = words
    # Several may be named together: `atelier profile list|show|diff`.
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
        if tool == "dvc" and len(words) == 1:
            # A name without arguments, such as `dvc add`, which would need some.
            with pytest.raises(SystemExit, match=r"^0$"):
                parser.parse_args([*words, "--help"])
        elif tool == "dvc":
            parser.parse_args(words)


@pytest.mark.parametrize("page", PAGES)
def test_every_stage_named_exists(page: str) -> None:
    stages = yaml.safe_load(read("dvc.yaml"))["stages"]
    for stage, entry in re.findall(r"`(?:[^`]* )?(\w+)@([\w-]+)`", read(page)):
        assert stage in stages
        assert page in EXAMPLES or entry.isupper() or any(entry in params for params in sections()), f"{stage}@{entry}"


@pytest.mark.parametrize("page", PAGES)
def test_every_parameter_named_exists(page: str) -> None:
    params = yaml.safe_load(read("params.yaml"))
    for path in re.findall(r"(?:`|-S )((?:downloads|datasets|judges|runs|edits)\.[\w.-]+)", read(page)):
        if not re.search(r"\b[A-Z]{3,}\b", path) and page not in EXAMPLES:
            value: Any = params
            for key in path.rstrip(".").split("."):
                assert key in value, path
                value = value[key]


def sections() -> list[dict[str, Any]]:
    return [
        params[section] for params in resolved() for section in ("downloads", "datasets", "judges", "runs", "edits")
    ]


@cache
def resolved() -> list[dict[str, Any]]:
    """Return the parameters of all profiles."""
    return [profiles.resolve(ROOT / "profiles", name) for name in PROFILES]


def keys(value: Any, above: str = "") -> Iterator[str]:
    """Yield the dotted keys of all leaves of a mapping."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        path = f"{above}.{key}" if above else str(key)
        yield from keys(inner, path) if isinstance(inner, dict) else (path,)


def test_every_parameter_is_explained() -> None:
    chapters = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", read("docs/parameters.md"), re.MULTILINE | re.DOTALL))
    explained = {
        title: set(re.findall(r"[\w.]+", " ".join(re.findall(r"`([^`]+)`", text)))) for title, text in chapters.items()
    }
    for params in resolved():
        for section in file.SECTIONS:
            for entry in params[section].values():
                family = f"runs: family {entry['family']}" if section == "runs" else section
                places = {family, "Training", "datasets" if section == "downloads" else family}
                known = set().union(*(explained[place] for place in places)) | {"dataset", "family"}
                for path in keys(entry):
                    assert {path, path.rpartition(".")[2]} & known, f"{section}: {path}"


@pytest.mark.parametrize("page", PAGES)
def test_every_path_named_exists(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", read(page))
    linked = {os.path.relpath((ROOT / page).parent / link, ROOT) for link in links}
    # The layout in the README: a path and its description.
    listed = set(re.findall(r"^    ([\w/.]+)   +\S", read(page), re.MULTILINE)) if page == "README.md" else set()
    named = {span.partition(":")[0] for span in spans(page) if span.startswith(TRACKED)}
    named = {path for path in named if re.fullmatch(r"[\w./-]+", path) and not re.search(r"\b[A-Z]{3,}\b", path)}
    for path in linked | listed | named:
        there = (ROOT / path).exists() or path in files_made(page) or path == "data/"
        assert there or any(made.startswith(path) for made in files_made(page)), path


@pytest.mark.parametrize("page", PAGES)
def test_every_link_to_a_heading_finds_it(page: str) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", read(page)):
        text = ((ROOT / page).parent / target).read_text(encoding="utf-8") if target else read(page)
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        assert anchor in {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_walk_leads_through_functions_that_exist() -> None:
    links = re.findall(r"^\d+\. `([\w/.]+):(\w+)`", read("docs/walk.md"), re.MULTILINE)
    assert len(links) == 10
    for path, function in links:
        assert function in {node.name for node in ast.parse(read(path)).body if isinstance(node, ast.FunctionDef)}, path


def test_latent_dim_passes_through_seven_files_at_most() -> None:
    _, _, text = read("docs/walk.md").partition("## From params.yaml to the weights")
    paths = re.findall(r"^\d+\. `([^`]+)`", text, re.MULTILINE)
    assert 1 < len(paths) <= 7
    holding = {path for path in paths if "latent_dim" in read(path)}
    assert {paths[0], paths[-1], "src/atelier/families/vae/params.py"} <= holding


@pytest.mark.parametrize("page", EXAMPLES)
def test_quoted_code_is_in_its_file(page: str) -> None:
    for path, quoted in _QUOTED.findall(read(page)):
        assert quoted in read(path), path


def explained() -> dict[str, tuple[str, str]]:
    """Return unit and better direction of each key in the tables of the glossary."""
    rows = re.findall(r"^\| (`[^|]+`) \| ([^|]*)\| ([^|]*)\| [^|]+\|$", read("docs/glossary.md"), re.MULTILINE)
    return {key: (unit.strip(), better.strip()) for keys, unit, better in rows for key in re.findall(r"`(\w+)", keys)}


def test_every_metric_of_a_vae_is_explained() -> None:
    assert set(VAE_METRICS.split()) <= set(explained())


def test_glossaries_of_page_and_report_agree() -> None:
    table = explained()
    for key in glossary.TERMS:
        assert key in table, f"{key} of src/atelier/report/glossary.py is not in docs/glossary.md"
    # The rows of the history, further down, have the same keys and no direction.
    for key in set(glossary.TERMS) - {"loss", "reconstruction", "kl"}:
        unit, better = table[key]
        assert (unit, better.replace("–", "neither")) == (glossary.TERMS[key].unit, glossary.TERMS[key].better), key


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {re.split(r"[^\w.-]", requirement)[0] for requirements in lists for requirement in requirements}
    reasons = " ".join(re.findall(r"^\| ([^|]+) \|", read("docs/dependencies.md"), re.MULTILINE))
    assert names - set(re.split(r"[ ,]+|\[[^\]]*\]", reasons)) == set()


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Follow an example in a copy of the repository, once: ``followed("docs/adding-a-model.md")``."""
    copies: dict[str, Path] = {}

    def make(page: str) -> Path:
        if page not in copies:
            copies[page] = tmp_path_factory.mktemp("copy")
            follow(page, copies[page])
        return copies[page]

    return make


def follow(page: str, copy: Path) -> None:
    """Write the files of an example, and add its entries to the profiles."""
    for name in ("src", "stages", "profiles"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dvc.yaml", "params.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, copy)
    for title, language, block in _STEP.findall(read(page)):
        for name in re.findall(r"`([^`]+)`", title):
            path = copy / name
            if language == "yaml":
                present = yaml.safe_load(path.read_text(encoding="utf-8"))
                content = yaml.safe_dump(merge(present, yaml.safe_load(block)), sort_keys=False)
            else:
                content = block
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")


def merge(base: dict[str, Any], addition: dict[str, Any]) -> dict[str, Any]:
    return {**base, **{k: merge(base.get(k) or {}, v) if isinstance(v, dict) else v for k, v in addition.items()}}


def run(copy: Path, *command: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("page", EXAMPLES)
def test_example_is_well_formed(page: str, followed: Callable[[str], Path]) -> None:
    made = sorted(files_made(page) - {f"profiles/{name}.yaml" for name in PROFILES})
    run(followed(page), "-m", "ruff", "check", "--no-cache", *made)
    run(followed(page), "-m", "ruff", "format", "--no-cache", "--check", *made)


# Several commands in one process, because each would import the package again.
COMMANDS = """
import json, sys
from pathlib import Path
from click.testing import CliRunner
from atelier.cli.main import main
from atelier.core.code.closure import manifests

lines = {}
for command in json.loads(sys.argv[1]):
    done = CliRunner().invoke(main, command.split(), catch_exceptions=False)
    lines[command] = [done.exit_code, *done.output.splitlines()]
print(json.dumps([lines, manifests(Path.cwd())]))
"""


@pytest.mark.parametrize("page, made", [(EXAMPLES[0], "kmnist"), (EXAMPLES[1], "wae")])
def test_example_changes_the_code_of_no_other_stage(page: str, made: str, followed: Callable[[str], Path]) -> None:
    commands = ["profile apply demo", "graph --write", "graph", *(f"profile show {name}" for name in PROFILES)]
    lines, found = json.loads(run(followed(page), "-c", COMMANDS, json.dumps(commands)))
    assert [command for command, (status, *_) in lines.items() if status] == []
    assert [line for line in lines["profile apply demo"][1:] if line.endswith(": added")]
    assert all(line.startswith("artifacts: missing ") for line in lines["graph --write"][1:])
    assert lines["graph"][1:] == ["dvc.yaml lists the model of every run"]
    before = manifests(ROOT)
    assert {name for name in found if name not in before} == {
        f"{stage}/{made}.json"
        for stage in (("download", "prepare", "judge") if made == "kmnist" else ("train", "sample", "evaluate", "edit"))
    }
    assert {name: found[name] for name in before} == before


def test_example_of_a_dataset_draws_and_prepares_its_twin(
    followed: Callable[[str], Path], tmp_path: Path, packages: Path
) -> None:
    copy = followed("docs/adding-a-dataset.md")
    params = yaml.safe_load((copy / "profiles/demo.yaml").read_text(encoding="utf-8"))
    params["downloads"] = {"kmnist": {"source": "embedded", "embedded": {"train": 200, "test": 100, "seed": 1}}}
    params["datasets"] = {"kmnist": {"kind": "kmnist", "prepare": {"validation": 50, "seed": 2}}}
    params |= {"judges": {"kmnist": params["judges"]["mnist"]}, "runs": {}, "edits": {}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    run(copy, "stages/code.py", "--out", tmp_path / "code")
    code = [(f"--code={tmp_path}/code/{stage}/kmnist.json", f"--params={tmp_path}/params.yaml") for stage in STAGES]
    run(copy, "stages/download.py", "kmnist", "--out", tmp_path / "raw", "--partial", tmp_path / "partial", *code[0])
    run(
        copy,
        "stages/prepare.py",
        "kmnist",
        "--raw",
        tmp_path / "raw",
        "--out",
        tmp_path / "prepared",
        *code[1],
        f"--environment={packages}",
    )
    assert {"train_images.npy", "test_labels.npy", "spec.json", "preview.png"} <= {
        path.name for path in (tmp_path / "prepared").iterdir()
    }


STAGES = ("download", "prepare")

TRAIN = """
import json, sys
from pathlib import Path
import numpy as np
from atelier.core import files, lookup
from atelier.core.prepared import Prepared
from atelier.families.wae import evaluate, params, sample
from atelier.networks import network as networks
from atelier.params.file import Run
from atelier.params.strict import validate
from atelier.training.run import train

section, prepared, judge, out = json.loads(sys.argv[1]), *map(Path, sys.argv[2:])
parts = {part: validate(getattr(params, part.title()), section[part], part) for part in ("train", "sample", "evaluate")}
run, data = Run("mnist", "wae", **parts), Prepared.read(prepared)
files.write_json(out / "code.json", {})
train(run, data, judge, out / "code.json", out / "model", out / "checkpoints")
network = networks.load(out / "model")
sample.sample(network, data, run.sample, out / "samples")
evaluate.evaluate(network, data, judge, out / "samples", run.evaluate, out / "evaluation")
pictures = np.load(out / "samples" / "samples.npy")
print(json.dumps([pictures.shape, str(pictures.dtype)]))
"""


def test_example_of_a_model_trains_samples_and_evaluates(
    followed: Callable[[str], Path], tmp_path: Path, prepared: Path, judge: Path
) -> None:
    copy = followed("docs/adding-a-model.md")
    section = yaml.safe_load((copy / "profiles/demo.yaml").read_text(encoding="utf-8"))["runs"]["mnist-wae"]
    section["train"] |= {"width": 16, "watch_images": 100, "epochs": 3, "batch": 32, "jit_compile": False}
    section["sample"] |= {"samples": 120, "shown": 12, "batch": 32}
    section["evaluate"] |= {"samples": 120, "subsets": 3, "subset_size": 60, "shown": 4, "batch": 32}
    printed = run(copy, "-c", TRAIN, json.dumps(section), prepared, judge, tmp_path)
    assert json.loads(printed.splitlines()[-1]) == [[120, 28, 28, 1], "uint8"]
    header, *rows = (tmp_path / "model/history.csv").read_text(encoding="utf-8").splitlines()
    losses = [float(row.split(",")[header.split(",").index("val_loss")]) for row in rows]
    assert losses[-1] < losses[0]
    metrics = json.loads((tmp_path / "evaluation/metrics.json").read_text(encoding="utf-8"))
    assert {"squared_error", "fd", "kid", "neighbour_distance"} <= set(metrics)
