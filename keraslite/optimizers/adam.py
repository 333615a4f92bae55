"""Adam and AdamW."""

from keraslite import config, ops
from keraslite.optimizers.optimizer import Optimizer, handles, keep


class Adam(Optimizer):
    """Adam: steps scaled by running means of gradients and of their squares.

    Kingma and Ba, 2014. `amsgrad` (Reddi et al., 2018) divides by the largest mean square so far.

    Args:
        learning_rate: as in `Optimizer`, default 0.001.
        beta_1, beta_2: decay of the two means.
        epsilon: added to the root in the denominator.
        amsgrad: whether to use that variant.

    >>> import keraslite as keras
    >>> weight = keras.Variable([1.0])
    >>> keras.optimizers.Adam(0.1).apply([keras.ops.array([5.0])], [weight])
    >>> round(float(weight.value[0]), 3)
    0.9
    """

    def __init__(
        self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False,
        weight_decay=None, clipnorm=None, clipvalue=None, global_clipnorm=None, use_ema=False,
        ema_momentum=0.99, ema_overwrite_frequency=None, loss_scale_factor=None,
        gradient_accumulation_steps=None, name="adam", **kwargs,
    ):  # fmt: skip
        super().__init__(
            learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps,
            name, **kwargs,
        )  # fmt: skip
        for key, value in (("beta_1", beta_1), ("beta_2", beta_2)):
            if not 0 <= value < 1:
                raise ValueError(f"{type(self).__name__}: {key} must lie in [0, 1), found {value}.")
        self.beta_1, self.beta_2, self.epsilon, self.amsgrad = beta_1, beta_2, epsilon, amsgrad

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        names = ["momentum", "velocity"]
        self._means, self._squares = self.add_optimizer_variables(variables, names)
        if self.amsgrad:
            (self._largest,) = self.add_optimizer_variables(variables, ["velocity_hat"])

    def update_step(self, gradients, variables, learning_rate):
        means = self._slots(self._means, variables)
        squares = self._slots(self._squares, variables)
        step = self.backend.cast(self._updates() + 1, config.floatx())
        if self.amsgrad:
            self._update_amsgrad(gradients, variables, means, squares, learning_rate, step)
            return
        new = self.backend.update_adam(
            gradients, handles(variables), handles(means), handles(squares), learning_rate, step,
            self.beta_1, self.beta_2, self.epsilon,
        )  # fmt: skip
        keep([variables, means, squares], new)

    def _update_amsgrad(self, gradients, variables, means, squares, rate, step):
        rate = self.backend.unbiased_rate(rate, step, self.beta_1, self.beta_2)
        largest = self._slots(self._largest, variables)
        for g, p, m, s, h in zip(gradients, variables, means, squares, largest):
            m.assign(m.value + (g - m.value) * (1 - self.beta_1))
            s.assign(s.value + (g * g - s.value) * (1 - self.beta_2))
            h.assign(ops.maximum(h.value, s.value))
            scaled = self.backend._like(rate, p.value) * m.value
            p.assign(p.value - scaled / (ops.sqrt(h.value) + self.epsilon))

    def get_config(self):
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "amsgrad": self.amsgrad,
        }


class AdamW(Adam):
    """Adam with decoupled weight decay. Loshchilov and Hutter, 2019.

    Args:
        weight_decay: default 0.004; others as in `Adam`.

    >>> import keraslite as keras
    >>> weight = keras.Variable([1.0])
    >>> keras.optimizers.AdamW(0.1).apply([keras.ops.array([0.0])], [weight])
    >>> round(float(weight.value[0]), 4)
    0.9996
    """

    def __init__(
        self, learning_rate=0.001, weight_decay=0.004, beta_1=0.9, beta_2=0.999, epsilon=1e-7,
        amsgrad=False, clipnorm=None, clipvalue=None, global_clipnorm=None, use_ema=False,
        ema_momentum=0.99, ema_overwrite_frequency=None, loss_scale_factor=None,
        gradient_accumulation_steps=None, name="adamw", **kwargs,
    ):  # fmt: skip
        if weight_decay is None:
            raise ValueError("AdamW: weight_decay must be a number, found None; use Adam without.")
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay, clipnorm, clipvalue,
            global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency, loss_scale_factor,
            gradient_accumulation_steps, name, **kwargs,
        )  # fmt: skip
