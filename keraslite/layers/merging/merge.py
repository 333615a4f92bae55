"""Layers that merge a list of tensors: Add, Subtract, Multiply, ..., Concatenate."""

import functools

from keraslite import ops
from keraslite.core.layer import Layer


class Merge(Layer):
    """Base of layers that combine tensors of broadcastable shapes elementwise."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def _merge(self, x, y):
        raise NotImplementedError

    def build(self, input_shape):
        self.compute_output_shape(input_shape)

    def _shapes(self, input_shape):
        """The list of input shapes, checked."""
        if not isinstance(input_shape, (list, tuple)) or not isinstance(
            input_shape[0], (list, tuple)
        ):
            raise ValueError(
                f"{type(self).__name__} {self.name!r} takes a list of tensors, found one of shape"
                f" {input_shape}."
            )
        return [tuple(shape) for shape in input_shape]

    def _check_shapes(self, inputs):
        """Raise a ValueError if `call` was given one tensor, or tensors that do not fit."""
        if not isinstance(inputs, (list, tuple)):
            self._shapes(tuple(inputs.shape))
        shapes = [tuple(x.shape) for x in inputs]
        if any(shape != shapes[0] for shape in shapes):
            self.compute_output_shape(shapes)

    def call(self, inputs):
        self._check_shapes(inputs)
        return functools.reduce(self._merge, self._aligned(inputs))

    @staticmethod
    def _aligned(inputs):
        """Inputs of lower rank get axes of size 1 behind the batch axis."""
        rank = max(len(x.shape) for x in inputs)
        if all(len(x.shape) == rank for x in inputs):
            return inputs
        return [
            ops.expand_dims(x, tuple(range(1, 1 + rank - len(x.shape))))
            if len(x.shape) < rank
            else x
            for x in inputs
        ]

    def compute_output_shape(self, input_shape):
        shapes = self._shapes(input_shape)
        rank = max(map(len, shapes))
        shapes = [(s[0], *(1,) * (rank - len(s)), *s[1:]) for s in shapes]
        return tuple(self._size(sizes, input_shape) for sizes in zip(*shapes))

    def _size(self, sizes, shapes):
        """The size that sizes of one axis broadcast to."""
        known = {n for n in sizes if n not in (1, None)}
        if len(known) > 1:
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: the shapes {list(shapes)} do not broadcast"
                " together."
            )
        if known:
            return known.pop()
        return None if None in sizes else 1

    def compute_mask(self, inputs, previous_mask):
        """True where any input counts; an input without a mask counts everywhere."""
        if previous_mask is None or any(mask is None for mask in previous_mask):
            return None
        return functools.reduce(ops.logical_or, previous_mask)


class Add(Merge):
    """The sum of a list of tensors.

    >>> import keraslite as keras
    >>> keras.layers.Add()([keras.ops.ones((1, 2)), keras.ops.ones((1, 2))]).tolist()
    [[2.0, 2.0]]
    """

    def _merge(self, x, y):
        return x + y


class Subtract(Merge):
    """The first of two tensors less the second."""

    def _shapes(self, input_shape):
        shapes = super()._shapes(input_shape)
        if len(shapes) != 2:
            raise ValueError(f"Subtract {self.name!r} takes 2 tensors, found {len(shapes)}.")
        return shapes

    def _merge(self, x, y):
        return x - y


class Average(Add):
    """The mean of a list of tensors, elementwise."""

    def call(self, inputs):
        return super().call(inputs) / len(inputs)


class Selective(Merge):
    """Base of merges that leave out what their inputs' masks leave out."""

    def call(self, inputs, mask=None):
        if mask is None or all(m is None for m in mask):
            return super().call(inputs)
        self._check_shapes(inputs)
        merged, kept = None, None
        for x, one in zip(self._aligned(inputs), mask):
            one = True if one is None else _as_wide(one, x)
            if merged is None:
                merged, kept = x, one
            else:
                both = ops.where(kept, self._merge(merged, x), x)
                merged, kept = ops.where(one, both, merged), ops.logical_or(kept, one)
        return merged


def _as_wide(mask, x):
    """A mask of the first axes of x with axes of size 1 for the others."""
    return ops.expand_dims(mask, tuple(range(len(mask.shape), len(x.shape))))


class Maximum(Selective):
    """The largest of a list of tensors, elementwise; masked places of one count for nothing."""

    def _merge(self, x, y):
        return ops.maximum(x, y)


class Minimum(Selective):
    """The smallest of a list of tensors, elementwise; masked places of one count for nothing."""

    def _merge(self, x, y):
        return ops.minimum(x, y)


class Multiply(Selective):
    """The product of a list of tensors, elementwise; masked places of one count as 1.

    Where the masks of all leave a place out, there is 0.
    """

    def _merge(self, x, y):
        return x * y

    def call(self, inputs, mask=None):
        product = super().call(inputs, mask)
        kept = self.compute_mask(inputs, mask)
        return product if kept is None else ops.where(_as_wide(kept, product), product, 0)


class Concatenate(Merge):
    """Tensors joined along an axis.

    Args:
        axis: the axis; the other sizes are equal.

    >>> import keraslite as keras
    >>> tuple(keras.layers.Concatenate()([keras.ops.ones((2, 3)), keras.ops.ones((2, 4))]).shape)
    (2, 7)
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs):
        self._check_shapes(inputs)
        return ops.concatenate(list(inputs), axis=self.axis)

    def compute_output_shape(self, input_shape):
        shapes = self._shapes(input_shape)
        rank = len(shapes[0])
        axis = self.axis % rank
        for sizes in zip(*(s[:axis] + s[axis + 1 :] for s in shapes)):
            if len({n for n in sizes if n is not None}) > 1:
                shapes = None
                break
        if shapes is None or any(len(s) != rank for s in shapes):
            raise ValueError(
                f"Concatenate {self.name!r}: all sizes but those of axis {self.axis} must be equal,"
                f" found the shapes {list(input_shape)}."
            )
        along = [s[axis] for s in shapes]
        first = list(shapes[0])
        first[axis] = None if None in along else sum(along)
        return tuple(first)

    def compute_mask(self, inputs, previous_mask):
        masks = previous_mask if isinstance(previous_mask, (list, tuple)) else [previous_mask]
        if all(m is None for m in masks):
            return None
        rank = len(inputs[0].shape)
        full = [
            ops.ones_like(x, dtype="bool")
            if m is None
            else ops.broadcast_to(
                ops.expand_dims(m, tuple(range(len(m.shape), rank))), ops.shape(x)
            )
            for m, x in zip(masks, inputs)
        ]
        return ops.all(ops.concatenate(full, axis=self.axis), axis=-1)

    def get_config(self):
        return {**super().get_config(), "axis": self.axis}
