"""LossScaleOptimizer: keeps float16 gradients from vanishing."""

import numpy as np

from keraslite import config, ops
from keraslite.optimizers.conditional import update_if
from keraslite.optimizers.optimizer import Optimizer


class LossScaleOptimizer(Optimizer):
    """Scales the loss, and lets an inner optimizer apply the unscaled gradients.

    When a gradient is not finite, the update is left out and the scale halves; after
    `dynamic_growth_steps` finite updates in a row it doubles. Micikevicius et al., 2018.

    Args:
        inner_optimizer: Optimizer.
        initial_scale: first factor on the loss.
        dynamic_growth_steps: finite updates before the scale doubles.

    >>> import keraslite as keras
    >>> optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(), initial_scale=8.0)
    >>> float(optimizer.scale_loss(keras.ops.array(0.5)))
    4.0
    """

    def __init__(
        self, inner_optimizer, initial_scale=32768.0, dynamic_growth_steps=2000, name=None,
        **kwargs,
    ):  # fmt: skip
        if not isinstance(inner_optimizer, Optimizer):
            raise TypeError(f"LossScaleOptimizer wraps an Optimizer, found {inner_optimizer!r}.")
        super().__init__(learning_rate=0.0, name=name, **kwargs)
        self._variables.clear()  # rate and count are the inner optimizer's
        self.inner_optimizer = inner_optimizer
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        self.step_counter = self._state(0, "int32", "step_counter")
        self.dynamic_scale = self._state(float(initial_scale), config.floatx(), "dynamic_scale")

    @property
    def learning_rate(self):
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        self.inner_optimizer.learning_rate = value

    @property
    def iterations(self):
        return self.inner_optimizer.iterations

    @property
    def variables(self):
        return self._variables + self.inner_optimizer.variables

    def build(self, variables):
        self.inner_optimizer.build(variables)
        self._trained = self.inner_optimizer._trained
        self.built = True

    def apply(self, grads, trainable_variables=None):
        variables = self._trained if trainable_variables is None else list(trainable_variables)
        if not self.built:
            self.build(variables)
        pairs = [(g, v) for g, v in zip(grads, variables) if g is not None]
        grads, variables = map(list, zip(*pairs))
        finite = ops.all(ops.stack([ops.all(ops.isfinite(g)) for g in grads]))
        scale = self.dynamic_scale.value
        inner = self.inner_optimizer

        def update():
            factor = 1 / scale
            inner.apply([g * ops.cast(factor, g.dtype) for g in grads], variables)
            count = self.step_counter.value + 1
            full = ops.greater_equal(count, self.dynamic_growth_steps)
            self.dynamic_scale.assign(ops.where(full, scale * 2, scale))
            self.step_counter.assign(ops.where(full, 0, count))

        def leave_out():
            self.dynamic_scale.assign(scale / 2)
            self.step_counter.assign(0)

        update_if(finite, [*self._trained, *self.variables], update, leave_out)

    def scale_loss(self, loss):
        return self.inner_optimizer.scale_loss(
            loss * ops.cast(self.dynamic_scale.value, loss.dtype)
        )

    def finalize_variable_values(self, var_list):
        self.inner_optimizer.finalize_variable_values(var_list)

    def save_own_variables(self, store):
        """As in Keras, a count and a rate stand first; those in use are the inner optimizer's."""
        count = self.inner_optimizer._iterations.numpy()
        values = [count, np.float32(0), *(v.numpy() for v in self.variables)]
        store.update({str(index): value for index, value in enumerate(values)})

    def load_own_variables(self, store):
        mine, self._variables = self._variables, self.variables
        try:
            super().load_own_variables({str(int(k) - 2): store[k] for k in store if int(k) > 1})
        finally:
            self._variables = mine

    def get_config(self):
        from keraslite.saving import serialize_keras_object

        return {
            "name": self.name,
            "inner_optimizer": serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        from keraslite.saving import deserialize_keras_object

        inner = deserialize_keras_object(config["inner_optimizer"], custom_objects=custom_objects)
        return cls(**{**config, "inner_optimizer": inner})
