"""What a layer holds: weights, sublayers, losses, config."""

import numpy as np

from keraslite.backend.context import context, temporarily
from keraslite.core import tracking
from keraslite.core.keras_tensor import KerasTensor
from keraslite.core.stateless import holding, values_of
from keraslite.core.variable import Variable

_COMPARED = (str, int, float, bool)
_PLAIN = (*_COMPARED, bytes, type(None), np.ndarray, np.generic)


class LayerState:
    """Weights, freezing, losses and configuration of a layer; `Layer` adds calling."""

    any_losses = False  # True once any layer has added a loss
    _hidden = ()  # attributes whose variables and layers are not this layer's own

    def __getattr__(self, name):
        """What is asked for is not there; before `build`, say that this may be why."""
        if "_made_weights" not in self.__dict__ and not name.startswith("__"):
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}: its `__init__` must"
                " call `super().__init__()` first."
            )
        if self.__dict__.get("built") is False and not hasattr(type(self), name):
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}. It is not built yet:"
                " weights are made when it is called on data, or by build(input_shape)."
            )
        return object.__getattribute__(self, name)  # raises the usual error, or a property's own

    def _init_state(self):
        self._made_weights = []  # also those kept in no attribute
        tracking.changed()

    def __setattr__(self, name, value):
        if not isinstance(value, _PLAIN):
            tracking.changed()
        elif not _is_same(self.__dict__.get(name), value):
            tracking.setting_changed()
        super().__setattr__(name, value)

    def _sublayers(self):
        """Layers directly below this one."""
        return tracking.tracked(self).layers

    # ---- weights ----

    def add_weight(
        self, shape=None, initializer=None, dtype=None, trainable=True, autocast=True,
        regularizer=None, constraint=None, aggregation="none", overwrite_with_gradient=False,
        name=None,
    ):  # fmt: skip
        """A new Variable of this layer.

        Args:
            shape: tuple of int, default ().
            initializer: initializer, its name, or a callable `(shape, dtype)`; default
                "glorot_uniform" for floats, "zeros" otherwise.
            dtype: dtype name; default: the layer's variable dtype.
            trainable: whether training changes it by gradients.
            autocast: whether it is read in the compute dtype in mixed precision.
            regularizer, constraint: of this weight.
            name: name; default: "variable", numbered within the layer.
        """
        from keraslite import constraints, initializers, regularizers
        from keraslite.backend.dtypes import FLOATS, standardize_dtype

        dtype = standardize_dtype(dtype) if dtype is not None else self.variable_dtype
        if initializer is None:
            initializer = "glorot_uniform" if dtype in FLOATS else "zeros"
        scope = context.name_scope or self._path
        seeds = context.seed_path or self._seed_path
        seeds = f"{seeds}/{name or 'variable'}"
        name = name or self._free_name("variable")
        with temporarily(seed_path=seeds):
            variable = Variable(
                initializers.get(initializer), shape if shape is not None else (), dtype,
                trainable, autocast, aggregation, name, f"{scope}/{name}", self.backend,
            )  # fmt: skip
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._made_weights.append(variable)
        tracking.changed()
        return variable

    add_variable = add_weight

    def _free_name(self, name):
        """`name`, or `name_1`, ... if this layer has such weights already."""
        taken = {v.name for v in self._made_weights}
        numbers = range(1, len(taken) + 1)
        return next(n for n in (name, *(f"{name}_{i}" for i in numbers)) if n not in taken)

    def _own_variables(self, trainable):
        """Variables of this layer alone, those made trainable or the others."""
        own = tracking.unique(tracking.tracked(self).own)
        return [v for v in own if v._made_trainable == trainable]

    def _collect_variables(self, key, read):
        """Variables of the whole tree below, each once; kept until the structure changes."""
        cache = tracking.tracked(self).cache
        if key not in cache:
            cache[key] = tracking.unique(read())
        return cache[key]

    @property
    def weights(self):
        """All weights: the layer's own, trainable ones first, then those of its sublayers."""

        def read():
            found = self._own_variables(True) + self._own_variables(False)
            for layer in self._sublayers():
                found += layer.weights
            return found

        return list(self._collect_variables("weights", read))

    @property
    def variables(self):
        """The weights, and state that is no weight: that of random generators, say."""

        def read():
            states = [v for layer in tracking.flat_layers(self) for v in layer._states_beside()]
            return self.weights + states

        return list(self._collect_variables("variables", read))

    def _states_beside(self):
        """Variables of this layer alone that change in `call` and are no weights."""
        return [seed.state for seed in tracking.tracked(self).seeds]

    @property
    def trainable_variables(self):
        """Variables that gradients change; none while the layer is frozen."""

        def read():
            found = [v for v in self._own_variables(True) if v.trainable]
            for layer in self._sublayers():
                found += layer.trainable_variables
            return found if self._trainable else []

        return list(self._collect_variables("trainable", read))

    @property
    def non_trainable_variables(self):
        """All other variables."""
        trained = {id(v) for v in self.trainable_variables}
        return [v for v in self.variables if id(v) not in trained]

    @property
    def trainable_weights(self):
        return self.trainable_variables

    @property
    def non_trainable_weights(self):
        trained = {id(v) for v in self.trainable_variables}
        return [v for v in self.weights if id(v) not in trained]

    @property
    def trainable(self):
        """Whether training changes the layer; setting it sets it for all layers below."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        for layer in tracking.flat_layers(self):
            layer._trainable = bool(value)
            for variable in layer._own_variables(True):
                variable.trainable = bool(value)
        tracking.changed()

    def count_params(self):
        """Number of elements of all weights."""
        if not self.built:
            raise ValueError(
                f"Layer {self.name!r} is not built, so its parameters cannot be counted."
                " Call it on data, or `build(input_shape)` it, first."
            )
        return sum(int(np.prod(v.shape)) for v in self.weights)

    def get_weights(self):
        """The values of `weights` as NumPy arrays."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights):
        """Assign NumPy arrays to `weights`, all of them or, if one does not fit, none.

        Raises ValueError when the number of arrays or a shape differs.
        """
        mine = self.weights
        if len(weights) != len(mine):
            raise ValueError(
                f"Layer {self.name!r} has {len(mine)} weights, found {len(weights)} arrays."
                + ("" if self.built else " It is not built: call it on data first.")
            )
        for variable, value in zip(mine, weights):
            if tuple(np.shape(value)) != variable.shape:
                raise ValueError(
                    f"Weight {variable.path!r} of layer {self.name!r} has shape {variable.shape},"
                    f" found an array of shape {tuple(np.shape(value))}."
                )
        for variable, value in zip(mine, weights):
            variable.assign(value)

    def save_own_variables(self, store):
        """Write the layer's own variables into a dict-like store, under "0", "1", ..."""
        for index, variable in enumerate(self._own_variables(True) + self._own_variables(False)):
            store[str(index)] = variable.numpy()

    def load_own_variables(self, store):
        """Read what `save_own_variables` wrote. ValueError if number or shapes differ."""
        mine = self._own_variables(True) + self._own_variables(False)
        if len(store.keys()) != len(mine):
            hint = "" if self.built or mine else " The layer is not built."
            raise ValueError(
                f"Layer {self.name!r} ({type(self).__name__}) has {len(mine)} variables, the file"
                f" has {len(store.keys())} for it.{hint}"
            )
        values = [np.asarray(store[str(index)]) for index in range(len(mine))]
        for variable, value in zip(mine, values):
            if tuple(value.shape) != variable.shape:
                raise ValueError(
                    f"Variable {variable.path!r} of layer {self.name!r} has shape"
                    f" {variable.shape}, the file has {tuple(value.shape)}."
                )
        for variable, value in zip(mine, values):
            variable.assign(value)

    # ---- losses ----

    def add_loss(self, loss):
        """Add a scalar tensor (or a list of them) to what training minimizes.

        Call it inside `call`; it counts for the step that is running.
        """
        for one in loss if isinstance(loss, (list, tuple)) else [loss]:
            if not isinstance(one, KerasTensor):
                self._losses.append(one)
                LayerState.any_losses = True

    def _clear_losses(self):
        for layer in tracking.flat_layers(self):
            layer._losses.clear()

    @property
    def losses(self):
        """Losses added by the last call, and the regularization of trainable weights."""
        added = [loss for layer in tracking.flat_layers(self) for loss in layer._losses]
        return added + self._regularization()

    def _regularization(self):
        def read():
            return [v for v in self.trainable_variables if v.regularizer is not None]

        return [v.regularizer(v.value) for v in self._collect_variables("regularized", read)]

    # ---- config ----

    def get_config(self):
        """The arguments that make this layer again, as JSON-ready values."""
        from keraslite import dtype_policies

        base = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": dtype_policies.serialize(self.dtype_policy),
        }
        if self.activity_regularizer is not None:
            from keraslite import regularizers

            base["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        return {**base, **self._own_config()}

    def _own_config(self):
        """Config of a class that overrides no `get_config`: the arguments it was made with."""
        if type(self).get_config is not LayerState.get_config:
            return {}
        given = self.__dict__.get("_auto_config", {})
        hard = [k for k, v in given.items() if not _is_plain(v)]
        if hard:
            raise NotImplementedError(
                f"Layer {type(self).__name__} takes arguments that cannot be saved by themselves"
                f" ({', '.join(hard)}). Give it a `get_config` method that returns a dict of the"
                " arguments of its __init__."
            )
        own = ("name", "trainable", "dtype", "args")
        return {k: v for k, v in given.items() if k not in own}

    @classmethod
    def from_config(cls, config):
        """The inverse of `get_config`. TypeError names an argument that `__init__` refuses."""
        try:
            return cls(**config)
        except TypeError as error:
            raise TypeError(
                f"Cannot make {cls.__name__} from its config {config}: {error}"
            ) from None

    def get_build_config(self):
        """What `build_from_config` needs to build this layer again."""
        return self.__dict__.get("_build_config")

    # ---- stateless calling, the style of JAX ----

    def stateless_call(
        self, trainable_variables, non_trainable_variables, *args, return_losses=False, **kwargs
    ):
        """Call as a pure function: values in, (outputs, new non-trainable values) out.

        The values are lists in the order of `trainable_variables` and `non_trainable_variables`.
        """
        fixed = self.non_trainable_variables
        values = [*trainable_variables, *non_trainable_variables]
        with holding(self.trainable_variables + fixed, values, f"Layer {self.name!r}"):
            outputs = self(*args, **kwargs)  # pyright: ignore[reportCallIssue]
            losses = self.losses if return_losses else None
            new = values_of(fixed)
        return (outputs, new, losses) if return_losses else (outputs, new)

    # ---- native gradients, the style of torch ----

    def zero_grad(self):
        """Forget the gradients that `loss.backward()` has left beside the weights."""
        for variable in self.trainable_variables:
            if getattr(variable._value, "grad", None) is not None:
                variable._value.grad = None


def _is_plain(value):
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    return isinstance(value, (str, int, float, bool, type(None)))


def _is_same(old, new):
    """True if a plain attribute keeps its value."""
    return old is new or (type(old) is type(new) and type(new) in _COMPARED and old == new)
