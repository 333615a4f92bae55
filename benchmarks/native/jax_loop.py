"""JAX: one jitted step with donated parameters and moments, data on the device, Adam by hand."""

import functools

import jax
import numpy as np
from jax import numpy as jnp

from benchmarks.competitors import EpochByEpoch
from benchmarks.native.jax_models import MODELS
from benchmarks.native.parameters import count, initial, moving, separate
from benchmarks.workloads import EPSILON, LEARNING_RATE

SEED = 0


def classes(logits, y):
    chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1)
    return -chosen.mean()


def binary(logits, y):
    return (jax.nn.softplus(logits) - logits * y).mean()


def mse(outputs, y):
    return ((outputs - y) ** 2).mean()


LOSSES = {"classes": classes, "binary": binary, "mse": mse}


def adam(parameters, gradients, first, second, step):
    tree = jax.tree.map
    first = tree(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
    second = tree(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
    rate = LEARNING_RATE * jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    update = lambda p, m, v: p - rate * m / (jnp.sqrt(v) + EPSILON)
    return tree(update, parameters, first, second), first, second


@functools.partial(jax.jit, static_argnames=("model", "loss"), donate_argnames="carry")
def train_step(carry, x, y, rows, *, model, loss):
    parameters, first, second, moving, step = carry
    x, y = jax.tree.map(lambda a: a[rows], (x, y))
    key = jax.random.fold_in(jax.random.key(SEED), step)

    def loss_of(parameters):
        outputs, new = model(parameters, moving, x, key)
        return loss(outputs, y), new

    (value, moving), gradients = jax.value_and_grad(loss_of, has_aux=True)(parameters)
    step = step + 1
    parameters, first, second = adam(parameters, gradients, first, second, step)
    return (parameters, first, second, moving, step), value


class JaxLoop(EpochByEpoch):
    def __init__(self, workload):
        self.workload, self.parameters = workload, count(workload)
        model = MODELS[workload.name]
        x, y = workload.data()
        self.x, self.y = jax.device_put((separate(workload, x), y))
        parameters = jax.device_put(initial(workload))
        first, second = (jax.tree.map(jnp.zeros_like, parameters) for _ in range(2))
        step = jnp.zeros((), jnp.int32)
        self.carry = parameters, first, second, jax.device_put(moving(workload)), step
        self.step = functools.partial(train_step, model=model, loss=LOSSES[workload.loss])
        self.rng = np.random.default_rng(SEED)
        finish = jax.nn.sigmoid if workload.loss == "binary" else lambda y: y
        self.forward = jax.jit(lambda p, moving, x: finish(model(p, moving, x)[0]))

    def _step(self, rows):
        self.carry, loss = self.step(self.carry, self.x, self.y, rows)
        return loss

    def first_step(self):
        float(self._step(np.arange(self.workload.batch, dtype=np.int32)))

    def run_epoch(self):
        order = self.rng.permutation(self.workload.rows).astype(np.int32)
        for rows in order.reshape(-1, self.workload.batch):
            loss = self._step(rows)
        return float(loss)

    def call(self, x):
        parameters, _, _, statistics, _ = self.carry
        return np.asarray(self.forward(parameters, statistics, separate(self.workload, x)))

    def predict(self, x):
        parameters, _, _, statistics, _ = self.carry
        batch = self.workload.batch
        starts = range(0, len(x), batch)
        outputs = [self.forward(parameters, statistics, x[i : i + batch]) for i in starts]
        return np.concatenate(outputs)


make = JaxLoop
