"""Work over the first axis split among the cores.

NumPy computes products on all cores, through OpenBLAS, and everything else on one. In compiled
steps with enough work all of it is cut into parts here, one for each core, and OpenBLAS keeps to
one thread: after a product of its own, its threads spin for milliseconds in the way of others, of
this program or another.
"""

import contextlib
import ctypes
import functools
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np

_LARGE = 1 << 19  # elements touched; below that, threads cost more than they save
_HEAD_START = 1 << 16  # elements that a core works on until its neighbour has woken up
_LINE = 16  # float32s in a line of the cache
_state = threading.local()  # cores: how many parts work is cut into; wanted: that it should be


def split(fn, count, work):
    """[fn(part), ...] for slices that make up range(count), computed at the same time.

    This thread's part, the first, is a little larger, as the others begin later: so it need not
    sleep until they end, and wake up again (the MNIST CNN's step: 25.8 ms without, 24.2 with).

    Args:
        fn: a function of a slice; it must write to memory of its own part only.
        count: size of the axis.
        work: about how many elements are touched in all.
    """
    parts = min(cores(), count, work // _LARGE + 1)
    if parts < 2:
        _state.wanted = getattr(_state, "wanted", False) or work >= _LARGE
        return [fn(slice(0, count))]
    slices = _cut(count, parts, count * _HEAD_START // work)
    available, _state.cores = cores(), 1  # a part is not split again
    helpers = _helpers(parts - 1)
    for helper, part in zip(helpers, slices[1:]):
        helper.begin(fn, part)
    try:
        try:
            first = fn(slices[0])
        finally:
            others = [helper.end() for helper, _ in zip(helpers, slices[1:])]
    except BaseException:  # Ctrl-C, perhaps while waiting: these may be at work still
        _state.helpers = []
        raise
    finally:
        _state.cores = available
    for _, error in others:
        if error is not None:
            raise error
    return [first, *[result for result, _ in others]]


def _cut(count, parts, head):
    """Slices of equal size that make up range(count), but for the first, which has `head` more;
    long ones begin where a line of the cache may."""
    head = min(head, count // parts // 2)
    grain = _LINE if count >= _LINE * _LINE * parts else 1
    starts = [(head + (count - head) * i // parts) // grain * grain for i in range(1, parts)]
    return [slice(start, stop) for start, stop in zip([0, *starts], [*starts, count])]


def in_blocks(fn, count, step, work):
    """`fn(block)` for slices of `step` that make up range(count), by `split`.

    Many passes over a block then find it in the cache.
    """

    def part(of):
        for start in range(of.start, of.stop, step):
            fn(slice(start, min(start + step, of.stop)))

    split(part, count, work)


def elementwise(ufunc, x, y):
    """ufunc(x, y), on all cores if x is large and y an array of its shape, one of its last axes, or
    a number."""
    if getattr(x, "size", 0) < _LARGE or cores() < 2:
        return ufunc(x, y)
    shape = getattr(y, "shape", ())
    if shape != x.shape and len(shape) >= x.ndim:
        return ufunc(x, y)
    if getattr(y, "dtype", x.dtype) is not x.dtype or x.dtype.kind != "f":
        return ufunc(x, y)
    out = np.empty(x.shape, x.dtype)
    cut = len(shape) == x.ndim
    split(lambda s: ufunc(x[s], y[s] if cut else y, out=out[s]), len(x), 2 * x.size)
    return out


def together(work, *jobs):
    """[job(), ...], at the same time; jobs should take equally long."""
    if work < _LARGE or cores() < 2:
        return [job() for job in jobs]
    found = split(lambda part: [job() for job in jobs[part]], len(jobs), work)
    return [result for part in found for result in part]


def matmul(x, y):
    """np.matmul of two matrices, on all cores."""
    rows, columns = x.shape[0], y.shape[1]
    work = rows * columns * x.shape[1] >> 5
    if work < _LARGE or x.dtype is not y.dtype:
        return np.matmul(x, y)
    if cores() < 2:
        _state.wanted = True
        return np.matmul(x, y)
    out = np.empty((rows, columns), x.dtype)
    if rows >= columns:
        split(lambda s: np.matmul(x[s], y, out=out[s]), rows, work)
    else:
        split(lambda s: np.matmul(x, y[:, s], out=out[:, s]), columns, work)
    return out


def cores():
    """How many parts work may be cut into now: 1 outside of `own_threads`, and inside a part."""
    return getattr(_state, "cores", 1)


def with_own_threads(step):
    """`step`, with `own_threads` from its second call on if the one before would have used them."""
    wanted = False

    def run(*args):
        nonlocal wanted
        if wanted:
            with own_threads():
                return step(*args)
        outer, _state.wanted = getattr(_state, "wanted", False), False
        try:
            return step(*args)
        finally:
            wanted, _state.wanted = _state.wanted, outer

    return run


@contextlib.contextmanager
def own_threads():
    """Split work here, and keep OpenBLAS to one thread meanwhile."""
    available, openblas = _available(), _openblas()
    if openblas is None or available < 2 or cores() > 1:
        yield
        return
    _blas.hold(*openblas)
    _state.cores = available
    try:
        yield
    finally:
        _state.cores = 1
        _blas.release(openblas[0])


class _Blas:
    """OpenBLAS's one setting for the process: at one thread while any thread runs such a step."""

    def __init__(self):
        self._lock, self._holders, self._before = threading.Lock(), 0, 1

    def hold(self, set_threads, get_threads):
        with self._lock:
            if not self._holders:
                self._before = get_threads()
                set_threads(1)
            self._holders += 1

    def release(self, set_threads):
        with self._lock:
            self._holders -= 1
            if not self._holders:
                set_threads(self._before)


_blas = _Blas()


class _Helper(threading.Thread):
    """A thread that computes parts. Two locks take half the time of an executor's queue."""

    def __init__(self):
        super().__init__(daemon=True, name="keraslite")
        self._job: Any = None
        self._outcome: Any = None
        self._begin, self._end = threading.Lock(), threading.Lock()
        self._begin.acquire()
        self._end.acquire()
        self.start()

    def begin(self, fn, part):
        self._job = fn, part
        self._begin.release()

    def end(self):
        """(result, error) of what `begin` was given."""
        self._end.acquire()
        return self._outcome

    def run(self):
        while True:
            self._begin.acquire()
            fn, part = self._job
            try:
                with np.errstate(all="ignore"):  # which belongs to a thread
                    self._outcome = fn(part), None
            except BaseException as error:
                self._outcome = None, error
            self._job = fn = part = None
            self._end.release()


def _helpers(count):
    """Helpers of this thread."""
    helpers = _state.__dict__.setdefault("helpers", [])
    while len(helpers) < count:
        helpers.append(_Helper())
    return helpers


def _forget():
    """A forked process has this module's state, but not its threads."""
    _state.helpers = []


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


@functools.cache
def _available():
    """Cores that this process may use; 1 where OpenBLAS cannot be told to keep to one thread."""
    if _openblas() is None:
        return 1
    given = os.environ.get("OMP_NUM_THREADS") or os.environ.get("OPENBLAS_NUM_THREADS")
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(int(given), allowed) if given and given.isdigit() else allowed or 1


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
