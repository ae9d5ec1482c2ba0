"""The files of continuous integration: what they may do, and that each step is a make target."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
GITLAB = ROOT / ".gitlab-ci.yml"
BY_NAME = {path.stem: path for path in WORKFLOWS}


def read(path: Path) -> dict[str, Any]:
    held = yaml.safe_load(path.read_text(encoding="utf-8"))
    # YAML 1.1 takes the key `on` for true.
    return {("on" if key is True else key): value for key, value in held.items()}


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in WORKFLOWS:
        for name, job in read(path)["jobs"].items():
            yield f"{path.stem}.{name}", job


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, job in jobs():
        for step in job["steps"]:
            yield name, step


def scripts() -> dict[str, list[str]]:
    """What GitLab's jobs run."""
    return {name: job["script"] for name, job in read(GITLAB).items() if isinstance(job, dict) and "script" in job}


@pytest.mark.parametrize(("schema", "paths"), [("vendor.github-workflows", WORKFLOWS), ("vendor.gitlab-ci", [GITLAB])])
def test_files_follow_the_schemas_of_their_hosts(schema: str, paths: list[Path]) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    # GitLab has YAML tags of its own.
    more = ["--data-transform", "gitlab-ci"] if schema == "vendor.gitlab-ci" else []
    done = subprocess.run([*command, *more, *map(str, paths)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_schema_finds_an_unknown_key(tmp_path: Path) -> None:
    path = BY_NAME["ci"]
    broken = tmp_path / path.name
    broken.write_text(path.read_text(encoding="utf-8").replace("runs-on:", "run-on:", 1), encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(broken)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_job_declares_its_permissions(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert "permissions" in job
        assert job["timeout-minutes"] > 0


def test_only_these_jobs_may_write() -> None:
    writing = {
        name: sorted(scope for scope, access in job["permissions"].items() if access != "read") for name, job in jobs()
    }
    assert {name: scopes for name, scopes in writing.items() if scopes} == {
        "ci.comment": ["pull-requests"],
        "retrain.retrain": ["contents", "pull-requests"],
    }


def test_job_with_a_token_that_may_write_runs_no_code_of_a_pull_request() -> None:
    comment = read(BY_NAME["ci"])["jobs"]["comment"]
    assert [step.get("uses", "").partition("@")[0] for step in comment["steps"]] == ["actions/download-artifact", ""]
    assert comment["steps"][1]["run"].startswith("gh pr comment ")
    assert "pull_request" not in read(BY_NAME["retrain"])["on"]
    for name, step in steps():
        if step.get("uses", "").startswith("actions/checkout@") and name.startswith("ci."):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_workflow_runs_with_the_permissions_of_the_repository_on_code_of_others(path: Path) -> None:
    assert set(read(path)["on"]) <= {"pull_request", "push", "schedule", "workflow_dispatch"}


def test_forks_neither_comment_nor_retrain() -> None:
    assert "head.repo.full_name == github.repository" in read(BY_NAME["ci"])["jobs"]["comment"]["if"]
    assert "!github.event.repository.fork" in read(BY_NAME["retrain"])["jobs"]["retrain"]["if"]


def test_pull_requests_see_no_secret() -> None:
    assert "secrets." not in BY_NAME["ci"].read_text(encoding="utf-8")


def test_retrainings_run_one_at_a_time_and_are_not_cancelled() -> None:
    assert read(BY_NAME["retrain"])["concurrency"] == {"group": "retrain", "cancel-in-progress": False}
    assert read(GITLAB)["retrain"]["resource_group"] == "retrain"
    assert read(GITLAB)["retrain"]["interruptible"] is False


def test_actions_are_pinned_by_commit_with_their_version_as_a_comment() -> None:
    lines = [line for path in WORKFLOWS for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert lines
    for line in lines:
        assert re.search(r"uses: actions/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+$", line), line
    # One action, one commit.
    assert len({line.split()[-3] for line in lines}) == len({line.split()[-3].partition("@")[0] for line in lines})


def test_every_step_is_one_command() -> None:
    targets = declared_targets()
    run = [(name, step["run"]) for name, step in steps() if "run" in step]
    assert len(run) >= 10
    for name, command in run:
        assert command.count("\n") == 0, name
        assert re.fullmatch(r'(make|gh) [\w"$./= -]+', command), command
        if command.startswith("make "):
            assert_target(command, targets)
    for script in scripts().values():
        for command in script:
            if command.startswith("make "):
                assert_target(command, targets)
            else:
                assert command.startswith("git remote set-url --push "), command


def declared_targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(" ".join(re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)).split())


def assert_target(command: str, targets: set[str]) -> None:
    target = command.split()[1].strip('"')
    assert target in targets or re.fullmatch(r"remote-\$\w+", target), command


def test_no_command_contains_an_expression() -> None:
    for name, step in steps():
        assert "${{" not in step.get("run", ""), name


def test_publishing_follows_the_gates_and_never_runs_after_a_failure() -> None:
    retrain = [step for name, step in steps() if name == "retrain.retrain"]
    run = [step["run"] for step in retrain if "run" in step]
    assert [command.split()[1] for command in run][-3:] == ["retrain", "publish", "propose"]
    assert all("if" not in step and "continue-on-error" not in step for step in retrain if "run" in step)
    script = scripts()["retrain"]
    assert script.index("make retrain") < script.index("make publish")


def test_both_hosts_run_the_same_targets() -> None:
    def targets(commands: list[str]) -> set[str]:
        return {command.split()[1] for command in commands if command.startswith("make ")}

    github = {job: targets([s["run"] for n, s in steps() if n == name and "run" in s]) for name, job in (
        ("ci.test", "test"), ("ci.demo", "demo"), ("retrain.retrain", "retrain")
    )}  # fmt: skip
    gitlab = {job: targets(script) for job, script in scripts().items()}
    assert gitlab["test"] == github["test"]
    assert gitlab["demo"] == github["demo"]
    remote = {'"remote-$REMOTE_KIND"', '"remote-$ATELIER_REMOTE_KIND"'}
    # GitLab has no command that opens a merge request: the branch is there, with the address to open one.
    assert gitlab["retrain"] - remote == github["retrain"] - remote - {"propose"}


def test_both_hosts_retrain_when_the_same_paths_change() -> None:
    github = {path.removesuffix("/**") for path in read(BY_NAME["retrain"])["on"]["push"]["paths"]}
    (rule,) = [rule for rule in read(GITLAB)["retrain"]["rules"] if "changes" in rule]
    assert github == {path.removesuffix("/**/*") for path in rule["changes"]}
    assert all((ROOT / path).exists() for path in github)
