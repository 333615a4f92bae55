"""bfloat16 arrays: an ndarray subclass that stays bfloat16 where plain NumPy would widen.

NumPy knows ml_dtypes.bfloat16 as a foreign dtype: with a Python number, and in a matrix product,
its results are float32, and sums lose almost all digits. `BFloat16` turns Python numbers into
bfloat16 and computes products and reductions in float32, rounding once at the end.
"""

import ml_dtypes
import numpy as np

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
_NUMBERS = (int, float)


class BFloat16(np.ndarray):
    """An array of dtype bfloat16 whose operators give bfloat16 again."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        if any(isinstance(x, np.ndarray) and type(x).__array_ufunc__ not in _OWN for x in inputs):
            return NotImplemented
        wide = method != "__call__" or ufunc is np.matmul
        plain = [_plain(x, wide) for x in inputs]
        if out is not None:
            if not wide:
                options["out"] = tuple(_plain(x, False) for x in out)
                getattr(ufunc, method)(*plain, **options)
            else:
                out[0][...] = getattr(ufunc, method)(*plain, **options)
            return out[0] if len(out) == 1 else out
        result = getattr(ufunc, method)(*plain, **options)
        if isinstance(result, tuple):
            return tuple(_narrow(r) for r in result)
        return _narrow(result) if wide else tensor(result)

    def astype(self, dtype, **options):
        return tensor(np.ndarray.astype(self, dtype, subok=False, **options))


_OWN = (BFloat16.__array_ufunc__, np.ndarray.__array_ufunc__)


def _plain(x, wide):
    if isinstance(x, BFloat16):
        return x.astype(np.float32) if wide else x.view(np.ndarray)
    return np.array(x, BFLOAT16) if type(x) in _NUMBERS else x


def _narrow(result):
    result = np.asarray(result)
    return tensor(result.astype(BFLOAT16) if result.dtype == np.float32 else result)


def tensor(raw):
    """What NumPy returned, as this engine's tensor: an ndarray, a BFloat16 for that dtype."""
    kind = type(raw)
    if kind is np.ndarray:
        return raw if raw.dtype is not BFLOAT16 else raw.view(BFloat16)
    if kind is BFloat16:
        return raw if raw.dtype is BFLOAT16 else raw.view(np.ndarray)
    return tensor(np.asarray(raw))


def is_half(x):
    """True for arrays of the 16-bit floats, whose sums and products are taken in float32."""
    dtype = x.dtype
    return dtype is BFLOAT16 or dtype == np.float16
