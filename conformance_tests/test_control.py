"""Loops and branches: values, gradients, and the edges of each."""

import numpy as np
import optree
import pytest

from keraslite import ops


def tensor(backend, values, dtype="float64"):
    return backend.asarray(np.asarray(values, dtype))


def arrays(backend, nest):
    return [backend.to_numpy(t) for t in nest]


def cumulative(backend, reverse, length):
    """A scan that carries a running sum and counts, and puts out both and the slice."""

    def run(start, xs):
        def step(carry, x):
            total, count = carry
            total = total * 0.5 + x[0] * x[1]
            return (total, count + 1), (total, x[0])

        carry = (start, backend.asarray(0, "int32"))
        return backend.scan(step, carry, xs, length, reverse)

    return run


def cumulative_reference(start, xs, reverse):
    total, totals = start, []
    order = range(len(xs[0]))
    for i in reversed(order) if reverse else order:
        total = total * 0.5 + xs[0][i] * xs[1][i]
        totals.append(total)
    return total, np.stack(totals[::-1] if reverse else totals)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("length", [None, 4])
def test_scan(reverse, length, backend):
    rng = np.random.default_rng(0)
    start, a, b = rng.normal(size=3), rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    run = cumulative(backend, reverse, length)
    carry, ys = run(tensor(backend, start), (tensor(backend, a), tensor(backend, b)))
    total, totals = cumulative_reference(start, (a, b), reverse)
    last, count = arrays(backend, carry)
    np.testing.assert_allclose(last, total, rtol=1e-12)
    assert count == 4 and count.dtype == np.int32
    assert isinstance(ys, tuple) and len(ys) == 2
    np.testing.assert_allclose(backend.to_numpy(ys[0]), totals, rtol=1e-12)
    np.testing.assert_array_equal(backend.to_numpy(ys[1]), a)


@pytest.mark.parametrize("reverse", [False, True])
def test_scan_is_differentiable_in_carry_slices_and_closure(reverse, backend):
    rng = np.random.default_rng(1)
    values = [rng.normal(size=2), rng.normal(size=(5, 2)), rng.normal(size=2)]
    weights = tensor(backend, rng.normal(size=(5, 2)))

    def loss(variables):
        start, xs, factor = variables

        def step(carry, x):
            new = backend.tanh(carry[0] * factor + x[0])
            return (new,), (new * new,)

        (last,), (ys,) = backend.scan(step, (start,), (xs,), None, reverse)
        return backend.sum(last) + backend.sum(ys * weights)

    def unrolled(variables):
        state, xs, factor = variables
        ys = [None] * 5
        for i in range(4, -1, -1) if reverse else range(5):
            state = backend.tanh(state * factor + backend.getitem(xs, i))
            ys[i] = state * state
        return backend.sum(state) + backend.sum(backend.stack(ys, 0) * weights)

    inputs = [tensor(backend, v) for v in values]
    value, gradients = backend.value_and_grad(loss)(inputs)
    expected, expected_gradients = backend.value_and_grad(unrolled)(inputs)
    np.testing.assert_allclose(backend.to_numpy(value), backend.to_numpy(expected), rtol=1e-12)
    for found, wanted in zip(gradients, expected_gradients):
        np.testing.assert_allclose(*arrays(backend, (found, wanted)), rtol=1e-10, atol=1e-14)


def test_scan_without_slices_runs_length_times(backend):
    def step(carry, x):
        assert x == ()
        return (carry[0] * 2,), ()

    (last,), ys = backend.scan(step, (tensor(backend, 1.0),), (), 10)
    assert backend.to_numpy(last) == 1024
    assert ys == ()


def test_scan_without_outputs_or_with_an_empty_carry(backend):
    xs = (tensor(backend, [1.0, 2.0]),)
    carry, (ys,) = backend.scan(lambda c, x: ((), (x[0] * 3,)), (), xs, None)
    assert carry == ()
    np.testing.assert_array_equal(backend.to_numpy(ys), [3, 6])
    (last,), none = backend.scan(lambda c, x: ((c[0] + x[0],), ()), (tensor(backend, 0.0),), xs, 2)
    assert backend.to_numpy(last) == 3 and none == ()


def test_while_loop(backend):
    condition = lambda i, x: backend.less(i, 5)
    body = lambda i, x: (i + 1, x * 2)
    carry = (tensor(backend, 0, "int32"), tensor(backend, [1.0, 3.0]))
    i, x = backend.while_loop(condition, body, carry)
    assert backend.to_numpy(i) == 5 and backend.dtype(i) == "int32"
    np.testing.assert_array_equal(backend.to_numpy(x), [32, 96])


def test_while_loop_stops_at_its_limit_or_does_not_start(backend):
    always = lambda i: backend.less(i, 1000)
    zero = tensor(backend, 0, "int32")
    (i,) = backend.while_loop(always, lambda i: (i + 1,), (zero,), limit=7)
    assert backend.to_numpy(i) == 7
    (i,) = backend.while_loop(lambda i: backend.less(i, 0), lambda i: (i + 1,), (zero,))
    assert backend.to_numpy(i) == 0


@pytest.mark.parametrize("holds", [True, False])
def test_cond(holds, backend):
    predicate = tensor(backend, holds, "bool")
    x, y = tensor(backend, [1.0, 2.0]), tensor(backend, [3.0, 5.0])
    results = backend.cond(predicate, lambda a, b: (a + b, a), lambda a, b: (a - b, b), x, y)
    assert isinstance(results, tuple)
    first, second = arrays(backend, results)
    np.testing.assert_array_equal(first, [4, 7] if holds else [-2, -3])
    np.testing.assert_array_equal(second, [1, 2] if holds else [3, 5])


@pytest.mark.parametrize("holds", [True, False])
def test_cond_is_differentiable_in_operands_and_closure(holds, backend):
    def loss(variables):
        x, factor = variables
        predicate = backend.less(backend.sum(x), 100.0 if holds else -100.0)
        (y,) = backend.cond(predicate, lambda a: (a * a * factor,), lambda a: (a + a,), x)
        return backend.sum(y)

    inputs = [tensor(backend, [1.0, -2.0]), tensor(backend, 3.0)]
    _, gradients = backend.value_and_grad(loss)(inputs)
    x, factor = arrays(backend, gradients)
    np.testing.assert_array_equal(x, [6, -12] if holds else [2, 2])
    assert factor == (5 if holds else 0)


def test_cond_runs_the_branch_that_is_not_taken_on_no_values(backend):
    """log(0) in the other branch must not turn the gradient into NaN."""

    def loss(variables):
        predicate = backend.less(0.0 * backend.sum(variables[0]), 1.0)
        (y,) = backend.cond(predicate, lambda a: (a * 2,), lambda a: (backend.log(a),), *variables)
        return backend.sum(y)

    _, (gradient,) = backend.value_and_grad(loss)([tensor(backend, [0.0, 1.0])])
    np.testing.assert_array_equal(backend.to_numpy(gradient), [2, 2])


def test_vectorized_map(backend):
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(5, 3, 4)), rng.normal(size=(5, 4))

    def function(matrix, vector):
        return backend.matmul(matrix, vector), backend.sum(vector)

    results = backend.vectorized_map(function, (tensor(backend, a), tensor(backend, b)))
    assert isinstance(results, tuple)
    products, sums = arrays(backend, results)
    np.testing.assert_allclose(products, np.einsum("nij,nj->ni", a, b), rtol=1e-12)
    np.testing.assert_allclose(sums, b.sum(1), rtol=1e-12)


NESTS = [
    (lambda x: x * 2, lambda a, b: a, lambda a, b: a * 2),
    (lambda pair: pair[0] + pair[1], lambda a, b: (a, b), lambda a, b: a + b),
    (lambda pair: pair[0] + pair[1], lambda a, b: [a, b], lambda a, b: a + b),
    (lambda x: x["b"] - x["a"], lambda a, b: {"a": a, "b": b}, lambda a, b: b - a),
    (lambda x: {"y": x, "z": [x + 1]}, lambda a, b: a, lambda a, b: {"y": a, "z": [a + 1]}),
]


@pytest.mark.parametrize(("function", "nest", "wanted"), NESTS)
def test_public_vectorized_map_takes_and_gives_nests(function, nest, wanted, backend):
    a, b = np.arange(6.0).reshape(3, 2), np.ones((3, 2))
    found = ops.vectorized_map(function, nest(a, b))
    wanted = wanted(a, b)
    assert optree.tree_structure(found) == optree.tree_structure(wanted)
    for one, other in zip(optree.tree_leaves(found), optree.tree_leaves(wanted)):
        np.testing.assert_array_equal(backend.to_numpy(one), other)


def test_vectorized_map_is_differentiable(backend):
    x = np.random.default_rng(3).normal(size=(4, 3))
    factor = np.array([1.0, 2.0, 3.0])

    def loss(variables):
        function = lambda row: (backend.sum(row * row * variables[1]),)
        (y,) = backend.vectorized_map(function, (variables[0],))
        return backend.sum(y)

    _, gradients = backend.value_and_grad(loss)([tensor(backend, x), tensor(backend, factor)])
    first, second = arrays(backend, gradients)
    np.testing.assert_allclose(first, 2 * x * factor, rtol=1e-12)
    np.testing.assert_allclose(second, (x * x).sum(0), rtol=1e-12)
