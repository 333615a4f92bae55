"""NumPy engine, linear algebra, with the textbook derivatives of the decompositions.

M. Giles, "An extended collection of matrix derivative results" (2008); for QR and SVD also
J. Townsend, "Differentiating the singular value decomposition" (2016), and Walter and Lehmann,
"Algorithmic differentiation of linear algebra functions" (2010).
"""

import numpy as np

from keraslite.backend.linalg import Linalg
from keraslite_numpy.bfloat16 import is_half, tensor
from keraslite_numpy.tape import primitive, record_joint, strip


def _wide(fn):
    """A LAPACK function for the 16-bit floats too, through float32."""

    def call(*arrays):
        first = arrays[0]
        if not is_half(first):
            return fn(*arrays)
        result = fn(*(x.astype(np.float32) for x in arrays))
        if isinstance(result, tuple):
            return tuple(tensor(np.asarray(r).astype(first.dtype)) for r in result)
        return result.astype(first.dtype)

    return call


def _turn(x):
    return x.swapaxes(-1, -2)


def _solve_db(B, g, x, a, b):
    return B.solve(_turn(a), g)


def _solve_da(B, g, x, a, b):
    return -B.matmul(B.solve(_turn(a), g), _turn(x))


def _lower_half(B, x):
    """The lower triangle with its diagonal halved."""
    n = x.shape[-1]
    half = B.cast(B.tri_mask(n, n, 0), B.dtype(x)) - 0.5 * B.eye(n, n, 0, B.dtype(x))
    return x * half


def _cholesky_vjp(B, g, low, x):
    middle = _lower_half(B, B.matmul(_turn(low), g))
    up = _turn(low)
    inner = B.solve(up, _turn(B.solve(up, _turn(middle))))
    return 0.5 * (inner + _turn(inner))


def _positive_qr(x):
    """Reduced QR with a non-negative diagonal of R, which makes it unique."""
    q, r = np.linalg.qr(x)
    signs = np.where(np.diagonal(r, axis1=-2, axis2=-1) < 0, -1, 1).astype(x.dtype)
    return q * signs[..., None, :], r * signs[..., :, None]


def _filled(B, grads, outs):
    return [B.zeros_like(o) if g is None else g for g, o in zip(grads, outs)]


def _qr_vjp(B, g, need, outs, x):
    (dq, dr), (q, r) = _filled(B, g, outs), outs
    m = B.matmul(r, _turn(dr)) - B.matmul(_turn(dq), q)
    n = m.shape[-1]
    low = B.cast(B.tri_mask(n, n, -1), B.dtype(m))
    eye = B.eye(n, n, 0, B.dtype(m))
    symmetric = m * (low + eye) + _turn(m * low)
    inner = dq + B.matmul(q, symmetric)
    return (_turn(B.solve(r, _turn(inner))),)


def _gaps(B, values):
    """1 / (v_j - v_i) off the diagonal, 0 on it."""
    n = values.shape[-1]
    eye = B.eye(n, n, 0, B.dtype(values))
    gaps = B.expand_dims(values, -2) - B.expand_dims(values, -1) + eye
    return (1 - eye) / gaps


def _eigh_vjp(B, g, need, outs, x):
    (dw, dv), (w, v) = _filled(B, g, outs), outs
    turned = _turn(v)
    n = w.shape[-1]
    middle = _gaps(B, w) * B.matmul(turned, dv)
    middle = middle + B.expand_dims(dw, -1) * B.eye(n, n, 0, B.dtype(w))
    inner = B.matmul(B.matmul(v, middle), turned)
    return (0.5 * (inner + _turn(inner)),)


def _svd_vjp(B, g, need, outs, x):
    (du, ds, dvh), (u, s, vh) = _filled(B, g, outs), outs
    v, dv = _turn(vh), _turn(dvh)
    ut = _turn(u)
    k, dtype = s.shape[-1], B.dtype(s)
    eye = B.eye(k, k, 0, dtype)
    gaps = _gaps(B, s * s)
    row, column = B.expand_dims(s, -2), B.expand_dims(s, -1)
    udu, vdv = B.matmul(ut, du), B.matmul(vh, dv)
    middle = (gaps * (udu - _turn(udu))) * row + column * (gaps * (vdv - _turn(vdv)))
    middle = middle + eye * B.expand_dims(ds, -1)
    dx = B.matmul(B.matmul(u, middle), vh)
    if u.shape[-2] > k:  # the part of du outside the columns of u
        dx = dx + B.matmul((du - B.matmul(u, udu)) / row, vh)
    if v.shape[-2] > k:
        dx = dx + B.matmul(u, _turn((dv - B.matmul(v, vdv)) / row))
    return (dx,)


def _fft(real, imag):
    dtype = real.dtype
    if is_half(real):
        real, imag = real.astype(np.float32), imag.astype(np.float32)
    out = np.fft.fft(real + 1j * imag)
    return tensor(out.real.astype(dtype)), tensor(out.imag.astype(dtype))


def _fft_vjp(B, g, need, outs, real, imag):
    """The transform is symmetric, so its adjoint is the unscaled inverse transform."""
    g_real, g_imag = _filled(B, g, outs)
    d_imag, d_real = B.fft(g_imag, g_real)
    return d_real, d_imag


class NumpyLinalg(Linalg):
    solve = primitive(_wide(np.linalg.solve), _solve_da, _solve_db)
    cholesky = primitive(_wide(np.linalg.cholesky), _cholesky_vjp)

    def qr(self, x):
        rows, columns = x.shape[-2:]
        if columns > rows:  # A = (X, Y) = Q (R, Q'Y)
            q, r = self.qr(x[..., :rows])
            rest = self.matmul(_turn(q), x[..., rows:])
            return q, self.concatenate([r, rest], -1)
        return record_joint(_qr_vjp, (x,), _wide(_positive_qr)(strip(x)))

    def svd(self, x):
        outs = _wide(lambda a: tuple(np.linalg.svd(a, full_matrices=False)))(strip(x))
        return record_joint(_svd_vjp, (x,), outs)

    def eigh(self, x):
        outs = _wide(lambda a: tuple(np.linalg.eigh(a)))(strip(x))
        return record_joint(_eigh_vjp, (x,), outs)

    def fft(self, real, imag):
        return record_joint(_fft_vjp, (real, imag), _fft(strip(real), strip(imag)))
