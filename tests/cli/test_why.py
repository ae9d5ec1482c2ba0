"""`atelier why` says what would run and why, and its exit status says whether."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from atelier.cli.main import main

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value will soon raise:DeprecationWarning")


def why(toy: Any, *words: str) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(toy.root)
        return CliRunner().invoke(main, ["why", *words])


def test_clean_tree_exits_with_0(toy: Any) -> None:
    result = why(toy)
    assert (result.exit_code, result.output) == (0, "nothing would run\n")


def test_each_cause_has_a_line_and_the_exit_status_is_1(toy: Any) -> None:
    toy.replace("params.yaml", "0.1", "0.5")
    toy.write("code.txt", "other\n")
    result = why(toy, "score")
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "train@a: runs.a.rate 0.1 → 0.5",
        "train@a: code.txt changed",
        "train@b: code.txt changed",
        "score@a: upstream train@a",
        "score@b: upstream train@b",
        "2 stages would run, 2 stages may after",
    ]


def test_json_has_the_documented_shape(toy: Any) -> None:
    toy.replace("params.yaml", "0.1", "0.5")
    result = why(toy, "--json", "score@a")
    assert result.exit_code == 1
    upstream = {"kind": "upstream", "of": "train@a", "before": None, "after": None, "text": "upstream train@a"}
    changed = {
        "kind": "param",
        "of": "runs.a.rate",
        "before": 0.1,
        "after": 0.5,
        "text": "runs.a.rate 0.1 → 0.5",
    }
    assert json.loads(result.output) == [
        {"stage": "train@a", "certain": True, "causes": [changed]},
        {"stage": "score@a", "certain": False, "causes": [upstream]},
    ]


def test_json_of_a_clean_tree_is_an_empty_list(toy: Any) -> None:
    result = why(toy, "--json")
    assert (result.exit_code, json.loads(result.output)) == (0, [])


def test_unknown_target_is_one_line(toy: Any) -> None:
    result = why(toy, "scores@a")
    assert result.exit_code == 1
    assert result.output.startswith("Error: no stage 'scores@a'; near are: score@a")
    assert len(result.output.splitlines()) == 1


def test_it_works_from_a_directory_below(toy: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(toy.root / "raw")
        result = CliRunner().invoke(main, ["why", "train@a"])
        assert (result.exit_code, result.output) == (0, "nothing would run\n")
        assert Path.cwd() == toy.root / "raw"


def test_it_loads_neither_keras_nor_tensorflow(toy: Any) -> None:
    code = (
        "import sys; from atelier.cli.main import main; main(['why'], standalone_mode=False);"
        "print(sorted({'keras', 'tensorflow', 'jax'}.intersection(sys.modules)))"
    )
    assert toy.command(sys.executable, "-c", code).stdout.splitlines()[-1] == "[]"


def test_help_teaches_without_dvc() -> None:
    code = (
        "import sys; from atelier.cli.main import main\n"
        "for name in ('why', 'run'):\n"
        "    main([name, '--help'], standalone_mode=False)\n"
        "assert 'dvc' not in sys.modules"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "Examples:" in said
    assert "atelier why --allow-missing" in said
    assert "atelier run --pull" in said
