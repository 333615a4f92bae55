"""value_and_grad of the NumPy engine: nesting, strays, errors, custom gradients."""

import threading
import warnings

import numpy as np
import pytest
from keraslite_numpy.tape import TAPE, Traced

from keraslite.backend import get_backend

B = get_backend("numpy")


def grad(fn):
    """Gradient of a function of one array."""
    return lambda x: B.value_and_grad(lambda xs: fn(xs[0]))([x])[1][0]


def test_inference_records_nothing():
    y = B.dense(np.ones((2, 3)), np.ones((3, 4)), np.ones(4))
    assert type(y) is np.ndarray and TAPE.entries == [] and TAPE.depth == 0


def test_value_aux_and_gradients_are_plain():
    def fn(xs, scale):
        y = xs[0] * scale
        return B.sum(y), {"y": y, "none": None, "n": 3}

    (value, aux), (g,) = B.value_and_grad(fn, has_aux=True)([np.ones(3)], 2.0)
    assert [type(a) for a in (value, aux["y"], g)] == [np.ndarray] * 3
    assert value.shape == () and value == 6 and aux["y"].tolist() == [2, 2, 2]
    assert aux["none"] is None and aux["n"] == 3
    assert TAPE.entries == []


def test_unconnected_inputs_get_zeros():
    a, b = np.ones(2, "float32"), np.ones((2, 3))
    _, (da, db) = B.value_and_grad(lambda xs: B.sum(xs[0]))([a, b])
    assert da.tolist() == [1, 1] and db.shape == (2, 3) and not db.any()
    value, (da,) = B.value_and_grad(lambda xs: np.array(3.0))([a])
    assert value == 3 and not da.any() and da.dtype == np.float32


def test_an_input_that_is_the_value():
    value, (g,) = B.value_and_grad(lambda xs: xs[0])([np.array(2.0)])
    assert value == 2 and g == 1


def test_gradients_can_be_written_to():
    x = np.ones(1 << 15)
    for fn in (lambda x: B.sum(x), lambda x: B.sum(B.broadcast_to(x, (2, len(x))))):
        g = grad(fn)(x)
        g += 1
        assert x[0] == 1


@pytest.mark.parametrize("value", [np.ones(2), np.ones((1,))])
def test_value_must_be_a_scalar(value):
    with pytest.raises(ValueError, match=r"scalar.*shape \(\d,\)"):
        B.value_and_grad(lambda xs: xs[0] * 1)([value])
    assert TAPE.depth == 0 and TAPE.entries == []


def test_an_exception_restores_the_tape():
    def inner_fails(x):
        with pytest.raises(ZeroDivisionError):
            grad(lambda y: y * (1 / 0))(x)
        return B.sum(x * x)

    assert grad(inner_fails)(np.ones(2)).tolist() == [2, 2]
    assert TAPE.depth == 0 and TAPE.entries == []


@pytest.mark.parametrize("order, expected", [(1, 5 * 16), (2, 20 * 8), (3, 60 * 4), (4, 120 * 2)])
def test_higher_orders(order, expected):
    fn = lambda x: x**5
    for _ in range(order):
        fn = grad(fn)
    assert fn(np.array(2.0)) == pytest.approx(expected)


def test_third_order_of_tanh():
    x = 0.3
    t = np.tanh(x)
    third = grad(grad(grad(lambda x: B.tanh(x))))(np.array(x))
    assert third == pytest.approx(-2 * (1 - t * t) * (1 - 3 * t * t), rel=1e-12)


def test_inner_gradient_does_not_see_the_outer_variable():
    """d/dx of x * d/dy (x + y) = 1: the classic check for confused perturbations."""
    assert grad(lambda x: x * grad(lambda y: x + y)(np.array(1.0)))(np.array(1.0)) == 1


def test_mixed_partial_derivatives():
    def inner(xs):
        return grad(lambda y: B.sum(B.sin(xs[0]) * y**3))(xs[1])

    _, (dx, dy) = B.value_and_grad(lambda xs: B.sum(inner(xs)))([np.array([0.5]), np.array([2.0])])
    assert dx == pytest.approx(np.cos(0.5) * 12) and dy == pytest.approx(np.sin(0.5) * 12)


def test_gradient_penalty_trains_through_fused_layers():
    """A penalty on the input gradient of a convolutional network, against finite differences."""
    x = np.random.default_rng(0).standard_normal((2, 6, 6, 1))
    w = np.random.default_rng(1).standard_normal((3, 3, 1, 2))

    def penalty(w):
        def score(x):
            y = B.max_pool(B.conv(x, w, (1, 1), "same", (1, 1), 1), (2, 2), (2, 2), "valid")
            y, *_ = B.batch_normalization_train(y, -1, None, None, 1e-3)
            return B.sum(B.tanh(B.layer_normalization(y, None, None, (-1,), 1e-3)))

        return B.sum(B.square(grad(score)(x)))

    direction = np.cos(np.arange(18.0)).reshape(w.shape)
    step = 1e-6
    numeric = (penalty(w + step * direction) - penalty(w - step * direction)) / (2 * step)
    assert np.sum(grad(penalty)(w) * direction) == pytest.approx(numeric, rel=1e-5)


def test_stop_gradient():
    assert grad(lambda x: x * B.stop_gradient(x))(np.array(3.0)) == 3
    nested = grad(lambda x: grad(lambda y: y * y * B.stop_gradient(y))(x))
    assert nested(np.array(3.0)) == 6


def test_arrays_kept_from_an_earlier_call_are_constants():
    kept = []
    grad(lambda x: kept.append(x * x) or B.sum(x))(np.array([2.0]))
    assert type(kept[0]) is Traced
    g = grad(lambda x: B.sum(x * kept[0]))(np.array([5.0]))
    assert g.tolist() == [4]
    second = grad(lambda x: B.sum(grad(lambda y: B.sum(y * y * kept[0]))(x)))(np.array([5.0]))
    assert second.tolist() == [8]


def test_custom_gradient():
    clipped = B.custom_gradient(lambda x: (x * x, lambda g: B.minimum(g * 2 * x, 1.0)))
    assert clipped(np.array(3.0)) == 9
    assert grad(clipped)(np.array(3.0)) == 1
    assert grad(clipped)(np.array(0.25)) == 0.5
    assert grad(grad(clipped))(np.array(0.25)) == 2
    assert grad(grad(clipped))(np.array(3.0)) == 0

    product = B.custom_gradient(lambda x, y: (x * y, lambda g: (10 * g * y, 20 * g * x)))
    _, gs = B.value_and_grad(lambda xs: product(*xs))([np.array(2.0), np.array(3.0)])
    assert gs == [30, 40]


def test_custom_gradient_closing_over_a_traced_array():
    def fn(xs):
        scaled = B.custom_gradient(lambda x: (x * 1, lambda g: g * xs[1]))
        return scaled(xs[0])

    _, (dx, dy) = B.value_and_grad(fn)([np.array(2.0), np.array(7.0)])
    assert (dx, dy) == (7, 0) and type(dx) is np.ndarray


def test_threads_have_tapes_of_their_own():
    results = {}

    def work(n):
        results[n] = grad(lambda x: B.sum(x * x * n))(np.full(100, 1.0))[0]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == {n: 2 * n for n in range(8)}


def test_floating_point_flags_are_silent_and_the_setting_is_left_alone():
    before = np.geterr()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert B.log(np.array([0.0])) == -np.inf
        assert B.divide(np.array([1.0]), np.array([0.0])) == np.inf
        assert B.exp(np.array([1e4], "float32")) == np.inf
        assert np.isnan(grad(lambda x: B.sum(B.sqrt(x) * 0 / x))(np.zeros(1))).all()
        assert B.multiply(np.array(2**31 - 1, "int32"), 2).dtype == np.int32
        assert B.fold_in(np.array([2**31 - 1, -5], "int32"), 2**31 - 1).dtype == np.int32
    assert np.geterr() == before


def test_results_are_arrays_never_scalars():
    for y in (
        B.sum(np.ones(3)), B.max(np.ones(3)), B.getitem(np.ones(3), 0), B.add(np.array(1.0), 1),
        B.argmax(np.ones(3), 0), B.matmul(np.ones(3), np.ones(3)), B.erf(np.array(1.0)),
        B.all(np.ones(3, bool)), B.cast(np.float32(1), "float64"), B.mean(np.ones(3)),
        B.take(np.ones(3), np.array(1), 0), B.einsum("i->", np.ones(3)),
    ):  # fmt: skip
        assert type(y) is np.ndarray and y.shape == ()


def test_embedding_gradient_adds_up_repeated_rows():
    table, ids = np.zeros((5, 3), "float32"), np.array([[1, 4], [1, -1]])
    g = grad(lambda t: B.sum(B.take(t, ids, 0) * np.arange(12.0, dtype="f").reshape(2, 2, 3)))
    assert g(table).tolist() == [[0] * 3, [6, 8, 10], [0] * 3, [0] * 3, [12, 14, 16]]


def test_assign_copies_and_updates_are_in_place():
    value = np.ones(3, "float32")
    handle = B.make_variable(value, True)
    assert handle is not value and not np.shares_memory(handle, value)
    new = B.assign(handle, value)
    assert not np.shares_memory(new, value)
    [[updated]] = B.update_sgd([np.ones(3, "float32")], [handle], 0.5)
    assert updated is handle and handle.tolist() == [0.5] * 3 and value.tolist() == [1] * 3
    assert not np.shares_memory(B.to_numpy(handle), handle)


def test_updates_of_a_transposed_value():
    handle = B.make_variable(np.arange(6.0).reshape(2, 3).T, True)
    large = B.assign(handle, np.zeros((200, 300)).T)
    for h in (handle, large):
        before = h.copy()
        B.update_sgd([np.ones(h.shape[::-1]).T], [h], 1.0)
        np.testing.assert_array_equal(h, before - 1)


def test_an_update_inside_a_gradient_spares_what_the_tape_holds():
    w = np.array([3.0])

    def loss(xs):
        y = B.square(xs[0])
        (new,), = B.update_sgd([xs[0]], [xs[0]], 0.5)  # fmt: skip
        assert new == 1.5
        return B.sum(y)

    _, (g,) = B.value_and_grad(loss)([w])
    assert g == 6 and w == 3
