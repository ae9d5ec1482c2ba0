"""What one checkout pushes, a clone restores without running a stage: from a directory, over SSH, from S3, by HTTP."""

import hashlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
PRIVILEGE_SEPARATION = Path("/run/sshd")

# Directories, a file, and a file that Git tracks: the kinds of outputs that dvc.yaml has.
STAGES = {
    "download": {
        "cmd": "mkdir -p data/raw && echo one > data/raw/one && echo two > data/raw/two; echo download >> $RAN",
        "deps": ["source.txt"],
        "outs": ["data/raw"],
    },
    "train": {
        "cmd": "mkdir -p data/model && cat data/raw/* params.yaml > data/model/weights; echo train >> $RAN",
        "deps": ["data/raw"],
        "params": ["epochs"],
        "outs": ["data/model"],
    },
    "summarize": {
        "cmd": "cksum < data/model/weights > metrics.txt; echo summarize >> $RAN",
        "deps": ["data/model"],
        "outs": [{"metrics.txt": {"cache": False}}],
    },
}


class Checkout(NamedTuple):
    path: Path

    def call(self, *command: str, status: int = 0) -> str:
        done = subprocess.run(command, cwd=self.path, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def git(self, *arguments: str) -> str:
        return self.call("git", "-c", "user.name=test", "-c", "user.email=test@example.org", *arguments)

    def dvc(self, *arguments: str) -> str:
        return self.call(sys.executable, "-m", "dvc", *arguments)

    def make(self, *arguments: str, status: int = 0) -> str:
        """A target of the project's Makefile, with the environment that these tests run in as `.venv`."""
        binaries = self.path / ".venv" / "bin"
        if not binaries.is_dir():
            binaries.mkdir(parents=True)
            (binaries / "dvc").symlink_to(Path(sys.executable).parent / "dvc")
            (binaries / "python").symlink_to(sys.executable)
        return self.call("make", "-f", str(ROOT / "Makefile"), "RUN_OR_DEV=", *arguments, status=status)

    def clone(self, path: Path) -> "Checkout":
        self.git("clone", "-q", str(self.path), str(path))
        return Checkout(path)

    def restore(self) -> list[str]:
        """Bring back all outputs, and say which commands that took."""
        ran = Path(os.environ["RAN"])
        ran.write_text("")
        self.dvc("repro", "--pull")
        return ran.read_text().split()

    def weights(self) -> str:
        return (self.path / "data/model/weights").read_text()


@pytest.fixture(scope="module", autouse=True)
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of this machine's user is read, and nothing on loopback goes through a proxy."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in {
            "HOME": home,
            "GIT_CONFIG_NOSYSTEM": "1",
            "DVC_SITE_CACHE_DIR": home / "site",
            "RAN": home / "ran",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, str(value))
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "SSH_AUTH_SOCK", "MAKEFLAGS", "MAKELEVEL"):
            monkeypatch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="module")
def origin(surroundings: None, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A repository with the project's own configuration, its stages run and committed, and pushed where that says."""
    origin = Checkout(tmp_path_factory.mktemp("origin") / "repo")
    for name in (".dvc/config", ".dvc/.gitignore", ".gitignore", ".dvcignore"):
        (origin.path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, origin.path / name)
    (origin.path / "dvc.yaml").write_text(yaml.safe_dump({"stages": STAGES}, sort_keys=False))
    (origin.path / "params.yaml").write_text("epochs: 1\n")
    (origin.path / "source.txt").write_text("source\n")
    origin.git("init", "-q")
    assert origin.restore() == list(STAGES)
    origin.git("add", "-A")
    origin.git("commit", "-qm", "reproduced")
    origin.dvc("push", "--run-cache")
    return origin


@pytest.fixture
def author(origin: Checkout, tmp_path: Path) -> Checkout:
    """A copy of that checkout, outputs and cache included, to push elsewhere from."""
    shutil.copytree(origin.path, tmp_path / "author", symlinks=True)
    return Checkout(tmp_path / "author")


@contextmanager
def serve(*command: str | Path, port: int) -> Iterator[None]:
    """A server process on loopback, from when it answers until the block ends."""
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        while True:
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None:
                _, error = process.communicate()
                pytest.fail(f"{command[0]} ended with {process.returncode}: {error}")
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.communicate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Ssh(NamedTuple):
    port: int
    key: Path

    def use(self, checkout: Checkout, directory: Path) -> None:
        checkout.make("remote-ssh", f"URL=ssh://{pwd.getpwuid(os.geteuid()).pw_name}@127.0.0.1:{self.port}{directory}")
        checkout.dvc("remote", "modify", "--local", "shared", "keyfile", str(self.key))


@pytest.fixture(scope="module")
def ssh(surroundings: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ssh]:
    if SSHD is None:
        pytest.skip("no sshd on this machine")
    place = tmp_path_factory.mktemp("ssh")
    for name in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / name], check=True)
    port = free_port()
    (place / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {place}/host\nAuthorizedKeysFile {place}/client.pub\n"
        "PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        "PermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n"
    )
    # A machine whose sshd was never started lacks the empty directory that root's sshd shuts its children into.
    made = os.geteuid() == 0 and not PRIVILEGE_SEPARATION.exists()
    if made:
        PRIVILEGE_SEPARATION.mkdir(mode=0o755)
    try:
        with serve(SSHD, "-D", "-e", "-f", place / "config", port=port):
            yield Ssh(port, place / "client")
    finally:
        if made:
            PRIVILEGE_SEPARATION.rmdir()


@pytest.fixture
def bucket() -> Iterator[str]:
    """The endpoint of an S3 server with an empty bucket `atelier`."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    with serve(sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port), port=port):
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/atelier", method="PUT")).close()
        yield endpoint


@contextmanager
def website(directory: Path) -> Iterator[str]:
    """A server of files that takes none."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=directory)) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_remote_of_a_fresh_checkout_is_a_directory_that_neither_git_nor_dvc_tracks(origin: Checkout):
    assert any((origin.path / ".remote/files/md5").iterdir())
    assert any((origin.path / ".remote/runs").iterdir())
    assert origin.git("status", "--short", "--ignored=no") == ""
    origin.git("check-ignore", ".remote", ".dvc/config.local")
    assert "url = ../.remote" in (origin.path / ".dvc/config").read_text()


def test_checkout_that_lost_its_data_and_cache_restores_them_from_its_own_remote(author: Checkout):
    wanted = author.weights()
    shutil.rmtree(author.path / "data")
    shutil.rmtree(author.path / ".dvc/cache")
    assert author.restore() == []
    assert author.weights() == wanted


def test_clone_restores_from_a_directory(origin: Checkout, tmp_path: Path):
    clone = origin.clone(tmp_path / "clone")
    clone.dvc("remote", "modify", "--local", "local", "url", str(origin.path / ".remote"))
    assert clone.restore() == []
    assert clone.weights() == origin.weights()


def test_clone_restores_over_ssh(author: Checkout, ssh: Ssh, tmp_path: Path):
    ssh.use(author, tmp_path / "remote")
    author.dvc("push", "--run-cache")
    clone = author.clone(tmp_path / "clone")
    ssh.use(clone, tmp_path / "remote")
    assert clone.restore() == []
    assert clone.weights() == author.weights()
    assert clone.git("status", "--short") == ""


def test_clone_restores_from_s3(author: Checkout, bucket: str, tmp_path: Path):
    target = ("remote-s3", "URL=s3://atelier/team", f"ENDPOINT={bucket}")
    author.make(*target)
    author.dvc("push", "--run-cache")
    clone = author.clone(tmp_path / "clone")
    clone.make(*target)
    assert clone.restore() == []
    assert clone.weights() == author.weights()


def test_clone_restores_by_http_and_pushes_nothing_there(author: Checkout, tmp_path: Path):
    clone = author.clone(tmp_path / "clone")
    with website(author.path / ".remote") as url:
        clone.make("remote-http", f"URL={url}")
        assert clone.restore() == []
        assert clone.weights() == author.weights()
        (clone.path / "params.yaml").write_text("epochs: 2\n")
        assert clone.restore() == ["train", "summarize"]
        held = sorted((author.path / ".remote").rglob("*"))
        clone.call(sys.executable, "-m", "dvc", "push", status=1)
        assert sorted((author.path / ".remote").rglob("*")) == held


def test_run_cache_spares_what_a_teammate_has_run_without_committing(author: Checkout, tmp_path: Path):
    (author.path / "params.yaml").write_text("epochs: 2\n")
    assert author.restore() == ["train", "summarize"]
    author.dvc("push", "--run-cache")
    clone = author.clone(tmp_path / "clone")
    (clone.path / "params.yaml").write_text("epochs: 2\n")
    clone.dvc("remote", "modify", "--local", "local", "url", str(author.path / ".remote"))
    # An output that Git tracks is in no cache, so that its stage has to write it.
    assert clone.restore() == ["summarize"]
    assert clone.weights().endswith("epochs: 2\n")


def object_of(remote: Path, content: str) -> Path:
    digest = hashlib.md5(content.encode()).hexdigest()
    return remote / "files/md5" / digest[:2] / digest[2:]


@pytest.mark.parametrize("kind", ["directory", "ssh", "http"])
def test_half_an_object_is_not_trusted(author: Checkout, kind: str, request: pytest.FixtureRequest, tmp_path: Path):
    half = object_of(author.path / ".remote", author.weights())
    half.chmod(0o644)
    half.write_text(author.weights()[:3])
    # As DVC leaves what it has pushed into a directory; it looks into nothing that is read-only, unless told to.
    half.chmod(0o444)
    clone = author.clone(tmp_path / "clone")
    with website(author.path / ".remote") as url:
        if kind == "directory":
            clone.dvc("remote", "modify", "--local", "local", "url", str(author.path / ".remote"))
        elif kind == "ssh":
            request.getfixturevalue("ssh").use(clone, author.path / ".remote")
        else:
            clone.make("remote-http", f"URL={url}")
        assert clone.restore() == ["train"]
    assert clone.weights() == author.weights()


def test_killed_push_leaves_no_half_object_and_the_next_push_completes_it(author: Checkout, ssh: Ssh, tmp_path: Path):
    large = STAGES["train"] | {"cmd": "mkdir -p data/model && seq 3000000 > data/model/weights; echo train >> $RAN"}
    (author.path / "dvc.yaml").write_text(yaml.safe_dump({"stages": STAGES | {"train": large}}, sort_keys=False))
    author.restore()
    author.git("commit", "-qam", "large")
    remote = tmp_path / "remote"
    ssh.use(author, remote)
    process = subprocess.Popen([sys.executable, "-m", "dvc", "push", "--run-cache", "-q"], cwd=author.path)
    while not list(remote.glob("files/md5/*/*.tmp")):
        assert process.poll() is None, "the push ended before it could be killed"
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for path in (path for path in remote.glob("files/md5/*/*") if path.suffix != ".tmp"):
        assert hashlib.md5(path.read_bytes()).hexdigest() == path.parent.name + path.name.removesuffix(".dir")
    author.dvc("push", "--run-cache")
    clone = author.clone(tmp_path / "clone")
    ssh.use(clone, remote)
    assert clone.restore() == []
    assert clone.weights() == author.weights()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["remote-ssh"], "URL is missing; say where: make remote-ssh URL=ssh://host/srv/atelier"),
        (["remote-ssh", "URL=s3://bucket"], "the URL does not begin as it has to"),
        (["remote-ssh", "URL=ssh://me:secret@host/srv"], "a URL holds no password, key or query"),
        (["remote-ssh", "URL=ssh://host/srv", "ENDPOINT=https://host"], "ENDPOINT goes with remote-s3 only"),
        (["remote-s3", "URL=s3://key:secret@bucket"], "a URL holds no password, key or query"),
        (["remote-s3", "URL=s3://bucket", "ENDPOINT=https://key:secret@host"], "a URL holds no password, key or query"),
        (["remote-s3", "URL=s3://bucket", "ENDPOINT=host"], "ENDPOINT goes with remote-s3 only"),
        (["remote-http", "URL=https://token@host/x"], "a URL holds no password, key or query"),
        (["remote-http", "URL=https://host/x?signature=secret"], "a URL holds no password, key or query"),
        (["remote-http", "URL=ftp://host/x"], "the URL does not begin as it has to"),
    ],
)
def test_wrong_url_is_refused_in_one_line_and_changes_nothing(
    arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    # A URL that happens to stand in the environment is not taken for one that was given.
    monkeypatch.setenv("URL", "ssh://host/elsewhere")
    (tmp_path / ".dvc").mkdir()
    ours, theirs = Checkout(tmp_path).make(*arguments, status=2).splitlines()
    assert ours.startswith(f"make {arguments[0]}: ")
    assert words in ours
    assert theirs.startswith("make: ***")
    assert "secret" not in ours
    assert list((tmp_path / ".dvc").iterdir()) == []


def test_overlaid_remote_stands_in_no_file_that_git_tracks_and_can_be_left(origin: Checkout, tmp_path: Path):
    clone = origin.clone(tmp_path / "clone")
    clone.make("remote-s3", "URL=s3://bucket/x", "ENDPOINT=http://localhost:9000")
    assert "(default)" in clone.make("remote-ssh", "URL=ssh://me@host:2222/srv/a@b").partition("shared")[2]
    overlay = (clone.path / ".dvc/config.local").read_text()
    assert "url = ssh://me@host:2222/srv/a@b" in overlay
    assert "verify = true" in overlay
    assert "9000" not in overlay
    assert clone.git("status", "--short") == ""
    assert "(default)" in clone.make("remote-local").partition("shared")[0]


def drivers(checkout: Checkout) -> str:
    return checkout.git("config", "--local", "--get-regexp", "^merge\\..*\\.driver$")


def test_setup_registers_the_merge_drivers_once(tmp_path: Path):
    checkout = Checkout(tmp_path)
    checkout.git("init", "-q")
    checkout.make("setup")
    once = drivers(checkout)
    command = f"'{tmp_path.resolve()}/.venv/bin/atelier' merge-lock"
    assert once.splitlines() == [
        f"merge.dvc-lock.driver {command} %O %A %B",
        f"merge.dvc-metrics.driver {command} --metrics %O %A %B",
    ]
    checkout.make("setup")
    assert drivers(checkout) == once
    named = {line.partition("merge=")[2] for line in (ROOT / ".gitattributes").read_text().splitlines()} - {""}
    assert named == {"dvc-lock", "dvc-metrics"}


def test_setup_of_an_unpacked_archive_leaves_the_repository_around_it_alone(tmp_path: Path):
    outer, archive = Checkout(tmp_path), Checkout(tmp_path / "archive")
    archive.path.mkdir()
    archive.make("setup")
    outer.git("init", "-q")
    archive.make("setup")
    assert "merge" not in (tmp_path / ".git/config").read_text()
