"""Contract, random numbers: a counter hash in 32-bit integer arithmetic, the same bits everywhere.

A key is an int32 tensor (2,). Word i of a key is hash(key, i); no state is kept here. The mixing
function is a 32-bit finalizer (xor-shift, multiply, twice; constants from C. Wellons' search for
low-bias hashes), applied to the counter with one half of the key mixed in before each round.
"""

import math

_M1, _M2 = 0x7FEB352D, 0x846CA68B - (1 << 32)  # as int32
_GOLDEN = 0x9E3779B9 - (1 << 32)


def _wrap(number):
    """A Python int brought into int32's range, as tensors wrap by themselves."""
    return (number + 2**31) % 2**32 - 2**31 if isinstance(number, int) else number


class Randomness:
    """In-graph draws."""

    def _shift_right(self, x, places):
        """Logical shift of int32 bit patterns."""
        return self.bitwise_and(self.right_shift(x, places), (1 << (32 - places)) - 1)

    def _mix(self, x):
        x = self.bitwise_xor(x, self._shift_right(x, 16)) * _M1
        x = self.bitwise_xor(x, self._shift_right(x, 15)) * _M2
        return self.bitwise_xor(x, self._shift_right(x, 16))

    def random_bits(self, key, count):
        """`count` random words of a key, as an int32 tensor (count,)."""
        low, high = self.getitem(key, 0), self.getitem(key, 1)
        counter = self.arange(0, count, 1, "int32")
        mixed = self._mix(counter * _GOLDEN + low)
        return self._mix(self.bitwise_xor(mixed, high) + low)

    def fold_in(self, key, number):
        """A new key from a key and an int or an int32 scalar tensor."""
        low, high = self.getitem(key, 0), self.getitem(key, 1)
        low = self._mix(low + _wrap(number * _GOLDEN))
        return self.stack([low, self._mix(self.bitwise_xor(high, low) + _wrap(number))], 0)

    def random_uniform(self, key, shape, dtype):
        """Uniform in [0, 1): multiples of 2**-24 (float64: of 2**-32; 16-bit floats: 2**-8)."""
        bits = self.random_bits(key, math.prod(shape))
        if dtype == "float64":
            unit = self.cast(bits, "float64") * 2.0**-32 + 0.5
        else:
            kept = 8 if dtype in ("float16", "bfloat16") else 24
            unit = self.cast(self._shift_right(bits, 32 - kept), dtype) * 2.0**-kept
        return self.reshape(unit, shape)

    def random_normal(self, key, shape, dtype):
        """Standard normal, Box and Muller 1958, both of each pair used; computed in float32 or
        wider."""
        wide = dtype if dtype == "float64" else "float32"
        count = math.prod(shape)
        half = (count + 1) // 2
        unit = self.random_uniform(key, (2, half), wide)
        smallest = 2.0**-33 if wide == "float64" else 2.0**-25
        radius = self.sqrt(-2 * self.log(self.getitem(unit, 0) + smallest))
        angle = self.getitem(unit, 1) * (2 * math.pi)
        both = self.concatenate([radius * self.cos(angle), radius * self.sin(angle)], 0)
        return self.cast(self.reshape(self.getitem(both, slice(0, count)), shape), dtype)

    def random_int(self, key, shape, low, high, dtype):
        """Integers in [low, high) by scaling 31-bit words (bias below 2**-8 for spans to 2**23)."""
        unit = self.random_uniform(key, shape, "float64")
        return self.cast(self.floor(unit * (high - low)), dtype) + low

    def random_keep(self, key, shape, keep_probability):
        """Bool tensor, True with a probability rounded to 2**-16; two draws a word."""
        count = math.prod(shape)
        words = self.random_bits(key, (count + 1) // 2)
        halves = self.concatenate(
            [self.bitwise_and(words, 0xFFFF), self._shift_right(words, 16)], 0
        )
        kept = self.less(self.getitem(halves, slice(0, count)), round(keep_probability * 65536))
        return self.reshape(kept, shape)

    def dropout(self, x, rate, key, noise_shape):
        """Zeros in place of a fraction `rate` of x; the rest is scaled by 1 / (1 - rate)."""
        keep = self.random_keep(key, noise_shape, 1 - rate)
        return self.where(keep, x / (1 - rate), 0.0)

    def random_permutation(self, key, count):
        """A permutation of range(count), int32."""
        return self.argsort(self.random_bits(key, count), 0)
