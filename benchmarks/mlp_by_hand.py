"""How fast NumPy can train the MLP at all: its step by hand, on two threads, beside eager torch.

    python -m benchmarks.mlp_by_hand

Each thread takes half of the batch forward and backward, then half of each weight's rows: their
gradient, and at once their update. So threads meet twice a step, which keraslite's do more often.
"""

import itertools
import time

import numpy as np
import torch
from torch.nn import functional

import keraslite
from benchmarks.native.torch_models import stack
from benchmarks.workloads import EPSILON, LEARNING_RATE

WIDTHS, BATCH, ROWS, ROUNDS = (784, 512, 512, 10), 128, 6400, 15
BETA_1, BETA_2 = 0.9, 0.999


class ByHand:
    def __init__(self, x, y):
        rng = np.random.default_rng(0)
        self.x, self.y, shapes = x, y, list(itertools.pairwise(WIDTHS))
        self.weights = [rng.normal(0, n**-0.5, (n, m)).astype("float32") for n, m in shapes]
        self.biases = [np.zeros(m, "float32") for _, m in shapes]
        self.slots = [(np.zeros_like(v), np.zeros_like(v)) for v in self.weights + self.biases]
        self.values = [np.empty((BATCH, n), "float32") for n in WIDTHS]
        self.deltas = [np.empty((BATCH, n), "float32") for n in WIDTHS[1:]]
        self.gradients = [np.empty_like(w) for w in self.weights]
        self.scratch = np.empty((2, 2, max(w.size for w in self.weights)), "float32")
        self.loss = [0.0, 0.0]

    def epoch(self, split):
        order = np.random.permutation(ROWS)
        for start in range(0, ROWS, BATCH):
            rows = order[start : start + BATCH]
            for half in (lambda k, rows=rows: self.differentiate(k, rows), self.update):
                split(lambda part, half=half: [half(k) for k in range(2)[part]], 2, 1 << 40)
        return sum(self.loss) / BATCH

    def differentiate(self, k, rows):
        part = slice(k * BATCH // 2, (k + 1) * BATCH // 2)
        h = self.x.take(rows[part], 0, out=self.values[0][part], mode="clip")
        for w, b, out in zip(self.weights, self.biases, self.values[1:]):
            h = np.matmul(h, w, out=out[part])
            h += b
            if w is not self.weights[-1]:
                np.maximum(h, 0, out=h)
        h -= h.max(1, keepdims=True)
        places = np.arange(len(h)), self.y[rows[part]]
        exps = np.exp(h)
        sums = exps.sum(1, keepdims=True)
        self.loss[k] = float(np.sum(np.log(sums[:, 0]) - h[places]))
        delta = np.divide(exps, sums, out=self.deltas[-1][part])
        delta[places] -= 1
        delta /= BATCH
        for i in (2, 1):
            delta = np.matmul(delta, self.weights[i].T, out=self.deltas[i - 1][part])
            delta *= self.values[i][part] > 0

    def update(self, k):
        for i in (2, 1, 0):
            count = WIDTHS[i]
            part = slice(k * count // 2, (k + 1) * count // 2)
            values, gradient = self.values[i], self.gradients[i][part]
            np.matmul(values.T[part], self.deltas[i], out=gradient)
            scratch = [x[: gradient.size].reshape(gradient.shape) for x in self.scratch[k]]
            adam(gradient, self.weights[i][part], *[s[part] for s in self.slots[i]], *scratch)
            if k == 0:
                gradient, scratch = self.deltas[i].sum(0), [x[0] for x in scratch]
                adam(gradient, self.biases[i], *self.slots[len(WIDTHS) - 1 + i], *scratch)


def adam(g, p, m, s, t, u):
    """In place, `t` and `u` to compute in; without the bias's correction, one number a step."""
    np.subtract(g, m, out=t)
    t *= 1 - BETA_1
    m += t
    np.multiply(g, g, out=t)
    t -= s
    t *= 1 - BETA_2
    s += t
    np.sqrt(s, out=t)
    t += EPSILON
    np.multiply(m, LEARNING_RATE, out=u)
    u /= t
    p -= u


class Eager:
    def __init__(self, x, y):
        self.x, self.y, self.model = torch.from_numpy(x), torch.from_numpy(y), stack(*WIDTHS)
        self.adam = torch.optim.Adam(
            self.model.parameters(), LEARNING_RATE, eps=EPSILON, fused=True
        )

    def epoch(self):
        for rows in torch.randperm(ROWS).split(BATCH):
            self.adam.zero_grad()
            loss = functional.cross_entropy(self.model(self.x[rows]), self.y[rows])
            loss.backward()
            self.adam.step()
        return loss.item()


def timed(epoch):
    start = time.perf_counter()
    epoch()
    return (time.perf_counter() - start) * 1e3 / (ROWS // BATCH)


def main():
    keraslite.use_backend("numpy")
    from keraslite_numpy import parallel

    rng = np.random.default_rng(0)
    x, y = rng.random((ROWS, WIDTHS[0]), "float32"), rng.integers(0, WIDTHS[-1], ROWS)
    mine, eager = ByHand(x, y), Eager(x, y)
    found = []
    for _ in range(ROUNDS):
        with parallel.own_threads():
            numpy_ms = timed(lambda: mine.epoch(parallel.split))
        time.sleep(0.1)  # torch's threads spin for a while
        found.append((numpy_ms, timed(eager.epoch)))
        time.sleep(0.1)
    numpy_ms, torch_ms = np.median(found[2:], axis=0)
    ratios = [a / b for a, b in found[2:]]
    print(f"NumPy by hand {numpy_ms:.2f} ms a step, eager torch {torch_ms:.2f} ms: ratio"
          f" {np.median(ratios):.2f} ({min(ratios):.2f} - {max(ratios):.2f})")  # fmt: skip


if __name__ == "__main__":
    main()
