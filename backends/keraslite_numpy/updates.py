"""NumPy engine, optimizer updates: in place, block by block, so that operands stay in the cache.

The arithmetic is that of the base class, operation by operation, so results have the same bits.
"""

import itertools
import threading
import weakref

import numpy as np

from keraslite.backend.updates import Updates
from keraslite_numpy.bfloat16 import tensor
from keraslite_numpy.parallel import cores, in_blocks
from keraslite_numpy.tape import TAPE, strip

_BLOCK = 1 << 15
_PASSES = 8  # over the elements in an update, about
_SMALL = 1 << 12  # elements; such variables are updated together
_FLOAT32 = np.dtype(np.float32)
_scratch = threading.local()
_parts = {}  # id of a buffer -> ids of the handles that are its parts, in order


def _buffers(dtype):
    """Two blocks to compute in, of this thread."""
    buffers = _scratch.__dict__
    if dtype not in buffers:
        buffers[dtype] = tuple(tensor(np.empty(_BLOCK, dtype)) for _ in range(2))
    return buffers[dtype]


def _update(rule, gradients, *handles):
    """Call `rule(t, u, g, *values)` on blocks of each variable; it writes into the values.

    While a gradient is taken the tape may hold the values: then it writes into copies.
    """
    if TAPE.depth:
        gradients = [strip(g) for g in gradients]
        handles = [[tensor(np.array(strip(x), order="C")) for x in column] for column in handles]
    small = [i for i, g in enumerate(gradients) if g.size <= _SMALL and g.dtype is _FLOAT32]
    new = [list(column) for column in handles]
    if len(small) == len(gradients) > 1:
        new = _update_together(rule, gradients, new)
    elif len(small) > 1:
        some = [[column[i] for i in small] for column in handles]
        some = _update_together(rule, [gradients[i] for i in small], some)
        for column, parts in zip(new, some):
            for i, part in zip(small, parts):
                column[i] = part
    else:
        small = ()
    for i, g in enumerate(gradients):
        if i not in small:
            _in_blocks(rule, g.reshape(-1), [column[i].reshape(-1) for column in handles])
    return new


def _update_together(rule, gradients, columns):
    """`rule` once on all of them, as parts of one buffer for each column; returns those parts."""
    groups = [_joined(column) for column in columns]
    _in_blocks(rule, np.concatenate([g.reshape(-1) for g in gradients]), [g[0] for g in groups])
    return [parts for _, parts in groups]


def _in_blocks(rule, g, arrays):
    """`rule` on blocks of flat arrays."""
    if g.size <= _BLOCK:
        t, u = _buffers(g.dtype)
        return rule(t[: g.size], u[: g.size], g, *arrays)

    def block(part):
        t, u = _buffers(g.dtype)
        count = part.stop - part.start
        rule(t[:count], u[:count], g[part], *[a[part] for a in arrays])

    in_blocks(block, g.size, _BLOCK, _PASSES * g.size if cores() > 1 else 0)


def _joined(arrays):
    """(buffer, arrays): small arrays as parts of one buffer, so that one call updates them all.

    They are, once a call has made them so; what was assigned since then is copied in anew.
    """
    whole = arrays[0].base
    if whole is not None and _parts.get(id(whole)) == list(map(id, arrays)):
        for a in arrays:
            if a.base is not whole:  # an id has been taken over
                break
        else:
            return whole, arrays
    whole = np.concatenate([a.reshape(-1) for a in arrays])
    stops = itertools.accumulate(a.size for a in arrays)
    arrays = [whole[stop - a.size : stop].reshape(a.shape) for a, stop in zip(arrays, stops)]
    _parts[id(whole)] = [id(a) for a in arrays]
    weakref.finalize(whole, _parts.pop, id(whole))
    return whole, arrays


class NumpyUpdates(Updates):
    def update_sgd(self, gradients, parameters, rate):
        def rule(t, u, g, p):
            np.multiply(g, self._like(rate, p), t)
            p -= t

        return _update(rule, gradients, parameters)

    def update_momentum(self, gradients, parameters, velocities, rate, momentum, nesterov):
        def rule(t, u, g, p, v):
            np.multiply(g, self._like(rate, p), t)
            v *= momentum
            v -= t
            if nesterov:
                np.multiply(v, momentum, u)
                p += u
                p -= t
            else:
                p += v

        return _update(rule, gradients, parameters, velocities)

    def update_rmsprop(
        self, gradients, parameters, squares, averages, velocities,
        rate, rho, momentum, epsilon, centered,
    ):  # fmt: skip
        def rule(t, u, g, p, s, a, v):
            np.multiply(g, g, t)
            t *= 1 - rho
            s *= rho
            s += t
            if centered:
                np.multiply(g, 1 - rho, t)
                a *= rho
                a += t
                np.multiply(a, a, t)
                np.subtract(s, t, t)
                t += epsilon
            else:
                np.add(s, epsilon, t)
            np.sqrt(t, t)
            np.multiply(g, self._like(rate, p), u)
            u /= t
            if momentum > 0:
                v *= momentum
                v += u
                p -= v
            else:
                p -= u

        return _update(rule, gradients, parameters, squares, averages, velocities)

    def update_adam(
        self, gradients, parameters, means, squares, rate, step, beta_1, beta_2, epsilon
    ):
        rate = self.unbiased_rate(float(rate), float(step), beta_1, beta_2)

        def rule(t, u, g, p, m, s):
            np.subtract(g, m, t)
            t *= 1 - beta_1
            m += t
            np.multiply(g, g, t)
            t -= s
            t *= 1 - beta_2
            s += t
            np.sqrt(s, t)
            t += epsilon
            np.multiply(m, rate, u)
            u /= t
            p -= u

        return _update(rule, gradients, parameters, means, squares)
