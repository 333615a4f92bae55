"""EinsumDense."""

import functools
import math
from typing import Any

from keraslite import activations, initializers, ops
from keraslite.backend.context import context
from keraslite.core.input_spec import InputSpec
from keraslite.layers.weight_settings import LayerWithSettings


class EinsumDense(LayerWithSettings):
    """activation(einsum(equation, inputs, kernel) + bias).

    Args:
        equation: "ab,bc->ac"; the first operand is the input, the second the kernel; "..." may
            stand for leading axes.
        output_shape: sizes of the output's axes without the batch axis, None for those that the
            input gives.
        activation: activation function or its name.
        bias_axes: letters of the output axes that the bias has; None: no bias.
        kernel_initializer, bias_initializer: of kernel and bias.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties.
        kernel_constraint, bias_constraint: projections after each update.

    >>> import keraslite as keras
    >>> layer = keras.layers.EinsumDense("abc,cd->abd", output_shape=(None, 5), bias_axes="d")
    >>> tuple(layer(keras.ops.ones((2, 3, 4))).shape)
    (2, 3, 5)
    """

    def __init__(
        self, equation, output_shape, activation=None, bias_axes=None,
        kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None,
        bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
        bias_constraint=None, lora_rank=None, lora_alpha=None, gptq_unpacked_column_size=None,
        quantization_config=None, **kwargs,
    ):  # fmt: skip
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if lora_rank is not None or lora_alpha is not None or quantization_config is not None:
            raise ValueError("EinsumDense: keraslite has no LoRA or quantization yet.")
        self.equation = equation
        self._input_axes, self._kernel_axes, self._output_axes = parse_equation(equation, self.name)
        shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self.partial_output_shape = shape
        self.activation = activations.get(activation)
        self.bias_axes: Any = bias_axes
        self._keep_settings(locals())
        self.bias = None

    def build(self, input_shape):
        sizes = self._sizes(input_shape)
        shape = tuple(sizes[letter] for letter in self._kernel_axes)
        self.kernel = self._add("kernel", shape, initializer=self._initializer())
        if self.bias_axes is not None:
            self.bias = self._add("bias", self._bias_shape(sizes))
        self.input_spec = self._spec(sizes)
        self.built = True

    def _initializer(self):
        """The kernel's, told which of the kernel's axes are summed over."""
        if not isinstance(self.kernel_initializer, initializers.VarianceScaling):
            return self.kernel_initializer
        kept = [letter in self._output_axes for letter in self._kernel_axes]
        return self.kernel_initializer.along(
            tuple(i for i, k in enumerate(kept) if not k), tuple(i for i, k in enumerate(kept) if k)
        )

    def _spec(self, sizes):
        """What later inputs must have: the sizes of the axes that the kernel has too."""
        before, after = _around_ellipsis(self._input_axes)
        places = [*enumerate(before), *((i - len(after), n) for i, n in enumerate(after))]
        axes = {i: sizes[letter] for i, letter in places if letter in self._kernel_axes}
        ndim = len(before) if "..." not in self._input_axes else None
        return InputSpec(ndim=ndim, min_ndim=len(before) + len(after), axes=axes)

    def _sizes(self, input_shape):
        """{letter: size}, from the input's shape and the output's given sizes."""
        before, after = _around_ellipsis(self._input_axes)
        if "..." not in self._input_axes and len(input_shape) != len(before):
            raise ValueError(
                f"EinsumDense {self.name!r}: {self.equation!r} takes inputs of rank {len(before)},"
                f" found shape {tuple(input_shape)}."
            )
        sizes = dict(zip(before, input_shape))
        if after:
            sizes.update(zip(after, input_shape[-len(after) :]))
        letters = self._output_axes.replace("...", "")
        letters = letters[-len(self.partial_output_shape) :]
        for letter, size in zip(letters, self.partial_output_shape):
            if size is not None:
                if letter in self._input_axes and sizes.get(letter) not in (None, size):
                    raise ValueError(
                        f"EinsumDense {self.name!r}: axis {letter!r} has size {sizes[letter]} in"
                        f" the input and {size} in output_shape."
                    )
                sizes[letter] = size
        missing = [letter for letter in self._kernel_axes if sizes.get(letter) is None]
        if missing:
            raise ValueError(
                f"EinsumDense {self.name!r}: the sizes of the kernel's axes {missing} are known"
                f" neither from the input {tuple(input_shape)} nor from output_shape"
                f" {self.partial_output_shape}."
            )
        return sizes

    def _bias_shape(self, sizes):
        """Sizes of the bias's axes, 1 for those between them that it lacks."""
        letters = self._output_axes.replace("...", "")
        unknown = [letter for letter in self.bias_axes if letter not in letters]
        if unknown:
            raise ValueError(
                f"EinsumDense {self.name!r}: bias_axes {unknown} are not among the output's axes"
                f" {letters!r}."
            )
        first = min(letters.index(letter) for letter in self.bias_axes)
        return tuple(sizes[n] if n in self.bias_axes else 1 for n in letters[first:])

    @functools.cached_property
    def _summed(self):
        """Number of the input's last axes that are summed over, if that makes a `dense`; else 0.

        It does if the kernel's axes are these and then the output's last ones, as in
        "abc,cde->abde", and the bias has all of the latter or there is none.
        """
        kept = "".join(c for c in self._input_axes if c not in self._kernel_axes)
        summed = self._input_axes.removeprefix(kept)
        added = self._kernel_axes.removeprefix(summed)
        fits = (self._input_axes, self._kernel_axes, self._output_axes) == (
            kept + summed, summed + added, kept + added
        )  # fmt: skip
        return len(summed) if fits and self.bias_axes in (None, added) else 0

    def call(self, inputs, training=None):
        if self._summed:
            outputs = self._as_dense(inputs)
        else:
            outputs = ops.einsum(self.equation, inputs, self.kernel)
            if self.bias is not None:
                outputs = outputs + self.bias.value
        return outputs if self.activation is activations.linear else self.activation(outputs)

    def _as_dense(self, inputs):
        backend, count = context.backend, self._summed
        kept = backend.shape(inputs)[:-count]
        summed, added = self.kernel.shape[:count], self.kernel.shape[count:]
        if count > 1:
            inputs = backend.reshape(inputs, (*kept, math.prod(summed)))
        kernel = backend.reshape(self.kernel.value, (math.prod(summed), math.prod(added)))
        bias = None if self.bias is None else backend.reshape(self.bias.value, (-1,))
        return backend.reshape(backend.dense(inputs, kernel, bias), (*kept, *added))

    def compute_output_shape(self, input_shape):
        sizes = self._sizes(input_shape)
        before, after = _around_ellipsis(self._output_axes)
        shape = [sizes.get(letter) for letter in before]
        if "..." in self._output_axes:
            start, end = _around_ellipsis(self._input_axes)
            shape += list(input_shape[len(start) : len(input_shape) - len(end)])
        return tuple(shape + [sizes.get(letter) for letter in after])

    def get_config(self):
        return {
            **super().get_config(),
            "equation": self.equation,
            "output_shape": self.partial_output_shape,
            "activation": activations.serialize(self.activation),
            "bias_axes": self.bias_axes,
            **self._settings_config(),
        }


def parse_equation(equation, name):
    """("ab", "bc", "ac") of "ab,bc->ac"; ValueError if it is not of that form."""
    left, arrow, output = str(equation).replace(" ", "").partition("->")
    operands = left.split(",")
    if not arrow or len(operands) != 2 or "..." in operands[1]:
        raise ValueError(
            f"EinsumDense {name!r}: equation must have the form 'ab,bc->ac', found {equation!r}."
        )
    return operands[0], operands[1], output


def _around_ellipsis(letters):
    before, _, after = letters.partition("...")
    return before, after
