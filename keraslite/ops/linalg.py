"""Linear algebra over the last two axes (leading axes are a batch), and Fourier transforms."""

import math

from keraslite.backend.context import context
from keraslite.ops.dispatch import (
    ArgumentError,
    checked_axes,
    dtype_of,
    floating,
    op,
    promoted,
    shapes_differ,
)


def _matrix(x, name="x", square=False):
    x = floating(x)
    if len(x.shape) < 2:
        raise ArgumentError(f"`{name}` must be a matrix or a batch, found shape {tuple(x.shape)}.")
    if square and shapes_differ(x.shape[-1:], x.shape[-2:-1]):
        raise ArgumentError(f"`{name}` must be square, found shape {tuple(x.shape)}.")
    return x


@op
def cholesky(x, upper=False):
    """Lower (or upper) triangular factor of positive definite matrices: x = l @ l.T."""
    lower = context.backend.cholesky(_matrix(x, square=True))
    return context.backend.swapaxes(lower, -2, -1) if upper else lower


@op
def cholesky_inverse(x, upper=False):
    """Inverse of a matrix from its Cholesky factor: (x @ x.T)^-1, with `upper` (x.T @ x)^-1."""
    x = _matrix(x, square=True)
    backend = context.backend
    size = backend.shape(x)[-1]
    eye = backend.broadcast_to(backend.eye(size, size, 0, dtype_of(x)), backend.shape(x))
    inverse = backend.solve_triangular(x, eye, not upper)
    turned = backend.swapaxes(inverse, -2, -1)
    return backend.matmul(inverse, turned) if upper else backend.matmul(turned, inverse)


@op
def qr(x, mode="reduced"):
    """(q, r) with x = q @ r, q orthonormal (m, k), r upper triangular (k, n), k = min(m, n).

    The diagonal of r is not negative. Only the reduced form exists; others raise ValueError.
    """
    if mode != "reduced":
        raise ArgumentError(f"`mode` must be 'reduced', found {mode!r}.")
    return context.backend.qr(_matrix(x))


@op
def eigh(x):
    """(eigenvalues, ascending, and eigenvectors as columns) of symmetric matrices."""
    return context.backend.eigh(_matrix(x, square=True))


@op
def inv(x):
    """Inverse of square matrices."""
    return context.backend.inv(_matrix(x, square=True))


@op
def solve(a, b):
    """x with a @ x = b; b is (..., n, k), or a vector (..., n)."""
    return _solved(context.backend.solve, a, b)


@op
def solve_triangular(a, b, lower=False):
    """`solve` that reads only the upper (or lower) triangle of a."""
    return _solved(lambda a, b: context.backend.solve_triangular(a, b, lower), a, b)


def _solved(solve, a, b):
    a, b = promoted(_matrix(a, "a", square=True), floating(b))
    backend = context.backend
    is_vector = len(b.shape) == len(a.shape) - 1
    if is_vector:
        b = backend.expand_dims(b, -1)
    if len(b.shape) < 2 or shapes_differ(b.shape[-2:-1], a.shape[-1:]):
        raise ArgumentError(
            f"`b` must have {a.shape[-1]} rows as `a` has columns, found shape {tuple(b.shape)}."
        )
    x = solve(a, b)
    return backend.squeeze(x, -1) if is_vector else x


@op
def logdet(x):
    """Logarithm of the determinant of positive definite matrices."""
    backend = context.backend
    factor = backend.diagonal(backend.cholesky(_matrix(x, square=True)))
    return 2 * backend.sum(backend.log(factor), -1)


@op
def norm(x, ord=None, axis=None, keepdims=False):
    """Norm of vectors along an axis, or of matrices along two.

    Args:
        x: tensor; integers are cast to `floatx()`.
        ord: None: Euclidean, over whatever axes. Vectors: a number, infinity, or minus infinity.
            Matrices: "fro", "nuc", 1, -1, 2, -2, infinity, minus infinity.
        axis: an int (vectors), a pair (matrices), or None: all of x.
        keepdims: keep the axes with size 1.
    """
    x = floating(x)
    backend = context.backend
    rank = len(x.shape)
    axes = checked_axes(axis, rank)
    if ord is None:
        return backend.norm(x, axes, keepdims)
    if axes is None:
        axes = tuple(range(rank))
    axes = (axes,) if isinstance(axes, int) else axes
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    raise ArgumentError(f"`ord` {ord!r} needs one or two axes, found {len(axes)}; give `axis`.")


def _vector_norm(x, ord, axis, keepdims):
    backend = context.backend
    if isinstance(ord, str):
        raise ArgumentError(f"`ord` {ord!r} is for matrices; vectors take a number.")
    if ord == 2:
        return backend.norm(x, axis, keepdims)
    size = backend.absolute(x)
    if math.isinf(ord):
        return (backend.max if ord > 0 else backend.min)(size, axis, keepdims)
    if ord == 0:
        count = backend.cast(backend.not_equal(x, 0), dtype_of(x))
        return backend.sum(count, axis, keepdims)
    if ord == 1:
        return backend.sum(size, axis, keepdims)
    return backend.power(backend.sum(backend.power(size, ord), axis, keepdims), 1 / ord)


def _matrix_norm(x, ord, axes, keepdims):
    backend = context.backend
    rows, columns = axes
    if ord == "fro":
        return backend.norm(x, axes, keepdims)
    if ord in ("nuc", 2, -2):
        matrices = backend.moveaxis(x, axes, (-2, -1))
        values = backend.svd(matrices)[1]
        found = {"nuc": backend.sum, 2: backend.max, -2: backend.min}[ord](values, -1)
    elif ord in (1, -1, math.inf, -math.inf):
        first, second = (rows, columns) if ord in (1, -1) else (columns, rows)
        sums = backend.sum(backend.absolute(x), first, True)
        found = (backend.max if ord > 0 else backend.min)(sums, second, True)
        return found if keepdims else backend.squeeze(found, axes)
    else:
        raise ArgumentError(
            f"`ord` of matrices must be 'fro', 'nuc', 1, -1, 2, -2, inf or -inf, found {ord!r}."
        )
    return backend.expand_dims(found, tuple(sorted(axes))) if keepdims else found


# ---- Fourier transforms of (real, imaginary) pairs ----


def _complex(x):
    """A (real, imag) pair as float tensors of one shape."""
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ArgumentError("`x` must be a pair (real, imaginary) of tensors.", x)
    real, imag = promoted(floating(x[0]), floating(x[1]))
    if tuple(real.shape) != tuple(imag.shape):
        raise ArgumentError(
            f"`x` must hold two tensors of one shape, found {tuple(real.shape)} and"
            f" {tuple(imag.shape)}."
        )
    return real, imag


@op
def fft(x):
    """Discrete Fourier transform along the last axis, of a pair (real, imaginary); gives a pair."""
    return context.backend.fft(*_complex(x))


@op
def fft2(x):
    """Discrete Fourier transform along the last two axes, of a pair (real, imaginary)."""
    return _over_two_axes(context.backend.fft, x)


@op
def ifft2(x):
    """The inverse of `fft2`."""
    return _over_two_axes(context.backend.ifft, x)


def _over_two_axes(transform, x):
    swap = lambda pair: [context.backend.swapaxes(part, -2, -1) for part in pair]
    real, imag = _complex(x)
    if len(real.shape) < 2:
        raise ArgumentError(f"two axes are needed, found shape {tuple(real.shape)}.")
    return tuple(swap(transform(*swap(transform(real, imag)))))


@op
def rfft(x, fft_length=None):
    """The first n // 2 + 1 terms of the Fourier transform of real x along the last axis.

    x is cut or padded with zeros to n = `fft_length`, its own size by default. Gives a pair.
    """
    x = floating(x)
    backend = context.backend
    length = x.shape[-1] if fft_length is None else fft_length
    x = _resized(x, length)
    real, imag = backend.fft(x, backend.zeros_like(x))
    return tuple(backend.slice_axis(part, -1, 0, length // 2 + 1) for part in (real, imag))


@op
def irfft(x, fft_length=None):
    """The inverse of `rfft`: real, of size `fft_length`, 2 * (terms - 1) by default."""
    backend = context.backend
    real, imag = _complex(x)
    length = 2 * (real.shape[-1] - 1) if fft_length is None else fft_length
    real, imag = (_resized(part, length // 2 + 1) for part in (real, imag))
    # the other terms are the conjugates, in reverse
    rest = length - (length // 2 + 1)
    back = lambda part: backend.flip(backend.slice_axis(part, -1, 1, rest + 1), -1)
    real_part = backend.concatenate([real, back(real)], -1)
    edge = backend.arange(0, length, 1, "int32")
    imag_part = backend.concatenate([imag, -back(imag)], -1)
    own = backend.equal(edge, 0)
    if length % 2 == 0:  # the first and the middle term are real
        own = backend.logical_or(own, backend.equal(edge, length // 2))
    return backend.ifft(real_part, backend.where(own, 0.0, imag_part))[0]


def _resized(x, length):
    """x cut or padded with zeros along its last axis."""
    size = x.shape[-1]
    if size > length:
        return context.backend.slice_axis(x, -1, 0, length)
    if size < length:
        return context.backend.pad(x, ((0, 0),) * (len(x.shape) - 1) + ((0, length - size),))
    return x
