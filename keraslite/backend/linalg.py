"""Contract, linear algebra and Fourier transforms."""

from abc import ABC, abstractmethod
from typing import Any


class Linalg(ABC):
    """Decompositions and solvers over the last two axes; leading axes are a batch."""

    # ---- to implement ----

    @abstractmethod
    def solve(self, a, b) -> Any:
        """x with a @ x = b; a (..., n, n), b (..., n, k)."""

    @abstractmethod
    def cholesky(self, x) -> Any:
        """Lower triangular factor of a positive definite matrix."""

    @abstractmethod
    def qr(self, x) -> Any:
        """Reduced QR decomposition with a non-negative diagonal of R, as (q, r)."""

    @abstractmethod
    def svd(self, x) -> Any:
        """Reduced singular value decomposition as (u, s, vh); values descend. Signs are free."""

    @abstractmethod
    def eigh(self, x) -> Any:
        """Eigenvalues, ascending, and eigenvectors of a symmetric matrix. Signs are free."""

    @abstractmethod
    def fft(self, real, imag) -> Any:
        """Discrete Fourier transform along the last axis of real + i imag, as (real, imag)."""

    # ---- free ----

    def ifft(self, real, imag):
        """The inverse of `fft`."""
        imag, real = self.fft(imag, real)  # swapping the parts conjugates and rotates
        size = self.shape(real)[-1]
        return real / size, imag / size

    def inv(self, x):
        """Inverse of a square matrix."""
        size = self.shape(x)[-1]
        eye = self.broadcast_to(self.eye(size, size, 0, self.dtype(x)), self.shape(x))
        return self.solve(x, eye)

    def solve_triangular(self, a, b, lower):
        """x with a @ x = b, reading only the lower or the upper triangle of a."""
        rows, columns = self.shape(a)[-2:]
        mask = self.tri_mask(rows, columns, 0 if lower else -1)
        return self.solve(self.where(mask if lower else self.logical_not(mask), a, 0.0), b)

    def norm(self, x, axis=None, keepdims=False):
        """Euclidean (for matrices: Frobenius) norm along axes."""
        return self.sqrt(self.sum(x * x, axis, keepdims))

    def diagonal(self, x):
        """The main diagonals of matrices: (..., n, n) -> (..., n)."""
        rows, columns = self.shape(x)[-2:]
        mask = self.eye(rows, columns, 0, self.dtype(x))
        return self.sum(x * mask, -1 if rows <= columns else -2)
