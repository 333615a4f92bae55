"""scikit-learn's multi-layer perceptrons: Adam on NumPy, written for this one kind of model."""

from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.competitors import EpochByEpoch, first_rows
from benchmarks.workloads import EPSILON, LEARNING_RATE

HIDDEN = {"mlp": (512, 512), "tiny_mlp": (32, 32)}


class SklearnLoop(EpochByEpoch):
    def __init__(self, workload):
        self.workload = workload
        self.x, self.y = workload.data()
        kind = MLPRegressor if workload.loss == "mse" else MLPClassifier
        self.model = kind(
            hidden_layer_sizes=HIDDEN[workload.name], batch_size=workload.batch, alpha=0.0,
            random_state=0, learning_rate_init=LEARNING_RATE, epsilon=EPSILON, shuffle=True,
        )  # fmt: skip
        if workload.loss == "mse":
            self.y = self.y[:, 0]

    @property
    def parameters(self):
        return sum(a.size for a in (*self.model.coefs_, *self.model.intercepts_))

    def _fit(self, x, y):
        """`partial_fit` goes through the rows once, in batches, in a new order."""
        if self.workload.loss == "classes":
            self.model.partial_fit(x, y, classes=range(10))
        else:
            self.model.partial_fit(x, y)

    def first_step(self):
        self._fit(first_rows(self.x, self.workload.batch), first_rows(self.y, self.workload.batch))

    def run_epoch(self):
        self._fit(self.x, self.y)
        return float(self.model.loss_)

    def call(self, x):
        return self.predict(x)

    def predict(self, x):
        is_classifier = self.workload.loss == "classes"
        return self.model.predict_proba(x) if is_classifier else self.model.predict(x)


make = SklearnLoop
