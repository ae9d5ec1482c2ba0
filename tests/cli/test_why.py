"""`atelier why` shows what would run and why, and its exit status says whether anything would."""

import json
import subprocess
import sys

from checkout import Checkout


def test_clean_tree_exits_with_0(toy: Checkout) -> None:
    assert toy.atelier("why").stdout == "nothing would run\n"


def test_each_cause_has_a_line_and_the_exit_status_is_1(toy: Checkout) -> None:
    toy.replace("params.yaml", "0.1", "0.5")
    toy.write("code.txt", "other\n")
    assert toy.atelier("why", "score", status=1).stdout.splitlines() == [
        "train@a: runs.a.rate 0.1 → 0.5",
        "train@a: code.txt changed",
        "train@b: code.txt changed",
        "score@a: upstream train@a",
        "score@b: upstream train@b",
        "2 stages would run, 2 stages may after",
    ]


def test_raw_data_that_nobody_brought_or_pulled_say_what_helps(toy: Checkout) -> None:
    toy.replace(
        "dvc.yaml",
        "  train:\n",
        """  prepare:
    cmd: cat own/* > prepared.txt
    deps: [own]
    outs: [prepared.txt]
  train:
""",
    )
    assert toy.atelier("why", "prepare", status=1).stdout.splitlines()[:2] == [
        "prepare: never run",
        "prepare: own missing, and no stage writes it: bring it with dvc add, dvc import or dvc import-url",
    ]
    toy.write("own/picture", "1\n")
    toy.dvc("add", "own")
    (toy.root / "own/picture").unlink()
    (toy.root / "own").rmdir()
    lines = toy.atelier("why", "prepare", status=1).stdout.splitlines()
    assert lines[:2] == ["own.dvc: output own missing (dvc pull fetches it)", "prepare: never run"]


def test_json_has_the_documented_shape(toy: Checkout) -> None:
    toy.replace("params.yaml", "0.1", "0.5")
    upstream = {"kind": "upstream", "of": "train@a", "before": None, "after": None, "text": "upstream train@a"}
    changed = {"kind": "param", "of": "runs.a.rate", "before": 0.1, "after": 0.5, "text": "runs.a.rate 0.1 → 0.5"}
    assert json.loads(toy.atelier("why", "--json", "score@a", status=1).stdout) == [
        {"stage": "train@a", "certain": True, "causes": [changed]},
        {"stage": "score@a", "certain": False, "causes": [upstream]},
    ]


def test_json_of_a_clean_tree_is_an_empty_list(toy: Checkout) -> None:
    assert json.loads(toy.atelier("why", "--json").stdout) == []


def test_unknown_target_is_one_line(toy: Checkout) -> None:
    line = toy.refusal("why", "scores@a")
    assert line.startswith("no stage 'scores@a'")
    assert "score@a" in line.partition(";")[2]


def test_it_works_from_a_directory_below(toy: Checkout) -> None:
    below = Checkout(toy.root / "raw")
    assert below.atelier("why", "train@a").stdout == "nothing would run\n"


def test_it_loads_neither_keras_nor_tensorflow(toy: Checkout) -> None:
    code = (
        "import sys; from atelier.cli.main import main; main(['why'], standalone_mode=False);"
        "print(sorted({'keras', 'tensorflow', 'jax'}.intersection(sys.modules)))"
    )
    assert toy.run(sys.executable, "-c", code).stdout.splitlines()[-1] == "[]"


def test_help_of_why_and_run_does_not_load_dvc() -> None:
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
