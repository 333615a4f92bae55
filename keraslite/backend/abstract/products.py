"""Shapes of products of tensors and of linear algebra."""

import functools
from itertools import chain
from typing import Any

from keraslite.backend.abstract.shapes import broadcast, tensor, unify
from keraslite.backend.base import Backend


def _product(a, b):
    """The shape of a matrix product."""
    if not a or not b:
        raise ValueError(f"Cannot multiply matrices of shapes {a} and {b}: one is a scalar.")
    inner_a, inner_b = a[-1], b[-2 if len(b) > 1 else 0]
    if inner_a != inner_b and inner_a is not None and inner_b is not None:
        raise ValueError(
            f"Cannot multiply matrices of shapes {a} and {b}:"
            f" inner sizes {inner_a} and {inner_b} differ."
        )
    if len(b) == 2:  # a layer's kernel
        return (*a[:-1], b[1])
    return (*broadcast(a[:-2], b[:-2]), *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))


@functools.lru_cache(512)
def _parsed(subscripts):
    """Each operand's and the result's letters, as (letters, has "...", letters after it)."""
    operands, arrow, result = subscripts.replace(" ", "").partition("->")
    if not arrow:
        raise ValueError(f"einsum {subscripts!r} must name its result after '->'.")
    missing = set(result) - set(operands)
    if missing:
        raise ValueError(f"einsum {subscripts!r}: the result names unknown axes {missing}.")
    *terms, out = (t.partition("...") for t in (*operands.split(","), result))
    return terms, out


class AbstractContractions(Backend):
    """See `Contractions`."""

    def matmul(self, x, y):
        return tensor(_product(x.shape, y.shape), x.dtype)

    def dense(self, x, kernel, bias):
        shape = _product(x.shape, kernel.shape)
        return tensor(shape if bias is None else broadcast(shape, bias.shape), x.dtype)

    def einsum(self, subscripts, *operands):
        terms, (before, dots, after) = _parsed(subscripts)
        if len(terms) != len(operands):
            raise ValueError(f"einsum {subscripts!r} got {len(operands)} operands.")
        sizes, batch = {}, ()
        for term, x in zip(terms, operands):
            batch = broadcast(batch, _name_axes(subscripts, term, x.shape, sizes))
        if batch and not dots:
            raise ValueError(f"einsum {subscripts!r}: the result lacks the axes of '...'.")
        shape = (*(sizes[c] for c in before), *batch, *(sizes[c] for c in after))
        return tensor(shape, operands[0].dtype)


def _name_axes(subscripts, term, shape, sizes):
    """Enter an operand's sizes into `sizes` by letter; returns those that '...' covers."""
    before, dots, after = term
    rest = len(shape) - len(before) - len(after)
    if rest < 0 or (rest and not dots):
        raise ValueError(
            f"einsum {subscripts!r}: {''.join(term)!r} does not fit an operand of shape {shape}."
        )
    end = len(before) + rest
    for letter, n in chain(zip(before, shape), zip(after, shape[end:])):
        known = sizes.get(letter)
        if known is None:
            sizes[letter] = n
        elif n is not None and n != known:
            raise ValueError(
                f"einsum {subscripts!r}: axis {letter!r} has sizes {known} and {n}"
                f" (an operand of shape {shape})."
            )
    return shape[len(before) : end]


def _square(x):
    *batch, rows, columns = _matrix(x)
    return (*batch, *unify((rows,), (columns,), f"A square matrix is needed, found {x.shape}") * 2)


def _matrix(x):
    if len(x.shape) < 2:
        raise ValueError(f"A matrix is needed, found shape {x.shape}.")
    return x.shape


def _smaller(m, n):
    return None if m is None or n is None else min(m, n)


class AbstractLinalg(Backend):
    """See `Linalg`."""

    def solve(self, a, b):
        matrix, right = _square(a), _matrix(b)
        rows = unify(matrix[-1:], right[-2:-1], f"Cannot solve with {a.shape} and {b.shape}")
        return tensor((*broadcast(matrix[:-2], right[:-2]), *rows, right[-1]), b.dtype)

    def solve_triangular(self, a, b, lower):
        return self.solve(a, b)

    def cholesky(self, x) -> Any:
        return tensor(_square(x), x.dtype)

    inv = cholesky

    def qr(self, x):
        *batch, m, n = _matrix(x)
        k = _smaller(m, n)
        return tensor((*batch, m, k), x.dtype), tensor((*batch, k, n), x.dtype)

    def svd(self, x):
        *batch, m, n = _matrix(x)
        k = _smaller(m, n)
        u, vh = tensor((*batch, m, k), x.dtype), tensor((*batch, k, n), x.dtype)
        return u, tensor((*batch, k), x.dtype), vh

    def eigh(self, x):
        shape = _square(x)
        return tensor(shape[:-1], x.dtype), tensor(shape, x.dtype)

    def fft(self, real, imag):
        shape = unify(real.shape, imag.shape, "The real and imaginary parts do not fit")
        return tensor(shape, real.dtype), tensor(shape, real.dtype)

    ifft = fft

    def norm(self, x, axis=None, keepdims=False):
        return self.sum(x, axis, keepdims)

    def diagonal(self, x):
        *batch, m, n = _matrix(x)
        return tensor((*batch, _smaller(m, n)), x.dtype)
