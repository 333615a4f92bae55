"""NumPy engine, optimizer updates: in place, block by block, so that operands stay in the cache.

The arithmetic is that of the base class, operation by operation, so results have the same bits.
"""

import threading

import numpy as np

from keraslite.backend.updates import Updates
from keraslite_numpy.bfloat16 import tensor
from keraslite_numpy.tape import TAPE, strip

_BLOCK = 1 << 14
_scratch = threading.local()


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
    gradients = [strip(g) for g in gradients]
    if TAPE.depth:
        handles = [[tensor(np.array(strip(x), order="C")) for x in column] for column in handles]
    for g, *arrays in zip(gradients, *handles):
        t, u = _buffers(g.dtype)
        if g.size <= _BLOCK:
            shaped = (slice(0, g.size),)
            rule(t[shaped].reshape(g.shape), u[shaped].reshape(g.shape), g, *arrays)
            continue
        flat = [a.reshape(-1) for a in (g, *arrays)]
        for start in range(0, g.size, _BLOCK):
            block = [a[start : start + _BLOCK] for a in flat]
            count = len(block[0])
            rule(t[:count], u[:count], *block)
    return [list(column) for column in handles]


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
        rate = self.unbiased_rate(rate, step, beta_1, beta_2)

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
            np.multiply(m, self._like(rate, p), u)
            u /= t
            p -= u

        return _update(rule, gradients, parameters, means, squares)
