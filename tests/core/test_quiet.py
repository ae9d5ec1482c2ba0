"""TensorFlow's notices are dropped; errors and everything that Python writes are shown."""

import os
import subprocess
import sys

SCRIPT = r"""
import os, sys
from atelier.core.quiet import without_notices

with without_notices():
    for line in sys.argv[1:]:
        os.write(2, line.encode() + b"\n")
    print("from Python", file=sys.stderr)
    if "crash" in sys.argv:
        os.abort()
os.write(2, b"I0000 after\n")
"""
NOTICES = (
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
    "I0000 00:00:1.2     578 device_compiler.h:196] Compiled cluster using XLA!",
    "E0000 00:00:1.2    5022 meta_optimizer.cc:967] remapper failed: INVALID_ARGUMENT",
)


def shown(*lines: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", SCRIPT, *lines], stderr=subprocess.PIPE, text=True, check=False)
    return done.stderr.splitlines()


def test_notices_are_dropped_and_errors_are_shown():
    error = "E0000 00:00:1.2    5022 cuda.cc:1] failed call to cuInit"
    lines = shown(*NOTICES, error, "Out of memory")
    assert {error, "Out of memory", "from Python"} <= set(lines)
    assert not set(NOTICES) & set(lines)


def test_nothing_is_dropped_after_the_block():
    assert shown()[-1] == "I0000 after"


def test_last_words_of_a_crash_are_shown():
    assert "crash" in shown(NOTICES[0], "crash")


OUTLIVING = """
import subprocess
from atelier.core.quiet import without_notices

with without_notices():
    child = subprocess.Popen(["sleep", "60"])
print("after")
child.kill()
child.wait()
"""
BINARY = r"""
import os
from atelier.core.quiet import without_notices

with without_notices():
    os.write(2, b"\xff\x00 error\n")
"""


def test_process_that_outlives_the_block_does_not_block_its_end():
    done = subprocess.run([sys.executable, "-c", OUTLIVING], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "after\n"


def test_bytes_that_are_no_text_are_shown():
    done = subprocess.run([sys.executable, "-c", BINARY], stderr=subprocess.PIPE, check=True)
    assert done.stderr == b"\xff\x00 error\n"


def test_without_grep_everything_is_shown():
    environment = os.environ | {"PATH": "/nonexistent"}
    command = [sys.executable, "-c", SCRIPT, *NOTICES]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=True, env=environment)
    assert set(NOTICES) <= set(done.stderr.splitlines())
