"""Metric: the base class, a result that many updates add up to."""

from keraslite.backend.context import context
from keraslite.backend.dtypes import FLOATS
from keraslite.core.naming import auto_name
from keraslite.core.stateless import holding, values_of
from keraslite.core.variable import Variable
from keraslite.losses.loss import compute_dtype
from keraslite.ops.dispatch import tensor


class Metric:
    """The base class of metrics.

    A subclass makes its state in `__init__` with `add_variable`, changes it in `update_state`, and
    computes in `result`; updates run inside compiled steps, so they must not branch on values.

    Args:
        dtype: dtype name of the state; default: `floatx()`, also in mixed precision.
        name: name; default: the class name in snake case, numbered.

    >>> import keraslite as keras
    >>> class Largest(keras.metrics.Metric):
    ...     def __init__(self, name="largest"):
    ...         super().__init__(name=name)
    ...         self.found = self.add_variable(shape=(), initializer="zeros", name="found")
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.found.assign(keras.ops.maximum(self.found, keras.ops.max(y_pred)))
    ...     def result(self):
    ...         return self.found.value
    >>> float(Largest()([0.0, 0.0], [1.0, 3.0]))
    3.0
    """

    _is_metric = True

    def __init__(self, dtype=None, name=None):
        self.name = name or auto_name(type(self).__name__)
        self.dtype = compute_dtype(dtype)
        self._made = []

    # ---- state ----

    def add_variable(self, shape, initializer, dtype=None, aggregation="sum", name=None):
        """A new Variable of this metric's state; by default of the metric's dtype."""
        from keraslite import initializers

        variable = Variable(
            initializers.get(initializer), shape, dtype or self.dtype, trainable=False,
            autocast=False, aggregation=aggregation, name=name, path=f"{self.name}/{name}",
        )  # fmt: skip
        self._made.append(variable)
        return variable

    def add_weight(self, shape=(), initializer=None, dtype=None, name=None):
        """The same as `add_variable`, with zeros as default."""
        return self.add_variable(shape, initializer or "zeros", dtype, name=name)

    @property
    def variables(self):
        """All Variables of the state, also those of metrics held as attributes."""
        found = {}
        for value in self.__dict__.values():
            for one in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(one, Variable):
                    found[id(one)] = one
                elif getattr(one, "_is_metric", False):
                    found.update({id(v): v for v in one.variables})
        return list(found.values())

    def reset_state(self):
        """Start anew: all state is 0."""
        for variable in self.variables:
            variable.assign(variable.backend.zeros(variable.shape, variable.dtype))

    # ---- to override ----

    def build_from_shapes(self, y_shape, pred_shape):
        """Make the state whose shape depends on the data; the trainer asks before the first step.

        Sizes that are not known are None.
        """

    def update_state(self, *args, **kwargs):
        """Add a batch to the state."""
        raise NotImplementedError(f"Metric {type(self).__name__} has no `update_state` method.")

    def result(self):
        """The metric of all batches since the last reset: a scalar tensor, or a dict of them."""
        raise NotImplementedError(f"Metric {type(self).__name__} has no `result` method.")

    def __call__(self, *args, **kwargs):
        """Add a batch, and return the result so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    # ---- stateless use, the style of JAX ----

    def stateless_update_state(self, metric_variables, *args, **kwargs):
        """The values of `variables` after an update, for those before it; changes nothing."""
        return self._with_values(metric_variables, lambda: self.update_state(*args, **kwargs))[1]

    def stateless_result(self, metric_variables):
        """The result for values of `variables`."""
        return self._with_values(metric_variables, self.result)[0]

    def stateless_reset_state(self):
        """The values of `variables` at the start."""
        return self._with_values([v.value for v in self.variables], self.reset_state)[1]

    def _with_values(self, values, fn):
        """(fn(), values of the variables after it), run on other values than the own."""
        variables = self.variables
        with holding(variables, map(tensor, values), f"Metric {self.name!r}"):
            return fn(), values_of(variables)

    # ---- config ----

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config):
        """The inverse of `get_config`."""
        return cls(**config)

    def __repr__(self):
        return f"<{type(self).__name__} {self.name}>"


def prediction(y_pred, dtype):
    """Predictions as a tensor; floats in the metric's dtype, so that 16-bit ones lose no more."""
    y_pred = tensor(y_pred)
    found = context.backend.dtype(y_pred)
    if found != dtype and found in FLOATS:
        return context.backend.cast(y_pred, dtype)
    return y_pred
