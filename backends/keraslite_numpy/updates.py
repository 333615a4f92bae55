"""NumPy engine, optimizer updates: in place, by blocks, on all cores.

The arithmetic is that of the base class, operation by operation, so results have the same bits.
"""

import itertools
import threading
import weakref

import numpy as np

from keraslite.backend.updates import Updates
from keraslite_numpy.bfloat16 import tensor
from keraslite_numpy.parallel import cores, split
from keraslite_numpy.tape import TAPE, strip

# Elements; with shorter blocks, which stay in the cache, threads wait for Python's lock.
_BLOCK = 1 << 18
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
    """Call `rule(t, u, g, *values)` on blocks of the variables; it writes into the values.

    While a gradient is taken the tape may hold the values: then it writes into copies.
    """
    if TAPE.depth:
        gradients = [strip(g) for g in gradients]
        handles = [[tensor(np.array(strip(x), order="C")) for x in column] for column in handles]
    small = [i for i, g in enumerate(gradients) if g.size <= _SMALL and g.dtype is _FLOAT32]
    if len(small) == len(gradients) > 1:
        return _update_small(rule, gradients, handles)
    new = [list(column) for column in handles]
    if len(small) > 1:
        some = [[column[i] for i in small] for column in handles]
        some = _update_small(rule, [gradients[i] for i in small], some)
        for column, parts in zip(new, some):
            for i, part in zip(small, parts):
                column[i] = part
    else:
        small = ()
    large = [i for i in range(len(gradients)) if i not in small]
    _update_large(rule, [[column[i].reshape(-1) for column in (gradients, *new)] for i in large])
    return new


def _update_small(rule, gradients, handles):
    """`rule` once on all of them, as parts of one buffer for each column; returns those parts."""
    groups = [_joined(column) for column in handles]
    together = np.concatenate([g.reshape(-1) for g in gradients])
    _update_part(rule, [together, *[whole for whole, _ in groups]], 0, together.size)
    return [parts for _, parts in groups]


def _update_large(rule, variables):
    """`rule` on flat [gradient, *values] of each variable, an equal part of it all on each core."""
    stops = list(itertools.accumulate(arrays[0].size for arrays in variables))

    def part(of):
        for arrays, stop in zip(variables, stops):
            offset = stop - arrays[0].size
            _update_part(rule, arrays, max(of.start - offset, 0), min(of.stop, stop) - offset)

    if stops:
        split(part, stops[-1], _PASSES * stops[-1] if cores() > 1 else 0)


def _update_part(rule, arrays, start, stop):
    """`rule` on blocks of elements start to stop."""
    t, u = _buffers(arrays[0].dtype)
    for begin in range(start, stop, len(t)):
        end = min(begin + len(t), stop)
        rule(t[: end - begin], u[: end - begin], *[a[begin:end] for a in arrays])


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
