"""Random words on the CPU by NumPy, in blocks that stay in cache: the bits of the inherited hash.

NumPy has the unsigned shift of the hash in one pass, torch has not: on one thread 2**20 words take
1.6 ms here and 6.7 ms as operations on whole tensors (torch's own bernoulli: 13 ms). On other
devices, and while torch.compile traces, the inherited operations run.
"""

import functools
import math

import numpy as np
import torch

_BLOCK = 1 << 16
_ONES = 0xFFFFFFFF
_M1, _M2, _GOLDEN = 0x7FEB352D, 0x846CA68B, 0x9E3779B9


class Randomness:
    def random_bits(self, key, count):
        if not _readable(key):
            return super().random_bits(key, count)
        return torch.from_numpy(_words(key, count).view(np.int32))

    def fold_in(self, key, number):
        if not _readable(key) or not (isinstance(number, int) or _readable(number)):
            return super().fold_in(key, number)
        low, high, number = *_halves(key), int(number)
        low = _mix((low + number * _GOLDEN) & _ONES)
        high = _mix(((high ^ low) + number) & _ONES)
        return torch.from_numpy(np.array([low, high], np.uint32).view(np.int32))

    def random_keep(self, key, shape, keep_probability):
        if not _readable(key):
            return super().random_keep(key, shape, keep_probability)
        count = math.prod(shape)
        half = (count + 1) // 2
        words = _words(key, half)
        limit = round(keep_probability * 65536)
        kept = np.empty(2 * half, bool)
        np.less(words & 0xFFFF, limit, out=kept[:half])
        np.less(words >> 16, limit, out=kept[half:])
        return torch.from_numpy(kept[:count].reshape(shape))

    def dropout(self, x, rate, key, noise_shape):
        kept = self.random_keep(key, noise_shape, 1 - rate)
        return x * kept.to(x.dtype).mul_(1 / (1 - rate))


def _readable(x):
    """True for a tensor whose values are at hand: in host memory, and no tracer."""
    return type(x) is torch.Tensor and x.device.type == "cpu" and not torch.compiler.is_compiling()


def _halves(key):
    """The key's two words as unsigned Python ints."""
    low, high = key.tolist()
    return low & _ONES, high & _ONES


def _mix(x):
    x = ((x ^ x >> 16) * _M1) & _ONES
    x = ((x ^ x >> 15) * _M2) & _ONES
    return x ^ x >> 16


@functools.cache
def _counters():
    """The multiplied counters of the first block; later blocks differ by a constant."""
    counters = np.arange(_BLOCK, dtype=np.uint32)
    return counters * np.uint32(_GOLDEN)


def _words(key, count):
    """`count` words of a key, as uint32."""
    low, high = _halves(key)
    words = np.empty(count, np.uint32)
    spare = np.empty(min(count, _BLOCK), np.uint32)
    for start in range(0, count, _BLOCK):
        x = words[start : start + _BLOCK]
        shifted = spare[: x.size]
        np.add(_counters()[: x.size], (start * _GOLDEN + low) & _ONES, out=x)
        _mix_block(x, shifted)
        np.bitwise_xor(x, high, out=x)
        np.add(x, low, out=x)
        _mix_block(x, shifted)
    return words


def _mix_block(x, shifted):
    """`_mix` of an array, in place."""
    for places, factor in ((16, _M1), (15, _M2), (16, None)):
        np.right_shift(x, places, out=shifted)
        np.bitwise_xor(x, shifted, out=x)
        if factor is not None:
            np.multiply(x, factor, out=x)
