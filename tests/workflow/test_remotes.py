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
from checkout import ROOT, Checkout

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


class Clone(Checkout):
    """A repository whose stages write to a file that their commands ran."""

    def __init__(self, root: Path) -> None:
        # Nothing on loopback uses a proxy, and no credentials of this machine's user are read.
        super().__init__(
            root,
            RAN=str(root.parent / "ran"),
            NO_PROXY="127.0.0.1",
            no_proxy="127.0.0.1",
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
            AWS_DEFAULT_REGION="us-east-1",
        )

    def client(self, *words: str, status: int = 0) -> str:
        """Run a `dvc` command in a process of its own: clients of network remotes leave connections open."""
        return self.run(sys.executable, "-m", "dvc", *words, status=status).output

    def cloned(self, root: Path) -> "Clone":
        self.clone(root)
        return Clone(root)

    def restore(self, *, network: bool = False) -> list[str]:
        """Restore all outputs, and return the stages whose commands ran."""
        log = self.root.parent / "ran"
        log.write_text("")
        if network:
            self.client("repro", "--pull")
        else:
            self.dvc("repro", "--pull")
        return log.read_text().split()

    def weights(self) -> str:
        return self.read("data/model/weights")


@pytest.fixture(scope="module", autouse=True)
def surroundings() -> Iterator[None]:
    """Hide variables of this machine's user that would change what commands do."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in (
            "AWS_PROFILE",
            "AWS_CONFIG_FILE",
            "AWS_SHARED_CREDENTIALS_FILE",
            "AWS_ENDPOINT_URL",
            "SSH_AUTH_SOCK",
            "MAKEFLAGS",
            "MAKELEVEL",
        ):
            monkeypatch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A repository with the project's own configuration, its stages run, committed and pushed to its remote."""
    origin = Clone(tmp_path_factory.mktemp("origin") / "repo")
    for name in (".dvc/config", ".dvc/.gitignore", ".gitignore", ".dvcignore"):
        (origin.root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, origin.root / name)
    origin.write("dvc.yaml", yaml.safe_dump({"stages": STAGES}, sort_keys=False))
    origin.write("params.yaml", "epochs: 1\n")
    origin.write("source.txt", "source\n")
    origin.git("init", "-q")
    assert origin.restore() == list(STAGES)
    origin.commit("reproduced")
    origin.dvc("push", "--run-cache")
    return origin


@pytest.fixture
def author(origin: Clone, tmp_path: Path) -> Clone:
    """A copy of that repository, outputs and cache included, to push elsewhere from."""
    origin.copy(tmp_path / "author")
    return Clone(tmp_path / "author")


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

    def use(self, checkout: Clone, directory: Path) -> None:
        checkout.make("remote-ssh", f"URL=ssh://{pwd.getpwuid(os.geteuid()).pw_name}@127.0.0.1:{self.port}{directory}")
        checkout.dvc("remote", "modify", "--local", "shared", "keyfile", str(self.key))


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ssh]:
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


def test_remote_of_a_fresh_checkout_is_a_directory_that_neither_git_nor_dvc_tracks(origin: Clone):
    assert any((origin.root / ".remote/files/md5").iterdir())
    assert any((origin.root / ".remote/runs").iterdir())
    assert origin.git("status", "--short", "--ignored=no") == ""
    origin.git("check-ignore", ".remote", ".dvc/config.local")
    assert "url = ../.remote" in (origin.root / ".dvc/config").read_text()


def test_checkout_that_lost_its_data_and_cache_restores_them_from_its_own_remote(author: Clone):
    wanted = author.weights()
    shutil.rmtree(author.root / "data")
    shutil.rmtree(author.root / ".dvc/cache")
    assert author.restore() == []
    assert author.weights() == wanted


def test_clone_restores_from_a_directory(origin: Clone, tmp_path: Path):
    clone = origin.cloned(tmp_path / "clone")
    clone.dvc("remote", "modify", "--local", "local", "url", str(origin.root / ".remote"))
    assert clone.restore() == []
    assert clone.weights() == origin.weights()


def test_clone_restores_over_ssh(author: Clone, ssh: Ssh, tmp_path: Path):
    ssh.use(author, tmp_path / "remote")
    author.client("push", "--run-cache")
    clone = author.cloned(tmp_path / "clone")
    ssh.use(clone, tmp_path / "remote")
    assert clone.restore(network=True) == []
    assert clone.weights() == author.weights()
    assert clone.git("status", "--short") == ""


def test_clone_restores_from_s3(author: Clone, bucket: str, tmp_path: Path):
    target = ("remote-s3", "URL=s3://atelier/team", f"ENDPOINT={bucket}")
    author.make(*target)
    author.client("push", "--run-cache")
    clone = author.cloned(tmp_path / "clone")
    clone.make(*target)
    assert clone.restore(network=True) == []
    assert clone.weights() == author.weights()


def test_clone_restores_by_http_and_pushes_nothing_there(author: Clone, tmp_path: Path):
    clone = author.cloned(tmp_path / "clone")
    with website(author.root / ".remote") as url:
        clone.make("remote-http", f"URL={url}")
        assert clone.restore(network=True) == []
        assert clone.weights() == author.weights()
        clone.write("params.yaml", "epochs: 2\n")
        assert clone.restore(network=True) == ["train", "summarize"]
        held = sorted((author.root / ".remote").rglob("*"))
        clone.client("push", status=1)
        assert sorted((author.root / ".remote").rglob("*")) == held


def test_run_cache_restores_what_a_teammate_has_run_without_committing(author: Clone, tmp_path: Path):
    author.write("params.yaml", "epochs: 2\n")
    assert author.restore() == ["train", "summarize"]
    author.dvc("push", "--run-cache")
    clone = author.cloned(tmp_path / "clone")
    clone.write("params.yaml", "epochs: 2\n")
    clone.dvc("remote", "modify", "--local", "local", "url", str(author.root / ".remote"))
    # An output that Git tracks is in no cache, so that its stage has to write it.
    assert clone.restore() == ["summarize"]
    assert clone.weights().endswith("epochs: 2\n")


def object_of(remote: Path, content: str) -> Path:
    digest = hashlib.md5(content.encode()).hexdigest()
    return remote / "files/md5" / digest[:2] / digest[2:]


@pytest.mark.parametrize("kind", ["directory", "ssh", "http"])
def test_incomplete_object_is_not_used(author: Clone, kind: str, request: pytest.FixtureRequest, tmp_path: Path):
    half = object_of(author.root / ".remote", author.weights())
    half.chmod(0o644)
    half.write_text(author.weights()[:3])
    # DVC makes pushed objects read-only, and does not verify read-only objects by default.
    half.chmod(0o444)
    clone = author.cloned(tmp_path / "clone")
    with website(author.root / ".remote") as url:
        if kind == "directory":
            clone.dvc("remote", "modify", "--local", "local", "url", str(author.root / ".remote"))
        elif kind == "ssh":
            request.getfixturevalue("ssh").use(clone, author.root / ".remote")
        else:
            clone.make("remote-http", f"URL={url}")
        assert clone.restore(network=kind != "directory") == ["train"]
    assert clone.weights() == author.weights()


def test_killed_push_leaves_no_half_object_and_the_next_push_completes_it(author: Clone, ssh: Ssh, tmp_path: Path):
    large = STAGES["train"] | {"cmd": "mkdir -p data/model && seq 3000000 > data/model/weights; echo train >> $RAN"}
    author.write("dvc.yaml", yaml.safe_dump({"stages": STAGES | {"train": large}}, sort_keys=False))
    author.restore()
    author.git("commit", "-qam", "large")
    remote = tmp_path / "remote"
    ssh.use(author, remote)
    command = [sys.executable, "-m", "dvc", "push", "--run-cache", "-q"]
    process = subprocess.Popen(command, cwd=author.root, env=os.environ | author.environment)
    while not list(remote.glob("files/md5/*/*.tmp")):
        assert process.poll() is None, "the push ended before it could be killed"
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for path in (path for path in remote.glob("files/md5/*/*") if path.suffix != ".tmp"):
        assert hashlib.md5(path.read_bytes()).hexdigest() == path.parent.name + path.name.removesuffix(".dir")
    author.client("push", "--run-cache")
    clone = author.cloned(tmp_path / "clone")
    ssh.use(clone, remote)
    assert clone.restore(network=True) == []
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
def test_wrong_url_is_refused_in_one_line_and_changes_nothing(arguments: list[str], words: str, tmp_path: Path):
    (tmp_path / ".dvc").mkdir()
    # A URL in the environment is not an argument.
    ours, theirs = Clone(tmp_path).make(*arguments, status=2, URL="ssh://host/elsewhere").splitlines()
    assert ours.startswith(f"make {arguments[0]}: ")
    assert words in ours
    assert theirs.startswith("make: ***")
    assert "secret" not in ours
    assert list((tmp_path / ".dvc").iterdir()) == []


def test_overlaid_remote_is_in_no_file_that_git_tracks_and_can_be_removed(origin: Clone, tmp_path: Path):
    clone = origin.cloned(tmp_path / "clone")
    clone.make("remote-s3", "URL=s3://bucket/x", "ENDPOINT=http://localhost:9000")
    assert "(default)" in clone.make("remote-ssh", "URL=ssh://me@host:2222/srv/a@b").partition("shared")[2]
    overlay = (clone.root / ".dvc/config.local").read_text()
    assert "url = ssh://me@host:2222/srv/a@b" in overlay
    assert "verify = true" in overlay
    assert "9000" not in overlay
    assert clone.git("status", "--short") == ""
    assert "(default)" in clone.make("remote-local").partition("shared")[0]


def drivers(checkout: Clone) -> str:
    return checkout.git("config", "--local", "--get-regexp", "^merge\\..*\\.driver$")


def test_setup_registers_the_merge_drivers_once(tmp_path: Path):
    checkout = Clone(tmp_path)
    checkout.git("init", "-q")
    checkout.make("setup")
    once = drivers(checkout)
    command = f"exec '{tmp_path.resolve()}/.venv/bin/atelier' merge-lock"
    assert once.splitlines() == [
        f"merge.dvc-lock.driver {command} %O %A %B",
        f"merge.dvc-metrics.driver {command} --metrics %O %A %B",
    ]
    checkout.make("setup")
    assert drivers(checkout) == once
    named = {line.partition("merge=")[2] for line in (ROOT / ".gitattributes").read_text().splitlines()} - {""}
    assert named == {"dvc-lock", "dvc-metrics"}


def test_setup_of_an_unpacked_archive_leaves_the_repository_around_it_alone(tmp_path: Path):
    outer, archive = Clone(tmp_path), Clone(tmp_path / "archive")
    archive.make("setup")
    outer.git("init", "-q")
    archive.make("setup")
    assert "merge" not in (tmp_path / ".git/config").read_text()
