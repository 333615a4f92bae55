"""What is computed: sizes, data and losses. Models are in `keras_models` and `native`.

Importing this imports no engine; NumPy is imported when data are made, so that import times of a
fresh process are those of the libraries.
"""

import dataclasses
from collections.abc import Callable

LEARNING_RATE = 1e-3  # Adam, with Keras's other defaults
EPSILON = 1e-7
VOCABULARY = 10_000
TIMESTEPS = {"lstm": 100, "transformer": 128}
TABLES = 8  # of the DLRM-like model
TABLE_ROWS = 1000


@dataclasses.dataclass(frozen=True)
class Workload:
    """One model with its data.

    Attributes:
        name: the model's name in `keras_models.MODELS` and in the native modules.
        batch: rows in a step.
        batches: steps in an epoch; every batch is full.
        loss: "classes" (softmax cross-entropy of logits), "binary" (of a probability) or "mse".
        parameters: numbers that are trained; every competitor is held to this count.
        inputs: function of (rows, generator) that makes x: an array or a dict of arrays.
        depth: hidden layers of the models of "growth".
        predicts: whether predictions are timed, too.
        passes: of a run, at most: fewer where a process takes long and its steps vary little.
    """

    name: str
    batch: int
    batches: int
    loss: str
    parameters: int
    inputs: Callable
    depth: int = 0
    predicts: bool = False
    passes: int = 5

    @property
    def rows(self):
        return self.batch * self.batches

    def data(self, rows=None):
        """(x, y), the same in every process; without `rows`, those to train on."""
        import numpy as np

        rng = np.random.default_rng(0)
        rows = rows or self.rows
        x = self.inputs(rows, rng)
        if self.loss == "mse":
            return x, rng.random((rows, 1), np.float32)
        classes = 10 if self.loss == "classes" else 2
        y = rng.integers(0, classes, rows, np.int32)
        return x, y if self.loss == "classes" else y.astype(np.float32)[:, None]

    def quick(self):
        """The same with three steps an epoch."""
        return dataclasses.replace(self, batches=min(self.batches, 3))


def _features(*shape):
    return lambda rows, rng: rng.random((rows, *shape), "float32")


def _tokens(length):
    return lambda rows, rng: rng.integers(0, VOCABULARY, (rows, length), "int32")


def _clicks(rows, rng):
    columns = {f"c{i}": rng.integers(0, TABLE_ROWS, (rows, 1), "int32") for i in range(TABLES)}
    return {"numbers": rng.random((rows, 13), "float32"), **columns}


def _growth(batch=128, depth=2, rows=10_240):
    parameters = (64 + 1) * 64 * depth + (64 + 1) * 10
    return Workload(
        "growth", batch, rows // batch, "classes", parameters, _features(64), depth, passes=3
    )


# Steps an epoch: enough for the work of an epoch's ends to be small, few enough for a minute's run.
WORKLOADS = {
    w.name: w
    for w in [
        Workload("cnn", 128, 10, "classes", 225_034, _features(28, 28, 1), predicts=True),
        Workload("mlp", 128, 50, "classes", 669_706, _features(784), predicts=True),
        Workload("tiny_mlp", 32, 100, "mse", 1_633, _features(16)),
        Workload("lstm", 32, 10, "binary", 373_301, _tokens(TIMESTEPS["lstm"])),
        Workload(
            "transformer", 32, 6, "classes", 1_694_218, _tokens(TIMESTEPS["transformer"]), passes=3
        ),
        Workload("resnet20", 32, 4, "classes", 272_474, _features(32, 32, 3), passes=3),
        Workload("dlrm", 256, 40, "binary", 141_329, _clicks),
    ]
}
GROWTH = {
    "batch 32": _growth(batch=32),
    "batch 128": _growth(),
    "batch 512": _growth(batch=512),
    "depth 8": _growth(depth=8),
    "depth 32": _growth(depth=32),
    "rows 1e3": _growth(rows=1_024),
    "rows 1e5": _growth(rows=102_400),
}
NAMES = [*WORKLOADS, "growth"]


def passes(name, wanted):
    """How often a workload runs when so many passes are wanted; of more than five, always."""
    most = max(workload.passes for workload in find(name).values())
    return wanted if wanted > 5 else min(wanted, most)


def find(name, quick=False):
    """{label: Workload} of a name on the command line: one, or all of "growth"."""
    found = GROWTH if name == "growth" else {name: WORKLOADS[name]}
    return {label: w.quick() if quick else w for label, w in found.items()}
