"""Freed memory is kept for the next step, where the C library is glibc.

glibc hands large freed blocks back to the system at once, and every step pays for getting their
pages again: on two cores 30 ms instead of 19 for the MNIST CNN's step on torch, on one core 67
instead of 43 on JAX, whose compiled steps take their temporaries as one block.
"""

import ctypes
import functools
import platform

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # malloc.h


def keep_freed_memory(kept, largest, one_pool=False):
    """Let malloc keep up to `kept` bytes of freed memory, in blocks of up to `largest` bytes.

    An engine whose arrays come from malloc calls it when it is loaded; it holds for the process.
    Does nothing on other C libraries.

    Args:
        one_pool: whether all threads take memory where the main one does. The pools that glibc
            gives to others keep no block of 64 MiB or more, so an engine that takes such blocks in
            threads of its own needs it (JAX, a transformer's step: 142 ms without, 102 with).
    """
    libc = _glibc()
    if libc is not None:
        libc.mallopt(_M_MMAP_THRESHOLD, largest)
        libc.mallopt(_M_TRIM_THRESHOLD, kept)
        if one_pool:
            libc.mallopt(_M_ARENA_MAX, 1)


def return_freed_memory(above=0):
    """Hand freed memory back to the system, this once, if it is more than `above` bytes."""
    libc = _glibc()
    if libc is not None and (not above or _freed(libc) > above):
        libc.malloc_trim(0)


class _Mallinfo(ctypes.Structure):
    """What `mallinfo2` of malloc.h returns."""

    _fields_ = [
        *[(name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd")],
        *[(name, ctypes.c_size_t) for name in ("usmblks", "fsmblks", "uordblks", "fordblks")],
        ("keepcost", ctypes.c_size_t),
    ]


def _freed(libc):
    """Bytes that malloc has got back and keeps; 0 from a glibc before 2.33."""
    if not hasattr(libc, "mallinfo2"):
        return 0
    libc.mallinfo2.restype = _Mallinfo
    return libc.mallinfo2().fordblks


@functools.cache
def _glibc():
    """The C library if it is glibc, else None."""
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
