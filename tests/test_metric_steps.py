"""All metrics inside compiled steps, on the engine of KERASLITE_BACKEND."""

import numpy as np
import pytest

from keraslite import metrics, ops
from keraslite.backend import active_backend

rng = np.random.default_rng(12)
ROWS, CLASSES = 20, 3
HALVES = (slice(0, 10), slice(10, None))
labels = rng.integers(0, CLASSES, ROWS)
guesses = rng.integers(0, CLASSES, ROWS)
one_hot = np.eye(CLASSES, dtype="float32")[labels]
chances = rng.dirichlet(np.ones(CLASSES), ROWS).astype("float32")
weights = rng.uniform(0.5, 2, ROWS).astype("float32")


def numpy_of(x):
    return np.asarray(ops.convert_to_numpy(x))


ARGUMENTS = {
    "IoU": (CLASSES, [0, 2]),
    "OneHotIoU": (CLASSES, [0, 2]),
    "MeanIoU": (CLASSES,),
    "OneHotMeanIoU": (CLASSES,),
    "PrecisionAtRecall": (0.5,),
    "RecallAtPrecision": (0.5,),
    "SensitivityAtSpecificity": (0.5,),
    "SpecificityAtSensitivity": (0.5,),
    "TopKCategoricalAccuracy": (2,),
    "SparseTopKCategoricalAccuracy": (2,),
}
LABELLED = ("SparseCategoricalAccuracy", "SparseCategoricalCrossentropy",
            "SparseTopKCategoricalAccuracy")  # fmt: skip
CLASS_NAMES = sorted(
    n
    for n in metrics.__all__
    if n[0].isupper() and n not in ("Metric", "MeanMetricWrapper", "Mean", "Sum")
)


class State:
    """The handles of Variables, as `compile_step` reads and writes them."""

    version = 0

    def __init__(self, variables):
        self.variables = variables

    def get(self):
        return [v._value for v in self.variables]

    def set(self, handles):
        for variable, handle in zip(self.variables, handles):
            variable._value = handle


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_updates_in_a_compiled_step_are_those_outside(name):
    y = one_hot if name not in LABELLED else labels
    p = chances
    if name in ("IoU", "MeanIoU"):
        y, p = labels, guesses
    outside, inside = (getattr(metrics, name)(*ARGUMENTS.get(name, ())) for _ in range(2))
    for part in HALVES:
        outside.update_state(y[part], p[part], weights[part])
    expected = numpy_of(outside.result())
    inside.build_from_shapes(y.shape, p.shape)
    backend = active_backend()

    def step(batch):
        inside.update_state(*batch)
        return inside.result()

    compiled = backend.compile_step(step, State(inside.variables), "auto")
    for part in HALVES:
        found = compiled(tuple(ops.convert_to_tensor(a[part].copy()) for a in (y, p, weights)))
    np.testing.assert_allclose(numpy_of(found), expected, rtol=1e-4, atol=1e-6)
