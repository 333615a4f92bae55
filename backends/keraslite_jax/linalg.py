"""Linear algebra and Fourier transforms."""

import jax
import jax.numpy as jnp
from jax import lax


class Linalg:
    solve = staticmethod(jnp.linalg.solve)
    cholesky = staticmethod(jnp.linalg.cholesky)
    eigh = staticmethod(jnp.linalg.eigh)
    inv = staticmethod(jnp.linalg.inv)

    def qr(self, x):
        q, r = jnp.linalg.qr(x)
        signs = jnp.where(jnp.diagonal(r, axis1=-2, axis2=-1) < 0, -1, 1).astype(x.dtype)
        return q * signs[..., None, :], r * signs[..., :, None]

    def svd(self, x):
        return jnp.linalg.svd(x, full_matrices=False)

    def solve_triangular(self, a, b, lower):
        return jax.scipy.linalg.solve_triangular(a, b, lower=lower)

    def fft(self, real, imag):
        z = jnp.fft.fft(lax.complex(real, imag))
        return z.real, z.imag

    def ifft(self, real, imag):
        z = jnp.fft.ifft(lax.complex(real, imag))
        return z.real, z.imag
