"""Optimizer: what all update rules share - clipping, decay, averaging, accumulation, counting."""

import inspect

from keraslite import config, ops
from keraslite.backend.context import context, real_backend, temporarily
from keraslite.core import tracking
from keraslite.core.naming import auto_name, suggestion
from keraslite.core.stateless import holding, values_of
from keraslite.core.variable import Variable
from keraslite.initializers.constant import Zeros
from keraslite.optimizers.checks import check_arguments
from keraslite.optimizers.conditional import update_if
from keraslite.optimizers.schedules.schedule import LearningRateSchedule


class Optimizer:
    """Base class of optimizers.

    A subclass names its slots in `build`, by `add_optimizer_variables`, and updates lists of
    variables in `update_step(gradients, variables, learning_rate)`.

    Args:
        learning_rate: number, LearningRateSchedule, or function without arguments.
        weight_decay: decoupled weight decay: weights shrink by `weight_decay * learning_rate`.
        clipnorm: largest norm of each gradient.
        clipvalue: largest absolute value of a gradient's elements.
        global_clipnorm: largest norm of all gradients together.
        use_ema: keep an exponential moving average of the weights.
        ema_momentum: of that average.
        ema_overwrite_frequency: after so many updates the weights become their average; None: when
            training ends.
        loss_scale_factor: factor on the loss, taken out of the gradients again.
        gradient_accumulation_steps: update once in so many steps, with the mean gradient.
        name: name.
    """

    _is_optimizer = True

    def __init__(
        self, learning_rate, weight_decay=None, clipnorm=None, clipvalue=None,
        global_clipnorm=None, use_ema=False, ema_momentum=0.99, ema_overwrite_frequency=None,
        loss_scale_factor=None, gradient_accumulation_steps=None, name=None, **kwargs,
    ):  # fmt: skip
        if kwargs:
            known = {**inspect.signature(type(self)).parameters, "lr": None}
            hint = suggestion(next(iter(kwargs)), known).replace("'lr'", "'learning_rate'")
            raise ValueError(
                f"Unknown argument(s) for {type(self).__name__}:"
                f" {', '.join(map(repr, kwargs))}.{hint}"
            )
        check_arguments(
            type(self).__name__, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, gradient_accumulation_steps,
        )  # fmt: skip
        self.backend = real_backend()
        self.name = name or auto_name(type(self).__name__)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.built = False
        self._variables = []
        self._places = {}
        self._not_decayed = set()
        self._not_decayed_names = []
        self._iterations = self._state(0, "int32", "iteration")
        self._learning_rate = self._rate(learning_rate)

    # ---- state ----

    def _state(self, value, dtype, name):
        variable = Variable(
            value, dtype=dtype, trainable=False, autocast=False, name=name,
            path=f"{self.name}/{name}", backend=self.backend,
        )  # fmt: skip
        self._variables.append(variable)
        return variable

    def _rate(self, value):
        if isinstance(value, LearningRateSchedule) or callable(value):
            return value
        if not isinstance(value, (int, float)):
            raise ValueError(
                f"{type(self).__name__}: learning_rate must be a number, a LearningRateSchedule or"
                f" a function, found {value!r}."
            )
        return self._state(float(value), config.floatx(), "learning_rate")

    @property
    def iterations(self):
        """Number of updates: a Variable; with gradient accumulation a scalar tensor."""
        if self.gradient_accumulation_steps:
            return ops.floor_divide(self._iterations.value, self.gradient_accumulation_steps)
        return self._iterations

    def _updates(self):
        """`iterations` as a tensor."""
        count = self.iterations
        return count.value if isinstance(count, Variable) else count

    @property
    def learning_rate(self):
        """The rate of the next update: a scalar tensor (a Variable if it is a plain number)."""
        rate = self._learning_rate
        if isinstance(rate, Variable):
            return rate
        if isinstance(rate, LearningRateSchedule):
            with temporarily(backend=self._running_backend()):
                return rate(self._iterations.value)
        return rate()

    @learning_rate.setter
    def learning_rate(self, value):
        if isinstance(self._learning_rate, Variable) and not (
            callable(value) or isinstance(value, LearningRateSchedule)
        ):
            self._learning_rate.assign(value)
        elif isinstance(self._learning_rate, LearningRateSchedule) and isinstance(
            value, (int, float)
        ):
            raise TypeError(
                f"{self.name}: the learning rate follows a schedule and cannot be set to {value}."
                " Make the optimizer with a number to set it by hand or by callbacks."
            )
        else:
            self._learning_rate = self._rate(value)
            tracking.setting_changed()

    def _running_backend(self):
        backend = context.backend
        return backend if backend.is_abstract else self.backend

    @property
    def variables(self):
        """All state: iterations, learning rate, slots."""
        return list(self._variables)

    def build(self, variables):
        """Make the slots for a list of variables. Called by `apply` and by `fit`."""
        if self.built:
            return
        self._trained = list(variables)
        self._places = {id(v): i for i, v in enumerate(self._trained)}
        if self.use_ema:
            (self._averages,) = self.add_optimizer_variables(self._trained, ["average"])
            for average, variable in zip(self._averages, self._trained):
                average.assign(variable)
        if self.gradient_accumulation_steps:
            (self._accumulated,) = self.add_optimizer_variables(
                self._trained, ["gradient_accumulator"]
            )
        self.built = True

    def add_optimizer_variables(self, variables, names):
        """Slots of zeros: for each name a list with a Variable for each of `variables`."""
        slots = [[] for _ in names]
        for variable in variables:
            for name, column in zip(names, slots):
                label = f"{variable.path.replace('/', '_')}_{name}"
                slot = Variable(
                    Zeros(), variable.shape, variable.dtype, trainable=False, autocast=False,
                    name=label, path=f"{self.name}/{label}", backend=self.backend,
                )  # fmt: skip
                self._variables.append(slot)
                column.append(slot)
        return slots

    def _slots(self, column, variables):
        """The slots of a column that belong to `variables`."""
        if variables == self._trained:
            return column
        return [column[self._places[id(v)]] for v in variables]

    # ---- applying gradients ----

    def update_step(self, gradients, variables, learning_rate):
        """Change `variables` and their slots by one update; lists of the same length."""
        raise NotImplementedError(f"{type(self).__name__} must define update_step.")

    def apply_gradients(self, grads_and_vars):
        """`apply` for pairs of (gradient, variable)."""
        gradients, variables = zip(*grads_and_vars)
        self.apply(list(gradients), list(variables))
        return self.iterations

    def apply(self, grads, trainable_variables=None):
        """Update variables by their gradients.

        Args:
            grads: list of tensors; None entries are left out.
            trainable_variables: the variables, in the same order; default those built for.

        Raises:
            ValueError: wrong number of gradients, no gradient at all, or a variable that the
                optimizer was not built for.
        """
        grads = list(grads)
        if trainable_variables is None:
            if not self.built:
                raise ValueError(f"{self.name}: `apply` needs the variables on its first call.")
            trainable_variables = self._trained
        variables = list(trainable_variables)
        if len(grads) != len(variables):
            raise ValueError(
                f"{self.name}: found {len(grads)} gradients for {len(variables)} variables."
            )
        if not variables:
            if context.backend.is_abstract:  # the layers are being built by this very call
                return
            raise ValueError(f"{self.name}: there are no variables to update. Is the model built?")
        if not self.built:
            with temporarily(backend=self.backend):
                self.build(variables)
        self._check_known(variables)
        if context.backend.is_abstract:  # shape inference changes nothing
            return
        pairs = [(g, v) for g, v in zip(grads, variables) if g is not None]
        if not pairs:
            raise ValueError(f"{self.name}: there is no gradient for any variable.")
        grads, variables = map(list, zip(*pairs))
        is_tensor = self.backend.is_tensor
        if not all(map(is_tensor, grads)):  # rows and indices, say, of native code
            grads = [g if is_tensor(g) else self.backend.asarray(g, None) for g in grads]
        if self.loss_scale_factor is not None:
            grads = [g / self.loss_scale_factor for g in grads]
        if self.gradient_accumulation_steps:
            self._apply_accumulated(grads, variables)
        else:
            self._apply(grads, variables)
        if self.use_ema:
            self._average()
        for variable in variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))
        self._iterations.assign_add(1)

    def stateless_apply(self, optimizer_variables, grads, trainable_variables):
        """`apply` as a pure function, the style of JAX.

        Args:
            optimizer_variables: values of `variables`.
            grads: list of gradients.
            trainable_variables: values of the variables that `build` was called for, in its order.

        Returns:
            (new values of the trainable variables, new values of the optimizer's).
        """
        if not self.built:
            raise ValueError(f"{self.name}: call `build(variables)` before `stateless_apply`.")
        own, trained = self.variables, self._trained
        values = [ops.copy(v) for v in [*trainable_variables, *optimizer_variables]]
        with holding([*trained, *own], values, f"{self.name} with what it trains"):
            self.apply(grads, trained)
            return values_of(trained), values_of(own)

    def _check_known(self, variables):
        for variable in variables:
            if id(variable) not in self._places:
                raise ValueError(
                    f"{self.name}: variable {variable.path!r} was not among those that the"
                    " optimizer was built for. Use a new optimizer, or `compile` again after"
                    " layers are added or unfrozen."
                )

    def _apply(self, grads, variables):
        """Clip, decay, update."""
        grads = self._clip(grads)
        rate = self.learning_rate
        rate = rate.value if isinstance(rate, Variable) else rate
        self._decay(variables, rate)
        self.update_step(grads, variables, rate)

    def _clip(self, grads):
        backend = self.backend
        if self.clipvalue is not None:
            return [backend.clip(g, -self.clipvalue, self.clipvalue) for g in grads]
        if self.clipnorm is not None:
            return [self._scaled(g, backend.global_norm([g]), self.clipnorm) for g in grads]
        if self.global_clipnorm is not None:
            norm = backend.global_norm(grads)
            return [self._scaled(g, norm, self.global_clipnorm) for g in grads]
        return grads

    def _scaled(self, gradient, norm, limit):
        """The gradient times limit / norm where the norm is above the limit."""
        backend = self.backend
        factor = limit / backend.maximum(norm, limit)
        return gradient * backend.cast(factor, backend.dtype(gradient))

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Leave variables, or those whose names contain a pattern, out of weight decay.

        Call it before the first update.
        """
        self._not_decayed.update(id(v) for v in var_list or ())
        self._not_decayed_names.extend(var_names or ())

    def _is_decayed(self, variable):
        import re

        return id(variable) not in self._not_decayed and not any(
            re.search(pattern, variable.path) for pattern in self._not_decayed_names
        )

    def _decay(self, variables, rate):
        if self.weight_decay is None:
            return
        for variable in variables:
            if self._is_decayed(variable):
                value = variable.value
                factor = self.backend._like(rate, value) * self.weight_decay
                variable.assign(value - value * factor)

    def _average(self):
        """Move the averages, which begin as the weights after the first update."""
        count = self._updates()
        started = ops.not_equal(count, 0)
        for average, variable in zip(self._averages, self._trained):
            momentum = ops.cast(started, average.dtype) * self.ema_momentum
            average.assign(momentum * average.value + (1 - momentum) * variable.value)
        if self.ema_overwrite_frequency:
            due = ops.equal((count + 1) % self.ema_overwrite_frequency, 0)
            for average, variable in zip(self._averages, self._trained):
                variable.assign(ops.where(due, average.value, variable.value))

    def _apply_accumulated(self, grads, variables):
        steps = self.gradient_accumulation_steps
        sums = self._slots(self._accumulated, variables)
        for total, gradient in zip(sums, grads):
            total.assign(total.value + gradient)
        due = ops.equal((self._iterations.value + 1) % steps, 0)

        def update():
            self._apply([total.value / steps for total in sums], variables)
            for total in sums:
                total.assign(self.backend.zeros_like(total.value))

        state = [v for v in self._variables if v is not self._iterations]
        update_if(due, [*variables, *state], update)

    def scale_loss(self, loss):
        """The loss to differentiate, scaled if the optimizer scales losses."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def finalize_variable_values(self, var_list):
        """Put the averages into the weights when training ends, with `use_ema`."""
        if self.use_ema and self.built:
            for average, variable in zip(self._averages, self._trained):
                variable.assign(average)

    # ---- state of a file, config ----

    def save_own_variables(self, store):
        """Write all state into a dict-like store."""
        for index, variable in enumerate(self._variables):
            store[str(index)] = variable.numpy()

    def load_own_variables(self, store):
        """Read what `save_own_variables` wrote. ValueError if number or shapes differ."""
        if len(store.keys()) != len(self._variables):
            raise ValueError(
                f"Optimizer {self.name!r} has {len(self._variables)} variables, the file has"
                f" {len(store.keys())} for it."
            )
        values = [store[str(index)] for index in range(len(self._variables))]
        for variable, value in zip(self._variables, values):
            if tuple(value.shape) != variable.shape:
                raise ValueError(
                    f"Optimizer variable {variable.path!r} has shape {variable.shape}, the file"
                    f" has {tuple(value.shape)}."
                )
        for variable, value in zip(self._variables, values):
            variable.assign(value)

    def get_config(self):
        rate = self._learning_rate
        if isinstance(rate, Variable):
            rate = float(rate.numpy())
        elif isinstance(rate, LearningRateSchedule):
            from keraslite.optimizers import schedules

            rate = schedules.serialize(rate)
        return {
            "name": self.name,
            "learning_rate": rate,
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        if isinstance(config.get("learning_rate"), dict):
            from keraslite.optimizers import schedules

            config["learning_rate"] = schedules.deserialize(
                config["learning_rate"], custom_objects=custom_objects
            )
        return cls(**config)


def handles(variables):
    """The engine's handles of Variables, for `Backend.update_*`."""
    return [v._value for v in variables]


def keep(columns, new):
    """Store the handles that `Backend.update_*` returned."""
    for column, values in zip(columns, new):
        for variable, handle in zip(column, values):
            variable._value = handle
