"""Freed memory stays with the process."""

import os
import platform
import subprocess
import sys

import pytest

from keras_genzoo import memory

FAULTS = """
import resource, runpy, threading
import numpy as np
keep_freed = runpy.run_path({path!r})["keep_freed"]  # without the package, that is without TensorFlow
print({call})
def rounds():
    for _ in range(10):
        np.empty(64 << 20, "uint8").fill(1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        np.empty(64 << 20, "uint8").fill(1)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
thread = threading.Thread(target=rounds)
thread.start()
thread.join()
"""


def page_faults(call, **variables):
    """What `call` returns, and the page faults of ten times 64 MB in another thread."""
    environment = {name: value for name, value in os.environ.items() if name not in memory.VARIABLES} | variables
    command = [sys.executable, "-c", FAULTS.format(call=call, path=memory.__file__)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    returned, faults = done.stdout.split()
    return returned, int(faults)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a matter of the GNU C library")
def test_freed_memory_is_kept():
    _, without = page_faults("None")
    returned, kept = page_faults("keep_freed()")
    assert returned == "True" and kept < without / 10


def test_the_environment_has_the_last_word():
    assert page_faults("keep_freed()", MALLOC_ARENA_MAX="4")[0] == "False"


def test_other_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    for name in memory.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert memory.keep_freed() is False
