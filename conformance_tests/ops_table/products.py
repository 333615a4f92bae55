"""Rows of the op table: products of matrices and tensors, linear algebra, Fourier transforms."""

import numpy as np

from conformance_tests.cases import Case, Input, Op
from keraslite.backend.dtypes import FLOATS

X = Input()
WIDE = ("float32", "float64")  # LAPACK and FFT kernels have no 16-bit floats


def cases(*rows):
    return tuple(Case(tuple(row[:-1]), row[-1]) for row in rows)


def einsum(subscripts, *shapes):
    return (*shapes, {"subscripts": subscripts})


CONTRACTIONS = (
    Op(
        "matmul", "contraction", (X, X),
        cases(
            ((3, 4), (4, 5), {}), ((2, 3, 4), (4, 5), {}), ((2, 3, 4), (2, 4, 5), {}),
            ((4,), (4,), {}), ((4,), (4, 5), {}), ((3, 4), (4,), {}),
            ((5, 1, 3, 4), (2, 4, 3), {}), ((0, 4), (4, 5), {}), ((7, 65), (65, 33), {}),
        ),
        np.matmul, dtypes=(*FLOATS, "int32"), twice=True,
    ),
    Op(
        "einsum", "contraction", (X, X, X),
        cases(
            einsum("ij,jk->ik", (3, 4), (4, 5)),
            einsum("ij->ji", (3, 4)),
            einsum("bij->bi", (2, 3, 4)),
            einsum("ii->i", (4, 4)),
            einsum("btnh,bsnh->bnts", (2, 3, 2, 4), (2, 5, 2, 4)),
            einsum("rtgc,tcgf->rgf", (5, 3, 2, 2), (3, 2, 2, 4)),
            einsum("i,j->ij", (3,), (4,)),
            einsum("...i,ij->...j", (2, 3, 4), (4, 5)),
            einsum("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
        ),
        lambda *xs, subscripts: np.einsum(subscripts, *xs),
        lambda method, *xs, subscripts: method(subscripts, *xs),
    ),
    Op(
        "tensordot", "contraction", (X, X),
        cases(
            ((2, 3, 4), (4, 5), {"axes": ((2,), (0,))}),
            ((2, 3, 4), (5, 3, 2), {"axes": ((0, 1), (-1, 1))}),
            ((2,), (3,), {"axes": ((), ())}),
        ),
        np.tensordot,
    ),
    Op(
        "dense", "contraction", (X, X, X),
        cases(((5, 4), (4, 3), (3,), {}), ((2, 5, 4), (4, 3), (3,), {}), ((4,), (4, 3), (3,), {})),
        lambda x, kernel, bias: x @ kernel + bias, twice=True,
    ),
    Op(
        "dense", "contraction", (X, X), cases(((5, 4), (4, 3), {}), ((2, 5, 4), (4, 3), {})),
        lambda x, kernel: x @ kernel, lambda method, x, kernel: method(x, kernel, None),
        label="dense-without-bias",
    ),
)  # fmt: skip


def well_conditioned(x):
    """Square matrices with singular values near their size."""
    return x + 4 * x.shape[-1] * np.eye(x.shape[-1])


def positive_definite(x):
    return x @ np.swapaxes(x, -1, -2) + x.shape[-1] * np.eye(x.shape[-1])


def symmetric(x):
    """Symmetric, with eigenvalues that lie apart."""
    return (x + np.swapaxes(x, -1, -2)) / 4 + np.diag(4.0 * np.arange(x.shape[-1]))


def apart(x):
    """Matrices whose singular values lie apart."""
    return x / 4 + 3.0 * np.eye(*x.shape[-2:]) * (1 + np.arange(x.shape[-1]))


def symmetrize(backend, x):
    """Engines differ in which triangle they read, and so in the gradient of each."""
    return ((x + backend.swapaxes(x, -1, -2)) / 2,)


def sign_free_svd(method, x):
    u, s, vh = method(x)
    return u * u, s, vh * vh


def reference_svd(x):
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    return u * u, s, vh * vh


def sign_free_eigh(method, x):
    values, vectors = method(x)
    return values, vectors * vectors


def reference_eigh(x):
    values, vectors = np.linalg.eigh(x)
    return values, vectors * vectors


def reference_qr(x):
    q, r = np.linalg.qr(x)
    sign = np.where(np.diagonal(r, axis1=-2, axis2=-1) < 0, -1.0, 1.0)
    return q * sign[..., None, :], r * sign[..., None]


def solve_triangular(a, b, lower):
    return np.linalg.solve(np.tril(a) if lower else np.triu(a), b)


def complex_parts(function):
    def parts(real, imag):
        result = function(real + 1j * imag)
        return result.real, result.imag

    return parts


SQUARE = Input(-1, 1, build=well_conditioned)
LINALG = (
    Op(
        "solve", "decomposition", (SQUARE, X),
        cases(((4, 4), (4, 2), {}), ((2, 3, 3), (2, 3, 1), {})), np.linalg.solve, dtypes=WIDE,
        twice=True,
    ),
    Op(
        "cholesky", "decomposition", (Input(-1, 1, build=positive_definite),),
        cases(((4, 4), {}), ((2, 3, 3), {})), np.linalg.cholesky, prepare=symmetrize,
        dtypes=WIDE,
    ),
    Op(
        "qr", "decomposition", (Input(-1, 1, build=apart),),
        cases(((4, 4), {}), ((5, 3), {}), ((2, 4, 3), {})), reference_qr, dtypes=WIDE,
    ),
    Op(
        "svd", "decomposition", (Input(-1, 1, build=apart),),
        cases(((4, 4), {}), ((2, 5, 3), {}), ((3, 4), {})), reference_svd, sign_free_svd,
        dtypes=WIDE,
    ),
    Op(
        "eigh", "decomposition", (Input(-1, 1, build=symmetric),),
        cases(((4, 4), {}), ((2, 3, 3), {})), reference_eigh, sign_free_eigh, symmetrize,
        dtypes=WIDE,
    ),
    Op(
        "inv", "decomposition", (SQUARE,), cases(((4, 4), {}), ((2, 3, 3), {})), np.linalg.inv,
        dtypes=WIDE,
    ),
    Op(
        "solve_triangular", "decomposition", (SQUARE, X),
        cases(
            ((4, 4), (4, 2), {"lower": True}), ((2, 3, 3), (2, 3, 1), {"lower": True}),
            ((4, 4), (4, 2), {"lower": False}),
        ),
        solve_triangular, dtypes=WIDE,
    ),
    Op(
        "norm", "reduction", (X,),
        cases(
            ((2, 3), {}), ((2, 3, 4), {"axis": 1}), ((2, 3, 4), {"axis": (1, 2), "keepdims": True}),
        ),
        lambda x, axis=None, keepdims=False: np.sqrt(np.sum(x * x, axis, keepdims=keepdims)),
    ),
    Op(
        "diagonal", "exact", (X,), cases(((3, 3), {}), ((2, 3, 4), {}), ((4, 2), {})),
        lambda x: np.diagonal(x, axis1=-2, axis2=-1),
    ),
    Op(
        "fft", "transform", (X, X),
        cases(((8,), (8,), {}), ((2, 3, 5), (2, 3, 5), {}), ((2, 1), (2, 1), {})),
        complex_parts(np.fft.fft), dtypes=WIDE,
    ),
    Op(
        "ifft", "transform", (X, X), cases(((8,), (8,), {}), ((2, 6), (2, 6), {})),
        complex_parts(np.fft.ifft), dtypes=WIDE,
    ),
)  # fmt: skip

ROWS = (*CONTRACTIONS, *LINALG)
