"""Linear algebra on torch."""

import torch


class Linalg:
    cholesky = staticmethod(torch.linalg.cholesky)
    eigh = staticmethod(torch.linalg.eigh)
    inv = staticmethod(torch.linalg.inv)

    def solve(self, a, b):
        if b.ndim < a.ndim:  # torch would take a batch of vectors
            b = b[(None,) * (a.ndim - b.ndim)]
        return torch.linalg.solve(a, b)

    def qr(self, x):
        q, r = torch.linalg.qr(x)
        diagonal = torch.diagonal(r, dim1=-2, dim2=-1)
        signs = torch.where(diagonal < 0, -1, 1).to(x.dtype)
        return q * signs.unsqueeze(-2), r * signs.unsqueeze(-1)

    def svd(self, x):
        return tuple(torch.linalg.svd(x, full_matrices=False))

    def fft(self, real, imag):
        transformed = torch.fft.fft(torch.complex(real, imag))
        return transformed.real, transformed.imag

    def ifft(self, real, imag):
        transformed = torch.fft.ifft(torch.complex(real, imag))
        return transformed.real, transformed.imag

    def solve_triangular(self, a, b, lower):
        return torch.linalg.solve_triangular(a, b, upper=not lower)

    def diagonal(self, x):
        return torch.diagonal(x, dim1=-2, dim2=-1)
