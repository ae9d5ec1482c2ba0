"""Manifests name the code of each stage, and a stage refuses to run with other code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from atelier.core import lookup
from atelier.core.code import manifest
from atelier.core.code.closure import manifests
from atelier.core.code.manifest import CHECKED_ONLY, RESULT_FREE

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def computed() -> dict[str, manifest.Manifest]:
    return manifests(ROOT)


def test_every_stage_has_a_manifest_for_each_family_or_kind(computed: dict[str, manifest.Manifest]) -> None:
    kinds, families = lookup.names("datasets", "source"), lookup.names("families", "params")
    expected = {f"{stage}/{kind}.json" for stage in ("prepare", "judge") for kind in kinds}
    expected |= {f"download/{kind}.json" for kind in lookup.names("datasets", "twin")}
    expected |= {f"{stage}/{family}.json" for stage in ("train", "sample", "evaluate") for family in families}
    of_images = [name for name in families if lookup.module("families", name, "params").MODALITY == "images"]
    expected |= {f"edit/{family}.json" for family in of_images}
    assert set(computed) == expected | {"environment.json", "report.json", "summarize.json"}


def test_manifest_holds_the_script_its_imports_and_what_it_looks_up(computed: dict[str, manifest.Manifest]) -> None:
    train = computed["train/vae.json"]
    for path in ("stages/train.py", "src/atelier/training/loop.py", "src/atelier/families/vae/network.py"):
        assert path in train
    assert not [path for path in train if "/gan/" in path or "/text/" in path]
    assert "src/atelier/modalities/text/generate.py" in computed["train/transformer_lm.json"]


def test_manifest_of_the_report_holds_its_templates(computed: dict[str, manifest.Manifest]) -> None:
    assert "src/atelier/report/templates/page.html.j2" in computed["report.json"]


def test_result_free_modules_exist_and_stand_in_no_manifest(computed: dict[str, manifest.Manifest]) -> None:
    files = {f"src/{module.replace('.', '/')}.py" for module in RESULT_FREE}
    assert all((ROOT / file).is_file() for file in files)
    assert not files & {path for files in computed.values() for path in files}


def test_stage_code_writes_the_same_manifests(manifests: Path, computed: dict[str, manifest.Manifest]) -> None:
    written = {str(path.relative_to(manifests)): json.loads(path.read_text()) for path in manifests.rglob("*.json")}
    assert written == computed


# The process loads a module of the package and checks a manifest that names it.
SCRIPT = """
import sys
from pathlib import Path
from atelier.core import seeds
from atelier.core.code import manifest
from atelier.core import errors

try:
    manifest.check(Path(sys.argv[1]))
except ValueError as error:
    sys.exit(str(error))
"""


def check(changes: dict[str, str | None], place: Path) -> subprocess.CompletedProcess[str]:
    digests = {name: manifest.code_digest(path.read_text(encoding="utf-8")) for name, path in loaded().items()}
    expected = {name: digest for name, digest in (digests | changes).items() if digest is not None}
    (place / "manifest.json").write_text(json.dumps(expected), encoding="utf-8")
    command = [sys.executable, "-c", SCRIPT, str(place / "manifest.json")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def loaded() -> dict[str, Path]:
    names = (
        "__init__",
        "core/keras_settings",
        "core/seeds",
        "core/files",
        "core/code/manifest",
        "core/code/digest",
        "core/errors",
    )
    return {f"src/atelier/{name}.py": ROOT / "src/atelier" / f"{name}.py" for name in names}


def test_code_that_the_manifest_describes_is_accepted(tmp_path: Path) -> None:
    assert check({}, tmp_path).returncode == 0


@pytest.mark.parametrize("digest", ["0" * 64, None], ids=["differs", "not in the manifest"])
def test_other_code_is_refused_by_name(tmp_path: Path, digest: str | None) -> None:
    done = check({"src/atelier/core/seeds.py": digest}, tmp_path)
    assert done.returncode == 1
    assert "src/atelier/core/seeds.py" in done.stderr
    assert "manifest.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_result_free_module_may_differ(tmp_path: Path) -> None:
    assert check({"src/atelier/core/errors.py": None}, tmp_path).returncode == 0


def test_missing_manifest_is_one_line_that_says_what_writes_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"train/vae\.json is missing.*dvc repro"):
        manifest.check(tmp_path / "train/vae.json")


def test_schemas_of_other_sections_are_checked_only() -> None:
    assert CHECKED_ONLY.fullmatch("src/atelier/families/vae/params.py")
    assert CHECKED_ONLY.fullmatch("src/atelier/datasets/mnist/__init__.py")
    assert not CHECKED_ONLY.fullmatch("src/atelier/params/file.py")
    assert not CHECKED_ONLY.fullmatch("src/atelier/families/vae/network.py")
