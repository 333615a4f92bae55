"""InputSpec: what a layer asks of its inputs."""

from keraslite.backend.context import context
from keraslite.backend.dtypes import standardize_dtype


class InputSpec:
    """Rank, shape, dtype and sizes of axes that a layer's input must have.

    Args:
        dtype: dtype name.
        shape: full shape, None for any size.
        ndim, max_ndim, min_ndim: exact, largest and smallest rank.
        axes: {axis: size} of axes that must have a size.
        allow_last_axis_squeeze: whether a last axis of size 1 may be left out or extra.
        name: key that the input has when inputs are a dict.
        optional: None may stand for the input.

    >>> from keraslite.layers import InputSpec
    >>> InputSpec(ndim=3, axes={-1: 8}).axes
    {-1: 8}
    """

    def __init__(
        self, dtype=None, shape=None, ndim=None, max_ndim=None, min_ndim=None, axes=None,
        allow_last_axis_squeeze=False, name=None, optional=False,
    ):  # fmt: skip
        self.dtype = None if dtype is None else standardize_dtype(dtype)
        self.shape = None if shape is None else tuple(shape)
        self.ndim = len(self.shape) if shape is not None else ndim
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name
        self.optional = optional

    def get_config(self):
        return {
            name: getattr(self, name)
            for name in ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def problem(self, shape, dtype):
        """What is wrong with an input of this shape and dtype: a phrase, or None."""
        rank = len(shape)
        if self.ndim is not None and rank != self.ndim and not self._squeezable(shape):
            return f"expected {self.ndim} dimensions, found {rank}"
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"expected at most {self.max_ndim} dimensions, found {rank}"
        if self.min_ndim is not None and rank < self.min_ndim:
            return f"expected at least {self.min_ndim} dimensions, found {rank}"
        if self.dtype is not None and dtype != self.dtype:
            return f"expected dtype {self.dtype}, found {dtype}"
        for axis, size in self.axes.items():
            found = shape[axis] if -rank <= axis < rank else None
            if size is not None and isinstance(found, int) and found != size:
                return f"expected axis {axis} to have size {size}, found {found}"
        if self.shape is not None and rank == self.ndim:
            for wanted, found in zip(self.shape, shape):
                if wanted is not None and isinstance(found, int) and wanted != found:
                    return f"expected shape {self.shape}"
        return None

    def _squeezable(self, shape):
        if not self.allow_last_axis_squeeze:
            return False
        longer = len(shape) == self.ndim + 1 and shape[-1] == 1
        shorter = len(shape) == self.ndim - 1 and self.shape is not None and self.shape[-1] == 1
        return longer or shorter


def check_inputs(layer, spec, inputs):
    """Raise a ValueError if `inputs`, a tensor or a list of them, do not satisfy a spec."""
    backend = context.backend
    specs = spec if isinstance(spec, (list, tuple)) else [spec]
    if isinstance(inputs, dict):
        inputs = [inputs.get(s.name) for s in specs]
    if not isinstance(inputs, (list, tuple)):
        inputs = [inputs]
    if len(inputs) != len(specs):
        raise ValueError(
            f"Layer {layer.name!r} ({type(layer).__name__}) expects {len(specs)} input(s),"
            f" found {len(inputs)}."
        )
    for number, (one, tensor) in enumerate(zip(specs, inputs)):
        if one is None or (tensor is None and one.optional):
            continue
        if not backend.is_tensor(tensor):
            raise ValueError(
                f"Layer {layer.name!r} ({type(layer).__name__}) takes a tensor, found"
                f" {type(tensor).__name__}: {tensor!r}."
            )
        shape = backend.shape(tensor)
        problem = one.problem(shape, backend.dtype(tensor) if one.dtype else None)
        if problem:
            which = f"input {number} of" if len(specs) > 1 else "input of"
            shape = tuple(n if isinstance(n, int) else None for n in shape)
            raise ValueError(
                f"Wrong {which} layer {layer.name!r} ({type(layer).__name__}): {problem}."
                f" Full shape found: {shape}.{_axis_hint(one, shape)}"
            )


def _axis_hint(spec, shape):
    """What to do if one axis is missing."""
    if len(shape) + 1 not in (spec.ndim, spec.min_ndim):
        return ""
    return " Is an axis missing? x[None] adds the batch's, x[..., None] that of channels."
