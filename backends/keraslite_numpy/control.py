"""NumPy engine, control flow: Python's own."""

import itertools

from keraslite.backend.control import Control


class NumpyControl(Control):
    def scan(self, step, carry, xs, length, reverse=False):
        length = len(xs[0]) if length is None else length
        slices = list(zip(*(self.unstack(x, 0) for x in xs))) if xs else [()] * length
        results = []
        for x in reversed(slices) if reverse else slices:
            carry, y = step(carry, x)
            results.append(y)
        if reverse:
            results.reverse()
        return tuple(carry), tuple(self.stack(list(ys), 0) for ys in zip(*results))

    def while_loop(self, condition, body, carry, limit=None):
        carry = tuple(carry)
        for _ in itertools.count() if limit is None else range(limit):
            if not condition(*carry):
                break
            carry = tuple(body(*carry))
        return carry

    def cond(self, predicate, true_fn, false_fn, *operands):
        return true_fn(*operands) if predicate else false_fn(*operands)

    def vectorized_map(self, fn, xs):
        results = [fn(*slices) for slices in zip(*(self.unstack(x, 0) for x in xs))]
        return tuple(self.stack(list(ys), 0) for ys in zip(*results))
