"""Hide TensorFlow's notices.

Its C++ code ignores `TF_CPP_MIN_LOG_LEVEL` and writes them to the standard error descriptor until
`absl::InitializeLog` is called, which has no Python interface.
"""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# Regular expressions of lines that are of no use to a person. All other lines, such as errors, are shown.
NOTICES = (
    r"^WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR$",
    r"^[IW][0-9]{4} ",  # information and warnings
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+: [IW] ",  # the same of TensorFlow's older log
    r"^To enable the following instructions: ",  # the second line of one of them
    r"^E[0-9]{4} .*remapper failed: ",  # an optimisation of the graph that is skipped
)
# Keras compiles a function for each network, all of one name, which TensorFlow takes for one compiled repeatedly.
REPEATED = "triggered tf.function retracing"
# Seconds for grep to show its last lines.
LONGEST_WAIT = 2


def _is_wanted(record: logging.LogRecord) -> bool:
    return REPEATED not in record.getMessage()


@contextmanager
def without_notices() -> Iterator[None]:
    """Drop lines that match `NOTICES` from what native code writes to the standard error inside the block.

    A process of `grep` filters them, so that the last lines of a crash are shown as well. Python's own `sys.stderr` is
    not filtered, but its log of TensorFlow drops what contains `REPEATED`. Without `grep` on the machine, no line of
    native code is dropped.
    """
    logging.getLogger("tensorflow").addFilter(_is_wanted)
    terminal = os.dup(2)
    pattern = ["grep", "--text", "--line-buffered", "-vE", *(word for notice in NOTICES for word in ("-e", notice))]
    try:
        # A session of its own: an interrupt from the keyboard must not end grep.
        grep = subprocess.Popen(
            pattern, stdin=subprocess.PIPE, stdout=terminal, stderr=terminal, start_new_session=True
        )
    except FileNotFoundError:
        os.close(terminal)
        yield
        return
    assert grep.stdin is not None
    stderr = sys.stderr
    with os.fdopen(terminal, "w", buffering=1, errors="backslashreplace", closefd=False) as direct:
        os.dup2(grep.stdin.fileno(), 2)
        grep.stdin.close()
        if stderr is sys.__stderr__:
            sys.stderr = direct
        try:
            yield
        finally:
            sys.stderr = stderr
            os.dup2(terminal, 2)
            # A process that was started in the block and lives on keeps the pipe open; grep then ends with it.
            with suppress(subprocess.TimeoutExpired):
                grep.wait(timeout=LONGEST_WAIT)
    os.close(terminal)
