"""Stochastic gradient descent."""

from keraslite.optimizers.optimizer import Optimizer, handles, keep


class SGD(Optimizer):
    """Gradient descent, with momentum if asked.

    w -= rate * g; with momentum v = momentum * v - rate * g, w += v (Nesterov looks ahead:
    w += momentum * v - rate * g).

    Args:
        learning_rate: as in `Optimizer`, default 0.01.
        momentum: number in [0, 1].
        nesterov: whether to use Nesterov's momentum.

    >>> SGD(0.1, momentum=0.9).get_config()["momentum"]
    0.9
    """

    def __init__(
        self, learning_rate=0.01, momentum=0.0, nesterov=False, weight_decay=None, clipnorm=None,
        clipvalue=None, global_clipnorm=None, use_ema=False, ema_momentum=0.99,
        ema_overwrite_frequency=None, loss_scale_factor=None, gradient_accumulation_steps=None,
        name="SGD", **kwargs,
    ):  # fmt: skip
        super().__init__(
            learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps,
            name, **kwargs,
        )  # fmt: skip
        if not 0 <= momentum <= 1:
            raise ValueError(f"SGD: momentum must lie in [0, 1], found {momentum}.")
        self.momentum, self.nesterov = momentum, nesterov

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        if self.momentum:
            (self._velocities,) = self.add_optimizer_variables(variables, ["momentum"])

    def update_step(self, gradients, variables, learning_rate):
        if not self.momentum:
            new = self.backend.update_sgd(gradients, handles(variables), learning_rate)
            keep([variables], new)
            return
        velocities = self._slots(self._velocities, variables)
        new = self.backend.update_momentum(
            gradients, handles(variables), handles(velocities), learning_rate, self.momentum,
            self.nesterov,
        )  # fmt: skip
        keep([variables, velocities], new)

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}
