"""Building a layer, and inferring the shapes of its outputs without running it."""

import functools
import inspect

from keraslite.backend.context import context, inferring, temporarily
from keraslite.core import masks
from keraslite.core.call_spec import build_parameters, call_spec
from keraslite.core.keras_tensor import KerasTensor
from keraslite.core.operation import flat_tensors, map_tensors
from keraslite.core.undo import undone_on_error


def recorded(build):
    """A `build` that runs under its layer's name and engine, and notes what it was called with."""

    @functools.wraps(build)
    def run(self, *args, **kwargs):
        if self.built or self.__dict__.get("_in_build"):  # by `super().build(...)`
            return build(self, *args, **kwargs)
        arguments = self.__dict__.pop("_called_with", None)
        with undone_on_error(self):
            self._enter_scope()
            self.__dict__["_in_build"] = True
            with temporarily(
                backend=self.backend, name_scope=self._path, seed_path=self._seed_path,
                autocast_dtype=None,
            ):  # fmt: skip
                build(self, *args, **kwargs)
                self._build_inside(arguments or self._arguments_of_shapes(args, kwargs))
        del self.__dict__["_in_build"]
        self.built = True
        shapes = inspect.signature(build).bind(self, *args, **kwargs).arguments
        shapes = {k: v for k, v in list(shapes.items())[1:] if v is not None}
        if len(shapes) == 1:
            self._build_config = {"input_shape": next(iter(shapes.values()))}
        elif shapes:
            self._build_config = {"shapes_dict": shapes}

    return run


class LayerBuilding:
    """How a layer gets its weights and its output shapes; `Layer` adds calling on tensors."""

    # ---- to override ----

    @recorded
    def build(self, input_shape=None):
        """Make the weights, given the shape (or nest of shapes) of the first argument of `call`.

        Without an override, a layer that holds other layers builds them by a symbolic call. An
        override may call this one, which then has nothing to do.
        """

    def call(self, *args, **kwargs):
        """The computation."""
        raise NotImplementedError(
            f"{type(self).__name__} has no `call` method. A subclass of Layer or Model defines one;"
            " Model(inputs, outputs) and Sequential come with theirs."
        )

    def compute_output_shape(self, *args, **kwargs):
        """Shape (or nest of shapes) of the outputs for the shapes of the arguments."""
        specs = [self._map_shapes(self._of_shape, a) for a in args]
        keywords = {key.removesuffix("_shape"): self._of_shape(s) for key, s in kwargs.items()}
        if not self.built:
            self._maybe_build(specs, keywords)
        return map_tensors(lambda t: t.shape, self.compute_output_spec(*specs, **keywords))

    def compute_output_spec(self, *args, **kwargs):
        """KerasTensors of the outputs' shapes and dtypes, for KerasTensors as arguments."""
        if type(self).compute_output_shape is not LayerBuilding.compute_output_shape:
            shapes = self._call_with_shapes(self.compute_output_shape, args, kwargs)
            return self._map_shapes(self._of_shape, shapes)
        return self._infer_outputs(*args, **kwargs)

    @staticmethod
    def _map_shapes(fn, nest):
        """`fn` of every shape (a tuple or list of int and None) in a nest of shapes."""
        if isinstance(nest, dict):
            return {key: LayerBuilding._map_shapes(fn, one) for key, one in nest.items()}
        if isinstance(nest, (list, tuple)) and any(
            isinstance(n, (list, tuple, dict)) for n in nest
        ):
            return type(nest)(LayerBuilding._map_shapes(fn, one) for one in nest)
        return None if nest is None else fn(tuple(nest))

    def _infer_outputs(self, *args, **kwargs):
        """Run `call` on the abstract backend; native code falls back on the engine's own way."""
        spec = call_spec(type(self))
        depth = context.call_depth or 1  # losses of shape inference are not kept
        try:
            with inferring(call_depth=depth):
                return self._run_call(spec, args, dict(kwargs), None)
        except (TypeError, AttributeError, NotImplementedError) as error:
            if type(self).call is LayerBuilding.call:
                raise
            return self._infer_natively(error, args, kwargs)
        finally:
            if context.call_depth == 0:
                self._clear_losses()

    def _infer_natively(self, error, args, kwargs):
        tensors = flat_tensors((args, kwargs))

        def run(*values):
            table = {id(t): v for t, v in zip(tensors, values)}
            a, k = map_tensors(lambda t: table[id(t)], (args, kwargs))
            return self._run_call(call_spec(type(self)), a, dict(k), None)

        with temporarily(backend=self.backend):
            try:
                specs = self.backend.abstract_eval(run, [(t.shape, t.dtype) for t in tensors])
            except Exception as second:
                raise error from second
        return _map_specs(specs)

    def _maybe_build(self, args, kwargs):
        """Call `build` with the shapes of the arguments."""
        shapes = self._argument_shapes(args, kwargs)
        names = build_parameters(type(self))
        self.__dict__["_called_with"] = args, kwargs
        if len(names) <= 1:
            self.build(*list(shapes.values())[: len(names)])
        else:
            self.build(**{n: shapes.get(n.removesuffix("_shape")) for n in names
                          if n.removesuffix("_shape") in shapes})  # fmt: skip

    def _build_inside(self, arguments):
        """Build the layers that `build` left, in the order of `call`, by inferring its outputs.

        Args:
            arguments: (args, kwargs) for `call`; their tensors count by shape and dtype.
        """
        if type(self).call is LayerBuilding.call or all(s.built for s in self._sublayers()):
            return
        args, kwargs = _as_specs(arguments)
        try:
            call_spec(type(self)).signature.bind(self, *args, **kwargs)
        except TypeError as error:
            if type(self).build is LayerBuilding.build:
                raise ValueError(
                    f"{type(self).__name__} {self.name!r} cannot be built from this: `call` says"
                    f" {error}. Give build() the shapes of its inputs, or call it on data."
                ) from None
            return  # `call` needs more than this `build` is told; it builds them when it runs
        self._infer_outputs(*args, **kwargs)

    def _arguments_of_shapes(self, shapes, named_shapes):
        """(args, kwargs) for `call`, KerasTensors, from the shapes that `build` was given."""
        names = build_parameters(type(self))
        given = dict(zip(names, shapes), **named_shapes)
        tensors = {
            n.removesuffix("_shape"): self._map_shapes(self._of_shape, s)
            for n, s in given.items() if isinstance(s, (list, tuple, dict))
        }  # fmt: skip  # a build of the user's may take more than shapes
        return (tuple(tensors.values()), {}) if len(names) <= 1 else ((), tensors)

    def _of_shape(self, shape):
        return KerasTensor(shape, self.compute_dtype)

    def _enter_scope(self):
        """Take this layer's path from the layer that is being built around it."""
        outer, seed = context.name_scope, context.seed_path
        self._path = f"{outer}/{self.name}" if outer else self.name
        self._seed_path = f"{seed}/{self._seed_name}" if seed else self._seed_name

    def _maybe_build_for(self, shape):
        """Build this layer, which another one holds, for an input of a shape."""
        with inferring():
            self._maybe_build((self._of_shape(shape),), {})

    def _argument_shapes(self, args, kwargs):
        """{parameter name: shape or nest of shapes} of the tensor arguments of a call."""
        bound = dict(zip(call_spec(type(self)).names, args), **kwargs)
        shapes = {name: shapes_of(value) for name, value in bound.items()}
        return {name: shape for name, shape in shapes.items() if shape is not None}

    def _call_with_shapes(self, fn, args, kwargs):
        shapes = self._argument_shapes(args, kwargs)
        parameters = list(inspect.signature(fn).parameters)
        if len(parameters) <= 1 or not all(
            p.removesuffix("_shape") in shapes for p in parameters[:1]
        ):
            return fn(next(iter(shapes.values())))
        return fn(**{p: shapes[p.removesuffix("_shape")] for p in parameters
                     if p.removesuffix("_shape") in shapes})  # fmt: skip

    def build_from_config(self, config):
        """Build from what `get_build_config` wrote."""
        if not config or self.built:
            return
        if "input_shape" in config:
            self.build(_tuples(config["input_shape"]))
        elif "shapes_dict" in config:
            self.build(**{k: _tuples(v) for k, v in config["shapes_dict"].items()})


def shapes_of(value):
    """Shape of a tensor, nest of shapes of a nest of tensors, None for anything else."""
    backend = context.backend
    if type(value) is KerasTensor:
        return value.shape
    if backend.is_tensor(value):
        return tuple(n if isinstance(n, int) else None for n in backend.shape(value))
    if isinstance(value, (list, tuple)) and value:
        shapes = [shapes_of(v) for v in value]
        return None if any(s is None for s in shapes) else shapes
    if isinstance(value, dict) and value:
        return {k: shapes_of(v) for k, v in value.items()}
    return None


def _as_specs(value):
    """KerasTensors for the engine's tensors in a nest of arguments."""
    backend = context.backend
    if backend.is_tensor(value):
        spec = KerasTensor(shapes_of(value), backend.dtype(value))
        masks.set_mask(spec, _as_specs(masks.get_mask(value)))
        return spec
    if isinstance(value, (list, tuple)):
        return type(value)(map(_as_specs, value))
    if isinstance(value, dict):
        return {key: _as_specs(one) for key, one in value.items()}
    return value


def _tuples(shape):
    """A shape (or nest of shapes) read from JSON, lists turned into tuples."""
    return LayerBuilding._map_shapes(tuple, shape) if shape is not None else None


def _map_specs(specs):
    """KerasTensors for a nest of (shape, dtype) pairs."""
    if isinstance(specs, tuple) and len(specs) == 2 and isinstance(specs[1], str):
        return KerasTensor(*specs)
    if isinstance(specs, dict):
        return {k: _map_specs(v) for k, v in specs.items()}
    return type(specs)(_map_specs(s) for s in specs)
