"""Any shapes: Hypothesis draws shapes, axes and keys for functions whose work is with shapes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

FEW = settings(max_examples=6)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
SOLID = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4)


def numbered(shape):
    return np.arange(np.prod(shape), dtype="float32").reshape(shape) - 7


def same(backend, found, expected):
    assert tuple(backend.shape(found)) == np.shape(expected)
    np.testing.assert_array_equal(backend.to_numpy(found), expected)


def differentiate(backend, function, *arrays):
    """Gradients of the sum of squares of a function's result."""

    def loss(variables):
        result = function(*variables)
        return backend.sum(result * result)

    _, gradients = backend.value_and_grad(loss)([backend.asarray(a) for a in arrays])
    return [backend.to_numpy(g) for g in gradients]


@FEW
@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=3, max_dims=4))
def test_broadcasting(shapes, backend):
    a, b = map(numbered, shapes.input_shapes)
    same(backend, backend.asarray(a) * backend.asarray(b), a * b)
    first, second = differentiate(backend, lambda x, y: x + y, a, b)
    total = np.broadcast_to(2 * (a + b), shapes.result_shape)
    for gradient, array in ((first, a), (second, b)):
        assert gradient.shape == array.shape
        np.testing.assert_array_equal(gradient, unbroadcast(total, array.shape))


def unbroadcast(total, shape):
    total = total.sum(tuple(range(total.ndim - len(shape))))
    ones = tuple(i for i, n in enumerate(shape) if n == 1 and total.shape[i] != 1)
    return total.sum(ones, keepdims=True)


@FEW
@given(data=st.data(), shape=SOLID)
def test_sum_over_any_axes(data, shape, backend):
    axes = st.lists(st.integers(-len(shape), len(shape) - 1), unique_by=lambda a: a % len(shape))
    axis = data.draw(st.none() | axes.map(tuple))
    keepdims = data.draw(st.booleans())
    x = numbered(shape)
    same(backend, backend.sum(backend.asarray(x), axis, keepdims), x.sum(axis, keepdims=keepdims))
    (found,) = differentiate(backend, lambda t: backend.sum(t, axis, keepdims), x)
    expected = 2 * x.sum(axis, keepdims=True) * np.ones_like(x)
    np.testing.assert_array_equal(found, expected)


@FEW
@given(data=st.data(), shape=SHAPES)
def test_transpose_and_reshape(data, shape, backend):
    axes = tuple(data.draw(st.permutations(range(len(shape)))))
    x = numbered(shape)
    moved = backend.transpose(backend.asarray(x), axes)
    same(backend, moved, x.transpose(axes))
    same(backend, backend.reshape(moved, (-1,)), x.transpose(axes).reshape(-1))
    (found,) = differentiate(backend, lambda t: backend.transpose(t, axes), x)
    np.testing.assert_array_equal(found, 2 * x)


@FEW
@given(data=st.data(), shape=SOLID)
def test_getitem_with_any_basic_index(data, shape, backend):
    key = data.draw(hnp.basic_indices(shape, allow_newaxis=True))
    x = numbered(shape)
    same(backend, backend.getitem(backend.asarray(x), key), x[key])
    expected = np.zeros_like(x)
    expected[key] = 2 * x[key]
    (found,) = differentiate(backend, lambda t: backend.getitem(t, key), x)
    np.testing.assert_array_equal(found, expected)


@FEW
@given(data=st.data(), shape=SHAPES.filter(len))
def test_concatenate_and_split(data, shape, backend):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    sizes = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    parts = []
    for i, size in enumerate(sizes):
        part = list(shape)
        part[axis] = size
        parts.append(numbered(part) + 100 * i)
    joined = backend.concatenate([backend.asarray(p) for p in parts], axis)
    same(backend, joined, np.concatenate(parts, axis))
    cuts = np.cumsum(sizes)[:-1].tolist()
    for found, part in zip(backend.split(joined, cuts, axis), parts, strict=True):
        same(backend, found, part)


@FEW
@given(data=st.data(), shape=SOLID)
def test_pad(data, shape, backend):
    widths = tuple(data.draw(st.tuples(st.integers(0, 2), st.integers(0, 2))) for _ in shape)
    x = numbered(shape)
    same(backend, backend.pad(backend.asarray(x), widths, 5), np.pad(x, widths, constant_values=5))
    (found,) = differentiate(backend, lambda t: backend.pad(t, widths), x)
    np.testing.assert_array_equal(found, 2 * x)


@FEW
@given(data=st.data(), shape=SOLID)
def test_take(data, shape, backend):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    size = shape[axis]
    elements = st.integers(-size, size - 1)
    picked = hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3)
    indices = data.draw(hnp.arrays("int32", picked, elements=elements))
    x = numbered(shape)
    found = backend.take(backend.asarray(x), backend.asarray(indices), axis)
    same(backend, found, np.take(x, indices, axis))


@st.composite
def windowed(draw):
    rank = draw(st.integers(1, 3))
    each = lambda low, high: st.tuples(*[st.integers(low, high)] * rank)
    size, strides, dilation = draw(each(1, 3)), draw(each(1, 3)), draw(each(1, 2))
    out = draw(each(1, 3))
    extra = draw(each(0, 1))  # elements that no window reaches
    spatial = tuple(
        (o - 1) * s + (k - 1) * d + 1 + min(e, s - 1)
        for o, s, k, d, e in zip(out, strides, size, dilation, extra)
    )
    return spatial, size, strides, dilation, out


@FEW
@given(geometry=windowed())
def test_fold_is_the_adjoint_of_windows(geometry, backend):
    """<windows(x), y> = <x, fold(y)> for all x and y; and the gradient of one is the other."""
    spatial, size, strides, dilation, out = geometry
    x, y = numbered((2, *spatial, 3)), numbered((2, *out, *size, 3))
    tensor, other = backend.asarray(x), backend.asarray(y)
    patches = backend.windows(tensor, size, strides, dilation)
    assert tuple(backend.shape(patches)) == y.shape
    folded = backend.fold(other, spatial, strides, dilation)
    assert tuple(backend.shape(folded)) == x.shape
    first = np.sum(backend.to_numpy(patches).astype("float64") * y)
    second = np.sum(x * backend.to_numpy(folded).astype("float64"))
    assert first == second
    loss = lambda v: backend.sum(backend.windows(v[0], size, strides, dilation) * other)
    _, (gradient,) = backend.value_and_grad(loss)([tensor])
    np.testing.assert_array_equal(backend.to_numpy(gradient), backend.to_numpy(folded))
    loss = lambda v: backend.sum(backend.fold(v[0], spatial, strides, dilation) * tensor)
    _, (gradient,) = backend.value_and_grad(loss)([other])
    np.testing.assert_array_equal(backend.to_numpy(gradient), backend.to_numpy(patches))
