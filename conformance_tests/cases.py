"""What a row of the op table is, how its inputs are drawn, and how it is called."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from conformance_tests.measure import numpy_dtype
from keraslite.backend import Backend
from keraslite.backend.base import COMPOSITES
from keraslite.backend.context import temporarily
from keraslite.backend.dtypes import FLOATS

SIGNED = ("int8", "int32", "int64")
INTS = ("uint8", *SIGNED)
DTYPE = object()  # stands in a case's params for the name of the dtype under test


@dataclass(frozen=True)
class Input:
    """How the values of one argument are drawn.

    Attributes:
        low, high: the range of floats; `ints` the (inclusive) range of integers.
        specials: values put among the drawn ones in forward tests, where kinks are of interest.
        dtype: a dtype of its own ("int32", "bool"); None: the one under test.
        distinct: no two elements are equal.
        build: function of the drawn float64 array, to give it structure (a triangle, a batch of
            positive definite matrices).
    """

    low: float = -3.0
    high: float = 3.0
    ints: tuple = (-6, 6)
    specials: tuple = ()
    dtype: str | None = None
    distinct: bool = False
    build: Callable | None = None

    def draw(self, rng, shape, dtype, smooth):
        """A NumPy array of the dtype under test or of the input's own; `smooth`: no specials."""
        dtype = self.dtype or dtype
        if dtype == "bool":
            return rng.random(shape) < 0.5
        if dtype not in FLOATS:
            low = max(self.ints[0], int(np.iinfo(dtype).min))
            return rng.integers(low, self.ints[1] + 1, shape).astype(dtype)
        if self.distinct:
            count = int(np.prod(shape))
            grid = self.low + (self.high - self.low) * (rng.permutation(count) + 0.5) / count
            values = grid.reshape(shape)
        else:
            values = rng.uniform(self.low, self.high, shape)
            if self.specials and not smooth:
                chosen = rng.random(shape) < 0.2
                values = np.where(chosen, rng.choice(self.specials, shape), values)
        if self.build is not None:
            values = self.build(values)
        return np.asarray(values).astype(numpy_dtype(dtype))


@dataclass(frozen=True)
class Case:
    """One way to call an op: a shape for each input, and the other arguments.

    These are given by name for the reference's sake, in the contract's order: engines get them by
    position, as all callers of the contract pass them.
    """

    shapes: tuple
    params: dict = field(default_factory=dict)

    def __repr__(self):
        return f"{self.shapes} {self.params or ''}"

    def arguments(self, dtype):
        """The params, with the dtype under test filled in."""
        return {k: dtype if v is DTYPE else v for k, v in self.params.items()}


@dataclass(frozen=True)
class Op:
    """A row of the table.

    Attributes:
        name: the contract's method.
        kind: the class of bounds (`bounds.toml`).
        inputs, cases: what it is called on.
        reference: the same function of NumPy arrays, floats in float64; None: the inherited
            composite on the NumPy engine.
        call: `call(method, *tensors, **params)`, where the plain call does not do.
        prepare: `prepare(backend, *tensors)`, what is done to the tensors first, as part of the
            function that is differentiated.
        dtypes: those under test.
        gradient: differentiable in its float arguments.
        twice: its second derivative is tested too.
    """

    name: str
    kind: str
    inputs: tuple
    cases: tuple
    reference: Callable | None = None
    call: Callable | None = None
    prepare: Callable | None = None
    dtypes: tuple = FLOATS
    gradient: bool = True
    twice: bool = False
    label: str = ""

    @property
    def id(self):
        return self.label or self.name

    def shortened(self, dtype):
        """This row for one dtype: all cases in float32 and float64, else the first two.

        What the further cases differ in, axes and shapes, is the same code in every dtype.
        """
        full = ("float32", "float64") if "float32" in self.dtypes else self.dtypes[:1]
        return self if dtype in full else replace(self, cases=self.cases[:2])

    def draw(self, seed, dtype, smooth=False):
        """The inputs of each case as NumPy arrays, the same ones for the same seed."""
        rng = np.random.default_rng(seed)
        return [
            [i.draw(rng, shape, dtype, smooth) for i, shape in zip(self.inputs, case.shapes)]
            for case in self.cases
        ]

    def apply(self, backend, method, tensors, case, dtype):
        """Call a bound method the way this op is called; returns a tuple of tensors."""
        params = case.arguments(dtype)
        if self.prepare:
            tensors = self.prepare(backend, *tensors)
        if self.call:
            result = self.call(method, *tensors, **params)
        else:
            result = method(*tensors, *params.values())
        return tuple(result) if isinstance(result, (tuple, list)) else (result,)

    def inherited(self, backend):
        """The method that `Backend` has, bound to an engine, for composites; else the engine's."""
        if self.name in COMPOSITES:
            return getattr(Backend, self.name).__get__(backend)
        return getattr(backend, self.name)

    def expected(self, numpy_backend, arrays, case, dtype):
        """The reference's results: float64 where the engine's would be of a float dtype."""
        wide = [to_float64(a) for a in arrays]
        dtype = "float64" if dtype in FLOATS else dtype
        if self.reference is None:
            with temporarily(backend=numpy_backend, device=None):
                tensors = [numpy_backend.asarray(a) for a in wide]
                method = self.inherited(numpy_backend)
                results = self.apply(numpy_backend, method, tensors, case, dtype)
                results = tuple(numpy_backend.to_numpy(r) for r in results)
        else:
            with np.errstate(all="ignore"):
                results = self.reference(*wide, **case.arguments(dtype))
        results = results if isinstance(results, (tuple, list)) else (results,)
        return tuple(np.asarray(r) for r in results)


def is_float(array):
    """True for NumPy arrays of a float dtype, bfloat16 included."""
    return array.dtype.name in FLOATS


def to_float64(array):
    """Float arrays in float64, others as they are."""
    return array.astype("float64") if is_float(array) else array
