"""What the C library does with freed memory."""

import ctypes
import os

VARIABLES = {
    "MALLOC_ARENA_MAX",
    "MALLOC_MMAP_MAX_",
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_TRIM_THRESHOLD_",
    "GLIBC_TUNABLES",
}
KEEPING = {  # parameters of glibc's mallopt
    -8: 1,  # M_ARENA_MAX: threads share the one heap that can grow without end
    -4: 0,  # M_MMAP_MAX: large blocks come from it, too
    -1: 2**31 - 1,  # M_TRIM_THRESHOLD: and its end is not given back
}


def keep_freed():
    """Lets this process keep freed memory for its next tensors; to be called before TensorFlow runs anything.

    The GNU C library gives a large block back to the kernel when it is freed, and the kernel clears its pages when the
    next one is asked for, in every step of training again. The command line calls this.

    Returns:
        bool: `False`, and nothing changes, where the C library is another or an environment variable such as
        `MALLOC_ARENA_MAX` has settled the matter.

    Example:

    >>> from keras_genzoo import memory
    >>> memory.keep_freed() in (True, False)
    True
    """
    if VARIABLES & os.environ.keys():
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # no mallopt; nothing loaded of that kind; Windows
        return False
    return all([mallopt(parameter, value) for parameter, value in KEEPING.items()])
