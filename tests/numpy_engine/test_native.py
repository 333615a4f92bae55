"""Plain NumPy code on arrays that a gradient is taken through."""

import copy

import numpy as np
import pytest

from keraslite.backend import get_backend

B = get_backend("numpy")
X = np.random.default_rng(0).uniform(0.2, 1.5, (3, 4))
Y = np.random.default_rng(1).uniform(0.2, 1.5, (3, 4))

NATIVE = {
    "squared error": lambda x: ((Y - x) ** 2).sum(),
    "operators": lambda x: (1 - x / Y + 2 * -x - Y * abs(x) + x // 1 + x % 0.3 + 2.0**x).sum(),
    "np.mean square": lambda x: np.mean(np.square(Y - x)),
    "in place": lambda x: _in_place(x),
    "matmul": lambda x: (x @ Y.T).sum() + (Y.T @ x).mean() + np.matmul(x, Y.T).max(),
    "ufuncs": lambda x: np.sum(np.log(x) + np.exp(x) * np.sin(x) + np.maximum(x, Y) + np.sqrt(x)),
    "methods": lambda x: x.mean(axis=0).max() + x.reshape(4, 3).T.sum(1)[1] + x.ravel()[2],
    "more methods": lambda x: (x.transpose(1, 0) * x.swapaxes(0, 1)).prod(axis=1).sum() + x.min(),
    "dot": lambda x: x.dot(Y.T).clip(0.5, 2.0).sum() + np.dot(Y[0], x[0]) + x.var(),
    "functions": lambda x: np.sum(np.concatenate([x, Y]) * np.stack([x, Y], 1).reshape(6, 4)),
    "more functions": lambda x: np.where(Y > 1, x, 0.0).sum() + np.clip(x, 0.5, 1.0).sum(),
    "products": lambda x: np.linalg.norm(x) + np.einsum("ij,ij->", x, Y) + np.sum(x.T, 0)[1],
    "reductions": lambda x: np.add.reduce(x, axis=None) + np.max(x) * np.min(x) + np.std(x[:, 0]),
    "indexing": lambda x: x[1:, ::2].sum() + x[..., 0].sum() + x[[0, 0, 2]].sum() + x[Y > 1].sum(),
    "iteration": lambda x: sum(row.sum() * i for i, row in enumerate(x)),
    "numpy scalar": lambda x: (np.float64(2) * x + np.float64(1)).sum(),
    "integers": lambda x: (x * np.arange(4)).sum(),
    "lists": lambda x: (x * [1.0, 2.0, 3.0, 4.0]).sum(),
    "flat functions": lambda x: np.cumsum(x)[5] + np.expand_dims(x, 0).squeeze(0).sum(),
    "ops of lists": lambda x: B.sum(B.asarray([x[0, 0], x[1, 1] * 2, 1.0])),
}  # fmt: skip


def _in_place(x):
    total = x
    total += x * 2
    total *= Y
    total -= 1
    total /= 3
    return total.sum()


@pytest.mark.parametrize("fn", NATIVE.values(), ids=NATIVE)
def test_gradient(fn):
    before = X.copy()
    value, (g,) = B.value_and_grad(lambda xs: B.asarray(fn(xs[0])))([X])
    direction = np.cos(np.arange(12.0)).reshape(X.shape)
    step = 1e-6
    numeric = (fn(X + step * direction) - fn(X - step * direction)) / (2 * step)
    assert value == pytest.approx(fn(X.copy()), rel=1e-12)
    assert np.sum(g * direction) == pytest.approx(numeric, rel=1e-5)
    assert g.dtype == X.dtype and (before == X).all()


def test_astype():
    x = np.array([1.5, 2.5])
    _, (g,) = B.value_and_grad(lambda xs: (xs[0].astype("float32") * 3).astype("float64").sum())(
        [x]
    )
    assert g.tolist() == [3, 3] and g.dtype == np.float64


def test_mixed_dtypes_promote_as_numpy_does_and_gradients_keep_theirs():
    x = np.ones(3, "float32")

    def loss(xs):
        y = np.arange(3.0) - xs[0]
        assert y.dtype == np.float64
        return np.mean(y**2)

    _, (g,) = B.value_and_grad(loss)([x])
    assert g.dtype == np.float32
    np.testing.assert_allclose(g, [2 / 3, 0, -2 / 3], atol=1e-7)


REFUSED = {
    "numpy.cbrt": np.cbrt,
    "numpy.hypot": lambda x: np.hypot(x, x),
    "numpy.percentile": lambda x: np.percentile(x, 50),
    "numpy.add.accumulate": lambda x: np.add.accumulate(x),
    "numpy.add with out=": lambda x: np.add(x, 1, out=np.ones_like(X)),
    "numpy.ndarray.partition": lambda x: x.partition(2),
    "numpy.ndarray.diagonal": lambda x: x.diagonal(),
    "numpy.linalg.det": lambda x: np.linalg.det(x[:, :3]),
    "numpy.linalg.norm with ord=1": lambda x: np.linalg.norm(x, 1),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_gradient_is_refused_by_name(name):
    with pytest.raises(TypeError, match=f"(?s){name}.*keraslite.ops"):
        B.value_and_grad(lambda xs: B.sum(REFUSED[name](xs[0])))([X])


def test_every_array_method_is_routed_reads_or_is_refused():
    """No method may return an array that has silently lost its place on the tape."""

    def loss(xs):
        x = xs[0]
        for name in dir(np.ndarray):
            method = getattr(type(x), name)
            if not name.startswith("_") and callable(method) and name != "view":
                assert method is not getattr(np.ndarray, name), name
        return B.sum(x)

    B.value_and_grad(loss)([X])


def test_writing_is_refused():
    def loss(xs):
        with pytest.raises(TypeError, match=r"cannot be written to.*where"):
            xs[0][0] = 1.0
        return B.sum(xs[0])

    B.value_and_grad(loss)([X])


def test_reading_values():
    def loss(xs):
        x = xs[0]
        total = x.sum()
        assert float(total) == pytest.approx(X.sum()) and total.item() == pytest.approx(X.sum())
        assert x.shape == (3, 4) and np.shape(x) == (3, 4) and len(x) == 3 and x.tolist()
        assert (x > 1).dtype == bool and type(x > 1) is np.ndarray and bool(total > 0)
        assert np.allclose(x, X) and np.zeros_like(x).sum() == 0 and np.argmax(x) == X.argmax()
        assert "Traced" in repr(x) and f"{total:.3f}" == f"{X.sum():.3f}"
        assert copy.deepcopy(x) is x and type(np.round(x, 1)) is np.ndarray
        return total

    B.value_and_grad(loss)([X])


def test_foreign_operands_answer_for_themselves():
    class Variable:
        __array_priority__ = 1000

        def __radd__(self, other):
            return other * 3

    _, (g,) = B.value_and_grad(lambda xs: (xs[0] + Variable()).sum())([X])
    assert (g == 3).all()
