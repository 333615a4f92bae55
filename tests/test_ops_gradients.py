"""`value_and_grad`, `custom_gradient`, `stop_gradient` of keraslite.ops on the active engine."""

import numpy as np
import pytest

import keraslite
from keraslite import ops
from keraslite.backend.context import context
from keraslite.core.keras_tensor import KerasTensor


def numbers(x):
    return np.asarray(ops.convert_to_numpy(x)).tolist()


def test_value_and_gradients_of_a_nest():
    def fn(tree, factor, power=2.0):
        return factor * ops.sum(tree["w"][0] ** power) + tree["b"]

    tree = {"w": [np.array([1.0, 2.0], "float32")], "b": ops.convert_to_tensor(3.0)}
    value, grads = ops.value_and_grad(fn)(tree, 10.0, power=3.0)
    assert numbers(value) == 93.0
    assert set(grads) == {"w", "b"} and isinstance(grads["w"], list)
    assert numbers(grads["w"][0]) == [30.0, 120.0]
    assert numbers(grads["b"]) == 1.0


def test_aux_is_returned_beside_the_value():
    fn = lambda x: (ops.sum(x * x), {"double": 2 * x, "none": None})
    (value, aux), grad = ops.value_and_grad(fn, has_aux=True)(np.ones(2, "float32"))
    assert numbers(value) == 2.0
    assert numbers(aux["double"]) == [2.0, 2.0] and aux["none"] is None
    assert numbers(grad) == [2.0, 2.0]


def test_gradient_of_what_is_not_used_is_zero():
    _, (first, second) = ops.value_and_grad(lambda p: ops.sum(p[0]))(
        [np.ones(2, "float32"), np.ones((2, 3), "float32")]
    )
    assert numbers(first) == [1.0, 1.0]
    assert numbers(second) == np.zeros((2, 3)).tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_keep_the_dtype(dtype):
    _, grad = ops.value_and_grad(lambda x: ops.mean(ops.exp(x)))(np.zeros(4, dtype))
    assert ops.dtype(grad) == dtype


def test_second_order():
    inner = ops.value_and_grad(lambda x: ops.sum(x**3))
    outer = ops.value_and_grad(lambda x: ops.sum(inner(x)[1] ** 2))
    value, grad = outer(np.array([1.0, 2.0], "float32"))
    assert numbers(value) == pytest.approx(9.0 + 144.0)  # (3 x^2)^2
    assert numbers(grad) == pytest.approx([36.0, 288.0])  # 36 x^3


def test_variables_are_read_as_traced_tensors():
    w = keraslite.Variable([1.0, 2.0], name="w")
    frozen = keraslite.Variable([10.0, 10.0], name="frozen")

    def loss(variables, x):
        assert variables[0] is w
        return ops.sum(w * w * frozen) + ops.sum(ops.multiply(w, x))

    handle = w._value
    value, grads = ops.value_and_grad(loss)([w], np.array([1.0, 1.0], "float32"))
    assert numbers(value) == 53.0
    assert numbers(grads[0]) == [21.0, 41.0]
    assert w._value is handle


def test_second_order_of_a_variable():
    w = keraslite.Variable(3.0)
    inner = ops.value_and_grad(lambda v: w**3)
    _, grad = ops.value_and_grad(lambda v: inner(v)[1])(w)
    assert numbers(grad) == pytest.approx(18.0)  # 6 w


def test_other_variables_may_be_assigned():
    w = keraslite.Variable([1.0, 2.0])
    total = keraslite.Variable([0.0, 0.0], trainable=False)
    calls = keraslite.Variable(0, dtype="int32", trainable=False)

    def loss(_):
        total.assign(total + 2 * w)
        total.assign_add([1.0, 1.0])
        calls.assign_add(1)
        return ops.sum(w * total)

    value, grads = ops.value_and_grad(loss)(w)
    assert numbers(value) == 13.0
    assert numbers(grads) == [3.0, 5.0]  # no gradient flows through what was assigned
    assert total.numpy().tolist() == [3.0, 5.0] and int(calls) == 1
    ops.value_and_grad(loss)(w)
    assert total.numpy().tolist() == [6.0, 10.0] and int(calls) == 2
    assert context.assignments is None


def test_assignments_in_a_nested_call_last():
    count = keraslite.Variable(0.0, trainable=False)

    def inner(x):
        count.assign_add(1.0)
        return x * x

    outer = lambda x: ops.value_and_grad(inner)(x)[1] * x
    value, grad = ops.value_and_grad(outer)(3.0)
    assert numbers(value) == 18.0 and numbers(grad) == pytest.approx(12.0)
    assert float(count) == 1.0
    assert context.assignments is None


def test_assigning_what_is_differentiated_is_refused():
    w = keraslite.Variable([1.0, 2.0], name="kernel")

    def loss(_):
        w.assign([5.0, 5.0])
        return ops.sum(w)

    with pytest.raises(ValueError, match="variable 'kernel' is assigned"):
        ops.value_and_grad(loss)([w])
    assert w.numpy().tolist() == [1.0, 2.0]

    nested = lambda x: ops.value_and_grad(loss_of_other)(x)[1]
    loss_of_other = lambda x: x * ops.sum(w.assign([3.0, 3.0]))
    with pytest.raises(ValueError, match="variable 'kernel' is assigned"):
        ops.value_and_grad(lambda v: nested(1.0))([w])
    assert w.numpy().tolist() == [1.0, 2.0]


def test_an_exception_puts_everything_back():
    w = keraslite.Variable([1.0, 2.0])
    before = w._value

    def loss(_):
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        ops.value_and_grad(loss)([w])
    assert w._value is before and context.assignments is None
    value, _ = ops.value_and_grad(lambda _: ops.sum(w * w))([w])
    assert numbers(value) == 5.0


@pytest.mark.parametrize(
    ("fn", "tree", "message"),
    [
        (lambda x: ops.sum(x), np.ones(2, "int32"), "leaf 0 of the first argument has dtype int32"),
        (lambda p: ops.sum(p[1]), [1.0, True], "leaf 1 of the first argument has dtype bool"),
        (lambda x: x, np.ones((2, 3), "float32"), r"float scalar, found float32 of shape \(2, 3\)"),
        (lambda x: ops.argmax(x), np.ones(3, "float32"), r"float scalar, found int32"),
        (lambda x: ops.sum(x), KerasTensor((3,)), "KerasTensors have no values"),
    ],
)
def test_errors(fn, tree, message):
    with pytest.raises(ValueError, match=message):
        ops.value_and_grad(fn)(tree)


def test_errors_of_aux_and_of_variables():
    with pytest.raises(ValueError, match=r"must return \(value, aux\), found"):
        ops.value_and_grad(lambda x: x, has_aux=True)(1.0)
    counter = keraslite.Variable(0, dtype="int32", name="counter")
    with pytest.raises(ValueError, match="variable 'counter' of the first argument has dtype int"):
        ops.value_and_grad(lambda v: ops.sum(v))([counter])
    w = keraslite.Variable(1.0)
    with pytest.raises(ValueError, match="twice"):
        ops.value_and_grad(lambda v: ops.sum(w))([w, w])


def test_stop_gradient():
    _, grad = ops.value_and_grad(lambda x: ops.sum(x * ops.stop_gradient(x * x)))(
        np.array([2.0, 3.0], "float32")
    )
    assert numbers(grad) == [4.0, 9.0]


def test_custom_gradient():
    @ops.custom_gradient
    def product(x, y):
        return x * y, lambda upstream: (upstream * 100.0, upstream * y)

    tree = np.array([1.0, 2.0], "float32"), np.array([3.0, 4.0], "float32")
    value, (first, second) = ops.value_and_grad(lambda p: ops.sum(2 * product(*p)))(tree)
    assert numbers(value) == 22.0
    assert numbers(first) == [200.0, 200.0]
    assert numbers(second) == [6.0, 8.0]
    assert product.__name__ == "product"


def test_custom_gradient_in_kerass_portable_form():
    @ops.custom_gradient
    def log1p_exp(x):
        e = ops.exp(x)

        def grad(*args, upstream=None):
            if upstream is None:
                (upstream,) = args
            return ops.multiply(upstream, 1.0 - 1.0 / ops.add(1, e))

        return ops.log(1 + e), grad

    value, grad = ops.value_and_grad(lambda x: ops.sum(log1p_exp(x)))(np.array([0.0, 1.0]))
    assert numbers(value) == pytest.approx(np.log(2) + np.log1p(np.e))
    assert numbers(grad) == pytest.approx([0.5, 1 / (1 + np.exp(-1))])


def test_custom_gradient_of_a_symbolic_tensor():
    double = ops.custom_gradient(lambda x: (x * 2, lambda upstream: upstream))
    y = double(KerasTensor((None, 3)))
    assert y.shape == (None, 3) and y._node is not None


def test_control_flow_is_differentiable():
    xs = np.array([1.0, 2.0, 3.0], "float32")
    product = lambda xs: ops.scan(lambda c, x: (c * x, None), ops.ones(()), xs)[0]
    value, grad = ops.value_and_grad(product)(xs)
    assert numbers(value) == 6.0
    assert numbers(grad) == [6.0, 3.0, 2.0]
    powers = lambda x: ops.sum(ops.associative_scan(ops.multiply, x))
    _, grad = ops.value_and_grad(powers)(xs)
    assert numbers(grad) == [9.0, 4.0, 2.0]


@pytest.mark.parametrize(
    ("fn", "expected"),
    [
        (lambda x: ops.segment_max(x, [0, 0, 1, 1], 2), [0.0, 1.0, 0.0, 1.0]),
        (lambda x: ops.segment_prod(x, [0, 0, 1, 1], 2), [3.0, 1.0, 4.0, 2.0]),
        (lambda x: ops.scatter_update(x, [[0]], [9.0]), [0.0, 1.0, 1.0, 1.0]),
        (lambda x: ops.slice_update(x, [1], [9.0, 9.0]), [1.0, 0.0, 0.0, 1.0]),
        (lambda x: ops.slice(x, [1], [2]), [0.0, 1.0, 1.0, 0.0]),
        (lambda x: ops.clip(x, 2.0, 3.0), [0.0, 1.0, 1.0, 0.0]),
        (lambda x: ops.median(x), [0.0, 0.5, 0.5, 0.0]),
        (lambda x: ops.pad(x, 1, "reflect"), [1.0, 2.0, 2.0, 1.0]),
        (lambda x: ops.normalize(0 * x), [0.0, 0.0, 0.0, 0.0]),
        (lambda x: ops.divide_no_nan(x, 0.0), [0.0, 0.0, 0.0, 0.0]),
    ],
)
def test_gradients_of_composed_functions(fn, expected):
    x = np.array([1.0, 3.0, 2.0, 4.0], "float32")
    _, grad = ops.value_and_grad(lambda x: ops.sum(fn(x)))(x)
    assert numbers(grad) == pytest.approx(expected)
