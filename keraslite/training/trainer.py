"""The trainer of all engines: compile, and the steps of training, testing and predicting."""

import optree

from keraslite import metrics as metrics_module
from keraslite import ops, optimizers
from keraslite.backend.context import context, temporarily
from keraslite.core import tracking
from keraslite.core.call_spec import call_spec
from keraslite.random.seed_generator import global_generator
from keraslite.training import outputs
from keraslite.training.building import Building
from keraslite.training.compiled_loss import CompiledLoss
from keraslite.training.compiled_metrics import CompiledMetrics
from keraslite.training.data import unpack_x_y_sample_weight
from keraslite.training.loops import Loops
from keraslite.training.stateless_steps import takes_state, with_state
from keraslite.training.step import CompiledSteps


class Trainer(Building, Loops):
    """What `Model` adds to `Layer` for training: `compile` and the steps.

    `Loops` holds fit, evaluate and predict, `Building` what looks at shapes before the first step.
    """

    _hidden_training = ("optimizer", "_steps", "_compiled_loss", "_compiled_metrics",
                        "_loss_tracker", "history", "_compile_arguments")  # fmt: skip

    def _init_trainer(self):
        self.compiled = False
        self.optimizer = None
        self.loss = None
        self.stop_training = False
        self.run_eagerly = False
        self.steps_per_execution = 1
        self.jit_compile = "auto"
        self.history = None
        self._steps = None
        self._loss_tracker = None
        self._compiled_loss = None
        self._compiled_metrics = None

    def compile(
        self, optimizer="rmsprop", loss=None, loss_weights=None, metrics=None,
        weighted_metrics=None, run_eagerly=False, steps_per_execution=1, jit_compile="auto",
        auto_scale_loss=True,
    ):  # fmt: skip
        """Say how to train.

        Args:
            optimizer: Optimizer or its name.
            loss: loss, name or function; list or dict of them for several outputs.
            loss_weights: weight of each output's loss.
            metrics: list of metrics or names; list of lists or dict for several outputs.
            weighted_metrics: metrics that get the sample weights.
            run_eagerly: run steps as plain Python, for debugging.
            steps_per_execution: steps in one call of the compiled function.
            jit_compile: True, False or "auto" (what is best for the engine).
            auto_scale_loss: in mixed_float16, scale the loss so that gradients do not underflow.

        Raises:
            ValueError: an unknown name; names the nearest match.

        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse", metrics=["mae"])
        """
        if not isinstance(steps_per_execution, int) or steps_per_execution < 1:
            raise ValueError(
                f"steps_per_execution must be a positive int, found {steps_per_execution!r}."
            )
        if jit_compile not in (True, False, "auto", None):  # None: Keras 2's default
            raise ValueError(f"jit_compile must be True, False or 'auto', found {jit_compile!r}.")
        names = self._known_output_names()
        optimizer = optimizers.get(optimizer)
        scales = auto_scale_loss and optimizer and self.dtype_policy.name == "mixed_float16"
        if scales and not isinstance(optimizer, optimizers.LossScaleOptimizer):
            optimizer = optimizers.LossScaleOptimizer(optimizer)
        compiled_loss = None
        if loss is not None:
            _check_names(loss)
            compiled_loss = CompiledLoss(loss, loss_weights, names)
        if names:
            _check_keys(loss, names, "loss")
            _check_keys(loss_weights, names, "loss_weights")
            _check_keys(metrics, names, "metrics")
            _check_keys(weighted_metrics, names, "weighted_metrics")
        _check_metric_names(metrics)
        _check_metric_names(weighted_metrics)
        self._compile_arguments = {
            "optimizer": optimizer,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        self.optimizer = optimizer
        self.loss = loss
        self._compiled_loss = compiled_loss
        self._compiled_metrics = CompiledMetrics(metrics, weighted_metrics, names)
        with temporarily(backend=self.backend):
            self._loss_tracker = metrics_module.Mean(name="loss")
        self.run_eagerly = bool(run_eagerly)
        self.steps_per_execution = steps_per_execution
        self.jit_compile = jit_compile
        self.stop_training = False
        self.compiled = True
        self._steps = CompiledSteps(self)

    def _known_output_names(self):
        try:
            return self.output_names
        except AttributeError:
            return None

    def _assert_compiled(self, method):
        if not self.compiled:
            raise ValueError(
                f"Model {self.name!r} must be compiled before `{method}`: call"
                " model.compile(optimizer=..., loss=...) first."
            )

    # ---- metrics ----

    @property
    def metrics(self):
        """All metrics: the loss, those compiled, and those that the model or its layers hold."""
        cache = tracking.tracked(self).cache
        if "metrics" not in cache:
            cache["metrics"] = self._find_metrics()
        return list(cache["metrics"])

    def _find_metrics(self):
        found = [self._loss_tracker] if self.compiled else []
        if self._compiled_loss is not None:
            found += [t for t in self._compiled_loss.trackers if t is not None]
        if self._compiled_metrics is not None:
            found += self._compiled_metrics.metrics
        for layer in tracking.flat_layers(self):
            found += tracking.tracked(layer).metrics
        return tracking.unique(found)

    @property
    def metrics_names(self):
        return [m.name for m in self.metrics]

    @property
    def metrics_variables(self):
        """States of all metrics."""
        return tracking.unique([v for m in self.metrics for v in m.variables])

    def reset_metrics(self):
        """Start all metrics anew."""
        for metric in self.metrics:
            metric.reset_state()

    def get_metrics_result(self):
        """{name: scalar tensor} of all metrics."""
        results = {}
        compiled = set()
        if self._compiled_metrics is not None:
            compiled = {id(m) for m in self._compiled_metrics.metrics}
        for metric in self.metrics:
            if id(metric) not in compiled:
                value = metric.result()
                results.update(value if isinstance(value, dict) else {metric.name: value})
        if compiled:
            results.update(self._compiled_metrics.result())
        return results

    # ---- the steps: override to change what a step does, on every engine ----

    def train_step(self, data):
        """One step of training on a batch; returns {name: scalar tensor} for the logs.

        An override may call `keraslite.ops.value_and_grad` on a loss function of the trainable
        variables, and `self.optimizer.apply(gradients, variables)`.
        """
        return self.compute_metrics(*self._learn(data))

    def _learn(self, data):
        """Train on a batch; returns x, y, y_pred, sample_weight."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        variables = self.trainable_variables

        def loss_of(_):
            y_pred = self._predict(x, training=True)
            loss = self.compute_loss(x, y, y_pred, sample_weight, training=True)
            scaled = loss if self.optimizer is None else self.optimizer.scale_loss(loss)
            return scaled, (loss, y_pred)

        if variables:
            (_, (loss, y_pred)), gradients = ops.value_and_grad(loss_of, has_aux=True)(variables)
            self.optimizer.apply(gradients, variables)
        else:
            _, (loss, y_pred) = loss_of(variables)
        self._loss_tracker.update_state(loss, sample_weight=_rows(x))
        return x, y, y_pred, sample_weight

    def test_step(self, data):
        """Loss and metrics of a batch, without training."""
        return self.compute_metrics(*self._assess(data))

    def _assess(self, data):
        """Take the loss of a batch; returns x, y, y_pred, sample_weight."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self._predict(x, training=False)
        loss = self.compute_loss(x, y, y_pred, sample_weight, training=False)
        self._loss_tracker.update_state(loss, sample_weight=_rows(x))
        return x, y, y_pred, sample_weight

    def predict_step(self, data):
        """Outputs for a batch."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self._predict(x, training=False)

    def _predict(self, x, training):
        if call_spec(type(self)).takes_training:
            return self(x, training=training)  # pyright: ignore[reportCallIssue]
        with temporarily(training=training):
            return self(x)  # pyright: ignore[reportCallIssue]

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The scalar that training minimizes: compiled losses, added losses, regularization."""
        total = None
        if self._compiled_loss is not None:
            total = self._compiled_loss(y, y_pred, sample_weight)
        for loss in self.losses:
            loss = ops.mean(loss) if len(loss.shape) else loss
            total = loss if total is None else total + ops.cast(loss, _dtype(total))
        if total is None:
            if training and self.trainable_variables:
                raise ValueError(
                    f"Model {self.name!r} has no loss to minimize: give `compile` a loss, call"
                    " `add_loss` in a layer, or override `compute_loss`."
                )
            return ops.zeros(())
        return total

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Update the compiled metrics with a batch and return all results."""
        self._update_metrics(x, y, y_pred, sample_weight)
        return self.get_metrics_result()

    def _update_metrics(self, x, y, y_pred, sample_weight):
        del x
        if y is not None:
            self._compiled_metrics.update_state(y, y_pred, sample_weight)

    # ---- making steps fast ----

    def _silent_step(self, kind):
        """The step without its results, which `get_metrics_result` gives when somebody asks; the
        step as it is where a user has replaced a part of it."""
        step = getattr(self, f"{kind}_step")
        own = getattr(step, "__func__", None) is not getattr(Trainer, f"{kind}_step")
        if own and takes_state(step):
            return with_state(self, kind, step)
        if kind == "predict" or own or type(self).compute_metrics is not Trainer.compute_metrics:
            return step
        part = self._learn if kind == "train" else self._assess
        return lambda data: self._update_metrics(*part(data))

    def _logs(self, result):
        """The logs of a step: what it returned, dicts in it laid flat, or what its metrics say."""
        if result is None:
            return self.get_metrics_result()
        logs = {}
        for name, value in result.items():
            logs.update(self._logs(value) if isinstance(value, dict) else {name: value})
        return logs

    def _is_looped(self, kind):
        """True if several steps of a kind may go into one call of the engine."""
        return kind != "predict" and not self.run_eagerly

    def _step_function(self, kind, looped=False):
        """The compiled function of a kind of step ("train", "test", "predict").

        It returns None where `_logs` finds the results in the metrics.
        """
        variables = list(self.variables)
        if kind != "predict":
            variables += self.metrics_variables
            for metric in self._find_metrics():  # a `metrics` of the user's own may hide some
                variables += metric.variables
        if kind == "train":
            layers = map(tracking.tracked, tracking.flat_layers(self))
            held = [optimizer for layer in layers for optimizer in layer.optimizers]
            for optimizer in [self.optimizer, *held]:  # those of custom steps, too
                variables += optimizer.variables if optimizer is not None else []
        with temporarily(backend=self.backend):
            variables.append(global_generator().state)
        if self._steps is None:
            self._steps = CompiledSteps(self)
        variables = tracking.unique(variables)
        jit = None if self.run_eagerly else self.jit_compile
        step = self._silent_step(kind)
        return self._steps.get(kind, step, variables, jit, self.steps_per_execution, looped)

    def _has_own_step(self, training):
        """True if a subclass has replaced the step, or how it computes the loss."""
        cls = type(self)
        step = cls.train_step is Trainer.train_step if training else (
            cls.test_step is Trainer.test_step
        )  # fmt: skip
        return not step or cls.compute_loss is not Trainer.compute_loss


def _rows(x):
    return ops.shape(optree.tree_leaves(x)[0])[0]


def _dtype(tensor):
    return context.backend.dtype(tensor)


def _check_keys(given, names, what):
    """Raise for a key that is not the name of an output, at compile time."""
    if isinstance(given, dict):
        outputs.as_list(given, names, what)


def _check_names(loss):
    """Raise for an unknown loss name at compile time."""
    from keraslite import losses

    if isinstance(loss, str):
        losses.get(loss)
    elif isinstance(loss, (list, tuple, dict)):
        for one in loss.values() if isinstance(loss, dict) else loss:
            _check_names(one)


def _check_metric_names(metrics):
    """Raise for an unknown metric name at compile time."""
    if isinstance(metrics, str) and metrics not in ("accuracy", "acc", "crossentropy", "ce"):
        metrics_module.get(metrics)
    elif isinstance(metrics, (list, tuple, dict)):
        for one in metrics.values() if isinstance(metrics, dict) else metrics:
            _check_metric_names(one)
