"""Control flow on torch: Python's own, which autograd follows."""

import torch


class Control:
    def scan(self, step, carry, xs, length, reverse=False):
        length = xs[0].shape[0] if length is None else length
        slices = [x.unbind(0) for x in xs]
        order = range(length - 1, -1, -1) if reverse else range(length)
        outputs = []
        for i in order:
            carry, y = step(carry, tuple(s[i] for s in slices))
            outputs.append(y)
        if reverse:
            outputs.reverse()
        return carry, tuple(map(torch.stack, zip(*outputs)))

    def while_loop(self, condition, body, carry, limit=None):
        while (limit is None or limit > 0) and condition(*carry):
            carry = body(*carry)
            limit = None if limit is None else limit - 1
        return tuple(carry)

    def cond(self, predicate, true_fn, false_fn, *operands):
        return true_fn(*operands) if predicate else false_fn(*operands)

    def vectorized_map(self, fn, xs):
        results = [fn(*slices) for slices in zip(*(x.unbind(0) for x in xs))]
        return tuple(map(torch.stack, zip(*results)))
