"""Initializers that scale by numbers of connections: which axes of a weight they count."""

import numpy as np
import pytest

import keraslite as keras
from keraslite import initializers, layers


def fan_sum(values):
    """fan_in + fan_out, from the limit of draws of GlorotUniform."""
    return 6 / float(np.max(np.abs(keras.ops.convert_to_numpy(values)))) ** 2


@pytest.mark.parametrize(
    ("axes", "wanted"),
    [
        ((None, None), 64 * 4 + 64 * 16),
        (((0,), (1, 2)), 64 + 4 * 16),
        (((0, 1), (2,)), 64 * 4 + 16),
        (((0,), None), 64 * 4 + 64 * 16),
    ],
)
def test_axes_of_inputs_and_outputs(axes, wanted):
    initializer = initializers.GlorotUniform(1, *axes)
    assert fan_sum(initializer((64, 4, 16))) == pytest.approx(wanted, rel=0.01)
    config = initializers.serialize(initializer)
    copy = initializers.get(config)
    assert initializers.serialize(copy) == config
    assert fan_sum(copy((64, 4, 16))) == fan_sum(initializer((64, 4, 16)))


@pytest.mark.parametrize(
    ("equation", "output_shape", "wanted"),
    [  # what Keras 3.15.1 draws
        ("abc,cde->abde", (None, 10, 20), 40 + 200),
        ("abc,bcd->abd", (50, 30), 40 + 50 * 30),
        ("abc,bd->adc", (30, 40), 50 + 30),
        ("abc,bc->abc", (50, 40), 1 + 50 * 40),
    ],
)
def test_kernels_of_einsums(equation, output_shape, wanted):
    layer = layers.EinsumDense(equation, output_shape)
    layer.build((2, 50, 40))
    assert fan_sum(layer.kernel) == pytest.approx(wanted, rel=0.02)


def test_heads_of_attention():
    layer = layers.MultiHeadAttention(4, 16, value_dim=8)
    layer.build((None, 5, 64), (None, 5, 32))
    kernels = [v for v in layer.weights if v.name == "kernel"]
    assert [v.path.split("/")[-2] for v in kernels] == ["query", "key", "value", "attention_output"]
    for kernel, wanted in zip(kernels, (64 + 64, 32 + 64, 32 + 32, 32 + 64)):
        assert fan_sum(kernel) == pytest.approx(wanted, rel=0.02)


def test_other_initializers_are_left_alone():
    layer = layers.EinsumDense("ab,bc->ac", 3, kernel_initializer="ones")
    layer.build((None, 2))
    np.testing.assert_array_equal(layer.kernel.numpy(), np.ones((2, 3)))
