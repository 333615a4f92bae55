"""NumPy engine, random numbers: the contract's hash in place, in blocks that fit the cache."""

import math

import numpy as np

from keraslite.backend.randomness import _GOLDEN, _M1, _M2, Randomness
from keraslite_numpy.tape import strip

_BLOCK = 1 << 14
_MASK = (1 << 32) - 1
_MULTIPLIED = np.arange(_BLOCK, dtype=np.uint32) * np.uint32(_GOLDEN & _MASK)


def _mix_in_place(x, t):
    """The contract's `_mix` on uint32 words, with a scratch block t."""
    for shift, factor in ((16, _M1 & _MASK), (15, _M2 & _MASK)):
        np.right_shift(x, shift, t)
        x ^= t
        x *= np.uint32(factor)
    np.right_shift(x, 16, t)
    x ^= t


def _mix_number(x):
    for shift, factor in ((16, _M1), (15, _M2)):
        x = (x ^ (x >> shift)) * (factor & _MASK) & _MASK
    return x ^ (x >> 16)


def _key_words(key):
    return (int(word) & _MASK for word in strip(key))


def _blocks(key, count):
    """The words of a key, block by block, as (start, stop, uint32 words in a reused buffer)."""
    low, high = _key_words(key)
    words, scratch = np.empty((2, min(count, _BLOCK)), np.uint32)
    for start in range(0, count, _BLOCK):
        stop = min(start + _BLOCK, count)
        x, t = words[: stop - start], scratch[: stop - start]
        np.add(_MULTIPLIED[: stop - start], np.uint32((start * _GOLDEN + low) & _MASK), x)
        _mix_in_place(x, t)
        x ^= np.uint32(high)
        x += np.uint32(low)
        _mix_in_place(x, t)
        yield start, stop, x


class NumpyRandomness(Randomness):
    def random_bits(self, key, count):
        bits = np.empty(count, np.uint32)
        for start, stop, words in _blocks(key, count):
            bits[start:stop] = words
        return bits.view(np.int32)

    def fold_in(self, key, number):
        low, high = _key_words(key)
        number = int(strip(number)) & _MASK
        low = _mix_number(low + number * _GOLDEN & _MASK)
        high = _mix_number((high ^ low) + number & _MASK)
        return np.array([low, high], np.uint32).view(np.int32)

    def random_uniform(self, key, shape, dtype):
        count = math.prod(shape)
        if dtype not in ("float32", "float64"):
            return super().random_uniform(key, shape, dtype)
        unit = np.empty(count, dtype)
        for start, stop, words in _blocks(key, count):
            if dtype == "float64":
                np.multiply(words.view(np.int32), 2.0**-32, unit[start:stop])
                unit[start:stop] += 0.5
            else:
                words >>= 8
                np.multiply(words.view(np.int32), np.float32(2.0**-24), unit[start:stop],
                            dtype=np.float32, casting="same_kind")  # fmt: skip
        return unit.reshape(shape)

    def random_keep(self, key, shape, keep_probability):
        count = math.prod(shape)
        half = (count + 1) // 2
        keep = np.empty(2 * half, bool)
        threshold = round(keep_probability * 65536)
        for start, stop, words in _blocks(key, half):
            np.less(words & 0xFFFF, threshold, keep[start:stop])
            words >>= 16
            np.less(words, threshold, keep[half + start : half + stop])
        return keep[:count].reshape(shape)
