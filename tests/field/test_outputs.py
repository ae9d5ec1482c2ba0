"""What a command writes to: closed pipes, full disks, encodings without arrows, terminals without colours."""

import os
import pty
import re
import resource
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from atelier.core.terminal import CLOSED_PIPE

ROOT = Path(__file__).parents[2]
ATELIER = (sys.executable, "-m", "atelier.cli.main")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The parameters and profiles of a checkout."""
    place = tmp_path / "project"
    place.mkdir()
    shutil.copy(ROOT / "params.yaml", place)
    shutil.copytree(ROOT / "profiles", place / "profiles")
    return place


def environment(**variables: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "PYTHONUNBUFFERED")}
    return kept | {"PYTHONPATH": str(ROOT / "src")} | variables


def run(
    place: Path, *words: str, stdout: int = subprocess.PIPE, **variables: str
) -> subprocess.CompletedProcess[bytes]:
    command = [*ATELIER, *words]
    return subprocess.run(
        command, cwd=place, stdout=stdout, stderr=subprocess.PIPE, env=environment(**variables), check=False
    )


def closed_pipe() -> int:
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@pytest.mark.parametrize(
    ("words", "unbuffered"), [(("profile", "show", "full"), "1"), (("--help",), ""), (("graph", "--help"), "")]
)
def test_closed_pipe_ends_a_command_silently(words: tuple[str, ...], unbuffered: str, project: Path):
    writer = closed_pipe()
    done = run(project, *words, stdout=writer, PYTHONUNBUFFERED=unbuffered)
    os.close(writer)
    assert (done.returncode, done.stderr) == (CLOSED_PIPE, b"")


@pytest.mark.parametrize(("words", "unbuffered"), [(("profile", "list"), ""), (("--help",), "1"), (("--version",), "")])
def test_full_standard_output_is_one_line(words: tuple[str, ...], unbuffered: str, project: Path):
    with Path("/dev/full").open("wb") as full:
        done = run(project, *words, stdout=full.fileno(), PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stderr) == (1, b"Error: standard output: No space left on device\n")


@pytest.mark.parametrize("words", [("why",), ("models",), ("gc",)], ids=" ".join)
def test_full_standard_output_of_a_command_that_loads_dvc_is_one_line(words: tuple[str, ...], toy):
    # DVC puts a stream of its own before standard output.
    toy.replace("params.yaml", "rate: 0.1", "rate: 0.2")
    shutil.copy(ROOT / "params.yaml", toy.root) if words == ("models",) else None
    with Path("/dev/full").open("wb") as full:
        done = run(toy.root, *words, stdout=full.fileno(), **toy.environment)
    assert (done.returncode, done.stderr) == (1, b"Error: standard output: No space left on device\n")


@pytest.mark.parametrize("place", ["full", "closed", "head"])
def test_profile_is_applied_whole_or_not_at_all(place: str, project: Path):
    before = (project / "params.yaml").read_bytes()
    if place == "head":
        shell = f"set -o pipefail; '{sys.executable}' -m atelier.cli.main profile apply laptop | head -1"
        status = subprocess.run(["bash", "-c", shell], cwd=project, env=environment(), capture_output=True, check=False)
        failed = status.returncode != 0
    else:
        stdout = os.open("/dev/full", os.O_WRONLY) if place == "full" else closed_pipe()
        failed = run(project, "profile", "apply", "laptop", stdout=stdout).returncode != 0
        os.close(stdout)
        assert failed
    assert ((project / "params.yaml").read_bytes() == before) == failed
    assert {path.name for path in project.iterdir()} == {"params.yaml", "profiles"}


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-16"])
def test_output_that_is_not_utf8_replaces_what_it_lacks(encoding: str, project: Path):
    done = run(project, "profile", "diff", "laptop", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode(encoding)
    arrow = "→" if encoding == "utf-16" else "->"
    assert f"downloads.mnist.source: embedded {arrow} upstream" in text.splitlines()
    assert "?" not in text


def test_c_locale_is_no_error(project: Path):
    done = run(project, "profile", "diff", "laptop", LC_ALL="C", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"embedded -> upstream" in done.stdout
    done = run(project, "profile", "show", "größer", LC_ALL="C", PYTHONUTF8="0")
    assert done.returncode in (1, 2)
    assert done.stderr.splitlines()[-1].startswith(b"Error: ")


SHOWN = """
import click, sys
from atelier.core import terminal
from atelier.core.errors import one_line_errors
with one_line_errors():
    for text in ("1 × 2 − 3 … ≥ 4", "Zoë", "─│•", "\\udce9", "日本"):
        click.echo(text)
        terminal.console(highlight=False).print(text, markup=False)
        print(text)
"""


def test_characters_are_replaced_by_their_likeness():
    for encoding in ("ascii", "cp1251"):
        done = subprocess.run(
            [sys.executable, "-c", SHOWN], capture_output=True, env=environment(PYTHONIOENCODING=encoding), check=True
        )
        lines = done.stdout.decode(encoding).splitlines()
        assert lines[0::3] == lines[1::3] == lines[2::3]
        shown = ["1 x 2 - 3 ... >= 4", "Zoe", "-|*", r"\xe9", "??"]
        assert lines[0::3] == (shown if encoding == "ascii" else ["1 x 2 - 3 … >= 4", "Zoe", "-|•", r"\xe9", "??"])


def on_terminal(*command: str, place: Path, **variables: str) -> bytes:
    """Return what a command writes to a terminal."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command, cwd=place, stdout=slave, stderr=slave, env=environment(TERM="xterm", **variables)
    )
    os.close(slave)
    text = b""
    while select.select([master], [], [], 30)[0]:
        try:
            part = os.read(master, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    process.wait()
    os.close(master)
    return text


COLOURED = """
import click
from atelier.cli.main import main
from atelier.core import terminal

@main.command()
def coloured():
    click.echo(click.style("dim", dim=True))
    terminal.console().print("[bold red]red[/] 12")

main.list_commands = lambda context: ["coloured"]
main.resolve_command = lambda context, words: ("coloured", coloured, words[1:])
main(["coloured"])
"""


@pytest.mark.parametrize("value, coloured", [(None, True), ("", True), ("1", False), ("0", False)])
def test_no_color_is_respected(value: str | None, coloured: bool, tmp_path: Path):
    variables = {} if value is None else {"NO_COLOR": value}
    text = on_terminal(sys.executable, "-c", COLOURED, place=tmp_path, **variables)
    assert (b"\x1b[" in text) == coloured, text
    assert b"dim" in text


def test_no_color_holds_for_commands_that_load_dvc(toy):
    variables = {key: value for key, value in toy.environment.items() if key != "PYTHONPATH"}
    assert b"\x1b" not in on_terminal(*ATELIER, "why", place=toy.root, **variables | {"NO_COLOR": "1"})


FULL = """
import sys
import time
from pathlib import Path
import click, h5py, numpy as np
from atelier.core import files, pictures
from atelier.core.errors import one_line_errors

def write(kind, path):
    array = np.random.default_rng(0).integers(0, 255, (500, 700, 3), np.uint8)
    match kind:
        case "array": files.write_array(path, array)
        case "text": files.write_text(path, "x" * 2_000_000)
        case "picture": pictures.write_png(path, array)
        case "archive":
            with files.atomic(path) as temporary, temporary.open("wb") as stream:
                np.savez(stream, array=array)
        case "hdf5":
            with files.atomic(path) as temporary, h5py.File(temporary, "w") as file:
                file["x"] = array
        case "reserved":
            with files.atomic(path) as temporary:
                files.require_space(temporary, 2_000_000)
        case "folder":
            with files.atomic_directory(path.parent) as folder:
                files.write_array(folder / path.name, array)
        case "stream":
            with files.atomic_directory(path) as folder, (folder / "x").open("wb") as stream:
                stream.write(array.tobytes())

@click.command()
@click.argument("kinds", nargs=-1)
def main(kinds):
    for kind in kinds:
        try:
            with one_line_errors():
                write(kind, Path(kind, "result.npy"))
        except click.ClickException as error:
            error.show()

main()
"""
KINDS = ("array", "text", "picture", "archive", "hdf5", "reserved", "folder", "stream")


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def test_file_that_cannot_be_written_whole_is_named(tmp_path: Path):
    # A limit on the size of files is the full disk that needs no disk.
    done = subprocess.run(
        [sys.executable, "-c", FULL, *KINDS],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        preexec_fn=limited,
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for kind, line in zip(KINDS, done.stderr.splitlines(), strict=True):
        assert line.startswith(f"Error: {kind}/result.npy: ")
        assert re.search(r"`ulimit -f`|`atelier gc`", line)
    # NumPy says "100 requested and 25 written".
    array = done.stderr.splitlines()[KINDS.index("array")]
    assert "requested" not in array
    assert "the disk is full, or a quota or a limit" in array
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == []


MEMORY = """
import click, numpy as np
from atelier.core.errors import one_line_errors

@click.command()
def main():
    with one_line_errors():
        np.zeros((10**6, 10**6, 3))

main()
"""


def test_missing_memory_is_one_line_with_the_size():
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, env=environment(), check=False
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: not enough memory: Unable to allocate 21.8 TiB")


LOG = """
import os
from atelier.core.quiet import without_notices
with without_notices():
    os.write(2, b"2026-01-02 03:04:05.678901: I tensorflow/core/platform/cpu_feature_guard.cc:210] This binary\\n")
    os.write(2, b"To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow\\n")
    os.write(2, b"2026-01-02 03:04:05.678901: W external/local_xla/allocator.cc:83] Allocation of 9 exceeds 10%\\n")
    os.write(2, b"2026-01-02 03:04:05.678901: E external/local_xla/cuda.cc:1] failed call to cuInit\\n")
"""


def test_dated_log_lines_of_tensorflow_are_dropped_and_errors_shown():
    done = subprocess.run([sys.executable, "-c", LOG], capture_output=True, text=True, env=environment(), check=True)
    (line,) = done.stderr.splitlines()
    assert "failed call to cuInit" in line


@pytest.mark.parametrize("reader", ["closed", "full"])
def test_run_whose_output_is_lost_leaves_no_stage_behind(reader: str, unborn):
    unborn.write("dvc.yaml", "stages:\n  long:\n    cmd: touch began && sleep 30 && touch ended\n")
    stdout = closed_pipe() if reader == "closed" else os.open("/dev/full", os.O_WRONLY)
    began = time.monotonic()
    done = run(unborn.root, "run", stdout=stdout, **unborn.environment)
    os.close(stdout)
    assert done.returncode == (CLOSED_PIPE if reader == "closed" else 1)
    assert done.stderr == (b"" if reader == "closed" else b"Error: standard output: No space left on device\n")
    assert time.monotonic() - began < 20
    assert not unborn.run("pgrep", "-f", f"{unborn.root}", status=None).stdout
    assert not (unborn.root / "ended").exists()


CLOSED = """
import click
from atelier.core import terminal
from atelier.core.errors import one_line_errors
from atelier.core.quiet import without_notices

with one_line_errors(), without_notices():
    click.echo("text")
    click.echo("text", err=True)
    terminal.console().print("text")
    open("written", "w").write("whole")
"""


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_are_no_error(closed: str, tmp_path: Path):
    shell = f"exec '{sys.executable}' -c '{CLOSED}' {closed}"
    done = subprocess.run(["bash", "-c", shell], cwd=tmp_path, env=environment(), capture_output=True, check=False)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert (tmp_path / "written").read_text(encoding="utf-8") == "whole"
