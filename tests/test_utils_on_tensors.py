"""`to_categorical` and `normalize` of the active engine's own tensors."""

import numpy as np

from keraslite import ops, utils


def test_to_categorical_of_a_tensor_is_a_tensor():
    hot = utils.to_categorical(ops.convert_to_tensor([[0], [2]]))
    assert ops.is_tensor(hot)
    assert ops.convert_to_numpy(hot).tolist() == [[1, 0, 0], [0, 0, 1]]
    assert ops.shape(utils.to_categorical(ops.convert_to_tensor([1, 0]), 5)) == (2, 5)


def test_normalize_of_a_tensor_is_a_tensor():
    x = ops.convert_to_tensor([[3.0, 4.0], [0.0, 0.0]])
    rows, columns = utils.normalize(x), utils.normalize(x, axis=0, order=1)
    assert ops.is_tensor(rows)
    np.testing.assert_allclose(ops.convert_to_numpy(rows), [[0.6, 0.8], [0, 0]], rtol=1e-6)
    np.testing.assert_allclose(ops.convert_to_numpy(columns), [[1, 1], [0, 0]], rtol=1e-6)
