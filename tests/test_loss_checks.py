"""What losses say about targets that do not fit, before training changes anything."""

import numpy as np
import pytest

from keraslite import losses, ops

MISFITS = [  # (loss, shape of y, shape of the output, part of the message)
    ("categorical_crossentropy", (8,), (None, 3), "use the loss sparse_categorical_crossentropy"),
    ("categorical_crossentropy", (8, 1), (None, 3), r"to_categorical\(y, 3\)"),
    ("categorical_crossentropy", (8, 4), (None, 3), r"shape \(batch, 4\)"),
    ("sparse_categorical_crossentropy", (8, 3), (None, 3), "use the loss categorical_crossentropy"),
    ("sparse_categorical_crossentropy", (8, 5), (None, 3), "needs integer labels"),
    ("sparse_categorical_crossentropy", (8,), (None, 7, 3), r"shape \(batch, 7\)"),
    ("mse", (8, 3), (None, 1), "last layer has 1 unit, y has 3 columns"),
    ("mse", (8,), (None, 3), r"mean_squared_error needs targets of shape \(batch, 3\)"),
    ("bce", (8, 2), (None, 1), "binary_crossentropy needs targets"),
    ("mae", (8, 5, 2), (None, 5), r"y has shape \(batch, 5, 2\)"),
]


@pytest.mark.parametrize(("name", "y", "output", "message"), MISFITS)
def test_targets_of_a_wrong_shape(name, y, output, message):
    with pytest.raises(ValueError, match=message):
        losses.as_loss(name).check_shapes(y, output, "the output")


@pytest.mark.parametrize(
    ("name", "y", "output"),
    [
        ("categorical_crossentropy", (8, 3), (None, 3)),
        ("sparse_categorical_crossentropy", (8,), (None, 3)),
        ("sparse_categorical_crossentropy", (8, 1), (None, 3)),
        ("sparse_categorical_crossentropy", (8, 7), (None, 7, 3)),
        ("sparse_categorical_crossentropy", (8, 7, 1), (None, 7, 3)),
        ("mse", (8,), (None, 1)),
        ("mse", (8, 1), (None,)),
        ("mse", (8, 5), (None, None)),
        ("bce", (8, 1), (None, 1)),
        ("categorical_crossentropy", (None, None), (None, 3)),
        (lambda y, p: p, (8, 3), (None, 1)),
    ],
)
def test_targets_that_fit(name, y, output):
    assert losses.as_loss(name).check_shapes(y, output, "the output") is None


def test_the_message_names_the_output():
    with pytest.raises(ValueError, match="for output 'age'"):
        losses.MeanSquaredError().check_shapes((8, 3), (None, 1), "output 'age'")


WRONG_VALUES = [  # (loss, y, units, part of the message)
    ("sparse_categorical_crossentropy", [0, 3], 3, r"\[0, 3\).*label 3.*3 units.*needs 4 units"),
    ("sparse_categorical_crossentropy", [-1, 2], 3, "label -1.*Number the classes from 0"),
    ("sparse_categorical_crossentropy", [0.5, 1.0], 3, "contains 0.5"),
    ("sparse_categorical_crossentropy", [0.0, np.nan], 3, "contains NaN"),
    ("sparse_categorical_crossentropy", [0, 1], 1, "one unit use binary_crossentropy"),
    ("binary_crossentropy", [0, 2], 1, r"in \[0, 1\], but y contains 2"),
    ("binary_crossentropy", [-1, 1], 1, "use the hinge loss"),
    ("binary_crossentropy", [0.0, np.nan], 1, "contains NaN"),
    ("BinaryFocalCrossentropy", [0.0, 1.5], 1, "contains 1.5"),
]


@pytest.mark.parametrize(("name", "y", "units", "message"), WRONG_VALUES)
def test_targets_out_of_range(name, y, units, message):
    with pytest.raises(ValueError, match=message):
        losses.as_loss(name).check_values(np.array(y), (None, units))


@pytest.mark.parametrize(
    ("loss", "y", "output"),
    [
        (losses.SparseCategoricalCrossentropy(), np.array([0, 2]), (None, 3)),
        (losses.SparseCategoricalCrossentropy(), np.array([[0.0], [2.0]]), (None, 3)),
        (losses.SparseCategoricalCrossentropy(), np.array([0, 99]), (None, None)),
        (losses.SparseCategoricalCrossentropy(ignore_class=-1), np.array([-1, 2]), (None, 3)),
        (losses.SparseCategoricalCrossentropy(ignore_class=-1), np.array([-1, -1]), (None, 3)),
        (losses.SparseCategoricalCrossentropy(axis=1), np.array([[4]]), (None, 5, 1)),
        (losses.BinaryCrossentropy(), np.array([True, False]), (None, 1)),
        (losses.BinaryCrossentropy(), np.array([0.2, 1.0]), (None, 1)),
        (losses.MeanSquaredError(), np.array([-5.0, 7.0]), (None, 1)),
    ],
)
def test_targets_in_range(loss, y, output):
    assert loss.check_values(y, output) is None


def test_values_on_a_device_are_not_fetched():
    y = ops.convert_to_tensor(np.array([7]))
    assert losses.SparseCategoricalCrossentropy().check_values([y], (None, 3)) is None
