"""Freed memory is kept for the next array, where the C library is glibc.

glibc hands large freed blocks back to the system at once, and every training step pays for getting
its pages again: a third of the time of a convolutional network's step. The mmap threshold is what
glibc's own adaptation reaches, the trim threshold four times that.
"""

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h


def keep_freed_memory():
    """Let malloc keep up to 256 MiB of freed memory; does nothing on other C libraries."""
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, 32 << 20)
        libc.mallopt(_M_TRIM_THRESHOLD, 256 << 20)
