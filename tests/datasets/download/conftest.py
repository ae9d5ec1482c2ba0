"""A real HTTP server on loopback whose answers are scripted, request by request."""

import hashlib
import json
import re
import shutil
import ssl
import subprocess
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from atelier.datasets.download.remote import RemoteFile
from atelier.datasets.download.retry import RetryPolicy
from atelier.datasets.download.sources import fetch

Answer = Callable[["Handler"], None]

BODY = bytes(range(256)) * 800  # 204,800 bytes: several receives, and every byte value


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    disable_nagle_algorithm = True  # otherwise every answer waits for the client's delayed acknowledgement

    def do_GET(self) -> None:
        owner: Server = self.server.owner  # type: ignore[attr-defined]
        owner.requests.append((self.path, self.headers))
        script = owner.scripts[self.path]
        answer = (script.pop(0) if len(script) > 1 else script[0]) if script else owner.error(404)
        try:
            answer(self)
        except (ConnectionError, ssl.SSLError):
            self.close_connection = True

    def do_CONNECT(self) -> None:
        """Act as a proxy that plays any requested host, with the server's own certificate."""
        owner: Server = self.server.owner  # type: ignore[attr-defined]
        assert owner.identity is not None
        self.send_response(200)
        self.end_headers()
        self.connection = owner.identity.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")  # type: ignore[assignment]
        self.wfile = self.connection.makefile("wb", 0)  # type: ignore[assignment]
        self.close_connection = False

    def finish(self) -> None:
        super().finish()
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def head(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()


class Server:
    """A server that gives each request to a path the next answer of its script, and repeats the last one."""

    def __init__(self) -> None:
        self.scripts: dict[str, list[Answer]] = defaultdict(list)
        self.requests: list[tuple[str, Message]] = []
        self.closing = threading.Event()
        self.identity: ssl.SSLContext | None = None
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.owner = self  # type: ignore[attr-defined]
        self.host = f"127.0.0.1:{self._http.server_port}"
        self.url = f"http://{self.host}"

    def __enter__(self) -> "Server":
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()

    def script(self, path: str, *answers: Answer) -> str:
        """Set the answers for `path` and return its URL."""
        self.scripts[path] = list(answers)
        return self.url + path

    def ranges(self, path: str) -> list[str | None]:
        """Return the Range header of every request to `path`, in order."""
        return [headers["Range"] for asked, headers in self.requests if asked == path]

    def headers(self, path: str, name: str) -> list[str | None]:
        return [headers[name] for asked, headers in self.requests if asked == path]

    @staticmethod
    def file(
        body: bytes, etag: str | None = None, *, upto: int | None = None, hold: bool = False, **more: Any
    ) -> Answer:
        """Serve `body` with support for Range and If-Range.

        `upto`: close the connection after the file's first `upto` bytes; with `hold`, keep it open without sending.
        """

        def answer(handler: Handler) -> None:
            start, condition = 0, handler.headers["If-Range"]
            if (asked := handler.headers["Range"]) and (condition is None or condition == etag):
                start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])  # type: ignore[index]
            if start >= len(body):
                return handler.head(416, Content_Length=0, Content_Range=f"bytes */{len(body)}")
            headers = {"Content_Length": len(body) - start, **({"ETag": etag} if etag else {}), **more}
            if start:
                headers["Content_Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            handler.head(206 if start else 200, **headers)
            handler.wfile.write(body[start:upto])
            handler.wfile.flush()
            if upto is not None:
                handler.close_connection = True
            if hold:
                handler.server.owner.closing.wait(30)  # type: ignore[attr-defined]
            return None

        return answer

    @staticmethod
    def whole(body: bytes, status: int = 200, **headers: Any) -> Answer:
        """Serve all of `body`, also to a request for a part of it."""

        def answer(handler: Handler) -> None:
            handler.head(status, Content_Length=len(body), **headers)
            handler.wfile.write(body)

        return answer

    @classmethod
    def error(cls, status: int, **headers: Any) -> Answer:
        return cls.whole(b"no", status, **headers)

    @classmethod
    def page(cls) -> Answer:
        return cls.whole(b"<html>Please log in</html>", Content_Type="text/html; charset=utf-8")

    @staticmethod
    def chunked(body: bytes) -> Answer:
        """Serve `body` without its length."""

        def answer(handler: Handler) -> None:
            handler.head(200, Transfer_Encoding="chunked")
            handler.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))

        return answer


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Server]]:
    """Return a function that starts a server on a new port."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Server())


@pytest.fixture
def server(servers: Callable[[], Server]) -> Server:
    return servers()


@pytest.fixture
def second(servers: Callable[[], Server]) -> Server:
    return servers()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Make a certificate for Google Drive, which no other program trusts, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("drive")
    names = "subjectAltName=DNS:drive.google.com,DNS:drive.usercontent.google.com"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=drive"]
    command += ["-addext", names, "-keyout", "key.pem", "-out", "certificate.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture
def drive(server: Server, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Server:
    """Make the server the proxy of every https request; behind the proxy it plays Google Drive."""
    server.identity = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.identity.load_cert_chain(*certificate)
    for name in ("https_proxy", "all_proxy", "ALL_PROXY", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    return server


@pytest.fixture
def body() -> bytes:
    return BODY


@pytest.fixture
def pin() -> Callable[..., RemoteFile]:
    """Return a function that pins `body` as a file with a name and URLs."""

    def pin(*urls: str, body: bytes = BODY, name: str = "a.gz", by: str = "sha256", sized: bool = True) -> RemoteFile:
        length = len(body) if sized else None
        if by == "md5":
            return RemoteFile(name, length, "", urls, md5=hashlib.md5(body).hexdigest())
        return RemoteFile(name, length, hashlib.sha256(body).hexdigest(), urls)

    return pin


class Transfer:
    """`fetch` into folders of this test, with short pauses.

    The time-outs are long, so that a busy machine does not repeat a request that a test counts; a test of a stall
    shortens its own.
    """

    policy = RetryPolicy(timeouts=(20, 20), attempts=3, first_wait=0.01, longest_wait=1.5)

    def __init__(self, root: Path) -> None:
        self.out = root / "raw" / "toy"
        self.partial = root / "downloads" / "toy"

    def __call__(self, *wanted: RemoteFile, source: str = "upstream", mirror: str | None = None) -> None:
        fetch("toy", source, wanted, self.out, self.partial, mirror, self.policy)

    def set_read_timeout(self, seconds: float) -> None:
        self.policy = replace(self.policy, timeouts=(20, seconds))

    def leave_part(self, data: bytes, **note: Any) -> None:
        """Write what an interrupted run leaves of `a.gz`."""
        self.partial.mkdir(parents=True)
        (self.partial / "a.gz.part").write_bytes(data)
        if note:
            (self.partial / "a.gz.part.json").write_text(json.dumps(note))

    def fetched(self, name: str = "a.gz") -> bytes:
        return (self.out / name).read_bytes()


@pytest.fixture
def transfer(tmp_path: Path) -> Transfer:
    return Transfer(tmp_path)


@pytest.fixture
def manifest() -> Callable[..., bytes]:
    """Return a function that makes a mirror's manifest for files of one dataset."""

    def manifest(dataset: str, bodies: dict[str, bytes]) -> bytes:
        listed = {
            name: {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()} for name, body in bodies.items()
        }
        return json.dumps({"about": "a test", "datasets": {dataset: {"note": "", "files": listed}}}).encode()

    return manifest
