"""Work over the first axis split among the cores.

NumPy computes products on all cores, through OpenBLAS, and everything else on one. A function that
copies, multiplies and reduces is cut into parts of its batch here, one for each core, with OpenBLAS
set to one thread meanwhile: two levels of threads would wait for each other.
"""

import contextlib
import ctypes
import functools
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

_LARGE = 1 << 18  # elements; below that, threads cost more than they save
_inside = threading.local()


def split(fn, count, work):
    """[fn(part), ...] for slices that make up range(count), computed at the same time.

    Args:
        fn: a function of a slice; it must write to memory of its own part only.
        count: size of the axis.
        work: about how many elements are touched in all.
    """
    cores = 1 if os.environ.get("NOPAR") else _cores()
    parts = min(cores, count, work // _LARGE + 1)
    if parts < 2 or getattr(_inside, "part", False):
        return [fn(slice(0, count))]
    stops = [count * (i + 1) // parts for i in range(parts)]
    slices = [slice(start, stop) for start, stop in zip([0, *stops], stops)]
    with _one_blas_thread():
        others = [_pool(cores - 1).submit(_quietly, fn, part) for part in slices[1:]]
        first = fn(slices[0])
        return [first, *[other.result() for other in others]]


def in_blocks(fn, count, step, work):
    """`fn(block)` for slices of `step` that make up range(count), by `split`.

    Many passes over a block then find it in the cache.
    """

    def part(of):
        for start in range(of.start, of.stop, step):
            fn(slice(start, min(start + step, of.stop)))

    split(part, count, work)


def _quietly(fn, part):
    """NumPy's error state belongs to a thread: this one has its own."""
    _inside.part = True
    with np.errstate(all="ignore"):
        return fn(part)


@functools.cache
def _pool(size):
    return ThreadPoolExecutor(size, "keraslite")


@functools.cache
def _cores():
    """Cores that this process may use; 1 where OpenBLAS cannot be told to keep to one."""
    if _openblas() is None:
        return 1
    given = os.environ.get("OMP_NUM_THREADS") or os.environ.get("OPENBLAS_NUM_THREADS")
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return int(given) if given and given.isdigit() else available or 1


@functools.cache
def _openblas():
    """(set, get) number of threads of the OpenBLAS that NumPy came with; None if it has another."""
    folder = Path(np.__file__).parent
    for path in [*folder.parent.glob("numpy.libs/*openblas*"), *folder.glob(".dylibs/*openblas*")]:
        library = ctypes.CDLL(str(path))
        for name in ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads"):
            if hasattr(library, name.format("set")):
                return getattr(library, name.format("set")), getattr(library, name.format("get"))
    return None


@contextlib.contextmanager
def _one_blas_thread():
    set_threads, get_threads = _openblas()
    before = get_threads()
    set_threads(1)
    try:
        yield
    finally:
        set_threads(before)
