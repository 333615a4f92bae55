"""Draws on the host: initial weights, shuffles, splits. The same on every engine.

Each draw has its own generator (NumPy's Philox), keyed by the global seed, a path, and how often
that path was asked for since the seed was set. So weights do not depend on the order in which
layers are built, and two models built after one `set_random_seed` differ.
"""

import collections
import hashlib
import random
import threading

import numpy as np

_lock = threading.Lock()
_counts = collections.Counter()
_seed = random.SystemRandom().getrandbits(64)


def set_seed(seed):
    """Set the global seed and start all paths anew."""
    global _seed
    with _lock:
        _seed = seed
        _counts.clear()


def counts():
    """How often each path was asked for."""
    with _lock:
        return dict(_counts)


def set_counts(counts):
    """Go back to what `counts` returned before."""
    with _lock:
        _counts.clear()
        _counts.update(counts)


def derived_seed(path, bits=64, counted=True):
    """An integer that follows from the global seed, `path`, and how often it was asked for."""
    with _lock:
        count = _counts[path] if counted else 0
        _counts[path] += counted
    digest = hashlib.sha256(f"{_seed}/{path}/{count}".encode()).digest()
    return int.from_bytes(digest[: bits // 8], "little")


def generator(seed=None, path="draw"):
    """A NumPy Generator: from an int seed always the same, from None the next one of `path`."""
    key = derived_seed(path, 128) if seed is None else int(seed)
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(key)))
