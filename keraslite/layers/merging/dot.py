"""Dot."""

from keraslite import ops
from keraslite.core.layer import Layer


class Dot(Layer):
    """The products of two tensors, sample by sample, summed along an axis of each.

    (batch, ...) and (batch, ...) give (batch, other axes of the first, other axes of the second);
    (batch, n) and (batch, n) give (batch, 1).

    Args:
        axes: the axis of both, or a pair: the first's and the second's.
        normalize: whether to divide the tensors by their norm along the axis first, which makes
            cosines.

    >>> import keraslite as keras
    >>> x, y = keras.ops.ones((2, 3, 4)), keras.ops.ones((2, 5, 3))
    >>> tuple(keras.layers.Dot(axes=(1, 2))([x, y]).shape)
    (2, 4, 5)
    """

    def __init__(self, axes, normalize=False, **kwargs):
        super().__init__(**kwargs)
        pair = (axes, axes) if isinstance(axes, int) else axes
        if (
            not isinstance(pair, (list, tuple))
            or len(pair) != 2
            or not all(isinstance(axis, int) and axis != 0 for axis in pair)
        ):
            raise ValueError(
                f"Dot {self.name!r}: axes must be an int or two of them, and not 0, the batch axis;"
                f" found {axes!r}."
            )
        self.axes = axes if isinstance(axes, int) else tuple(axes)
        self.normalize = normalize
        self.supports_masking = True

    def _places(self, shapes):
        """The axes counted from 0; ValueError if tensors of these shapes cannot be multiplied."""
        pair = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        if len(shapes) != 2 or not all(isinstance(shape, (list, tuple)) for shape in shapes):
            raise ValueError(f"Dot {self.name!r} takes a list of two tensors, found {shapes}.")
        places = []
        for axis, shape in zip(pair, shapes):
            place = axis + len(shape) if axis < 0 else axis
            if not 0 < place < len(shape):
                raise ValueError(
                    f"Dot {self.name!r}: axis {axis} is no axis of shape {tuple(shape)} behind the"
                    " batch axis."
                )
            places.append(place)
        sizes = [shape[place] for shape, place in zip(shapes, places)]
        if None not in sizes and sizes[0] != sizes[1]:
            raise ValueError(
                f"Dot {self.name!r}: the axes {self.axes} have sizes {sizes[0]} and {sizes[1]} in"
                f" the shapes {[tuple(shape) for shape in shapes]}; they must be equal."
            )
        return places

    def build(self, input_shape):
        self._places(input_shape)

    def call(self, inputs):
        listed = isinstance(inputs, (list, tuple))
        places = self._places([tuple(x.shape) for x in inputs] if listed else inputs.shape)
        x, y = inputs
        if self.normalize:
            x, y = (ops.normalize(z, axis=place) for z, place in zip((x, y), places))
        first, second = ["a", *"bcdefghijk"[: len(x.shape) - 1]], ["a", *"lmnopqrstu"]
        second = second[: len(y.shape)]
        second[places[1]] = first[places[0]]
        kept = [c for c in first if c not in second[1:]] + [c for c in second[1:] if c not in first]
        product = ops.einsum(f"{''.join(first)},{''.join(second)}->{''.join(kept)}", x, y)
        return product if len(kept) > 1 else ops.expand_dims(product, 1)

    def compute_output_shape(self, input_shape):
        (x, y), (i, j) = input_shape, self._places(input_shape)
        rest = (*x[1:i], *x[i + 1 :], *y[1:j], *y[j + 1 :])
        return (x[0], *rest) if rest else (x[0], 1)

    def compute_mask(self, inputs, previous_mask):
        return None

    def get_config(self):
        return {**super().get_config(), "axes": self.axes, "normalize": self.normalize}
