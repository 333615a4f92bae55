"""RMSprop."""

from keraslite.optimizers.optimizer import Optimizer, handles, keep


class RMSprop(Optimizer):
    """Steps divided by a running root mean square of gradients. Hinton, 2012.

    Args:
        learning_rate: as in `Optimizer`, default 0.001.
        rho: decay of the mean square.
        momentum: momentum of the steps.
        epsilon: added to the mean square.
        centered: divide by an estimate of the standard deviation instead.

    >>> import keraslite as keras
    >>> weight = keras.Variable([1.0])
    >>> keras.optimizers.RMSprop(0.1).apply([keras.ops.array([5.0])], [weight])
    >>> round(float(weight.value[0]), 3)
    0.684
    """

    def __init__(
        self, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False,
        weight_decay=None, clipnorm=None, clipvalue=None, global_clipnorm=None, use_ema=False,
        ema_momentum=0.99, ema_overwrite_frequency=None, loss_scale_factor=None,
        gradient_accumulation_steps=None, name="rmsprop", **kwargs,
    ):  # fmt: skip
        super().__init__(
            learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps,
            name, **kwargs,
        )  # fmt: skip
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        (self._squares,) = self.add_optimizer_variables(variables, ["velocity"])
        self._velocities = self._averages_of_gradients = self._squares
        if self.momentum > 0:
            (self._velocities,) = self.add_optimizer_variables(variables, ["momentum"])
        if self.centered:
            (self._averages_of_gradients,) = self.add_optimizer_variables(
                variables, ["average_gradient"]
            )

    def update_step(self, gradients, variables, learning_rate):
        columns = [
            variables,
            self._slots(self._squares, variables),
            self._slots(self._averages_of_gradients, variables),
            self._slots(self._velocities, variables),
        ]
        used = [True, True, self.centered, self.momentum > 0]
        new = self.backend.update_rmsprop(
            gradients, *map(handles, columns), learning_rate, self.rho, self.momentum,
            self.epsilon, self.centered,
        )  # fmt: skip
        keep([c for c, use in zip(columns, used) if use], [n for n, use in zip(new, used) if use])

    def get_config(self):
        return {
            **super().get_config(),
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }
