"""Contract, products of matrices and tensors."""

from abc import ABC, abstractmethod
from typing import Any


class Contractions(ABC):
    """Sums of products."""

    # ---- to implement ----

    @abstractmethod
    def matmul(self, x, y) -> Any:
        """Matrix product over the last two axes, others broadcast; 1-D operands as in NumPy."""

    @abstractmethod
    def einsum(self, subscripts, *operands) -> Any:
        """Einstein summation with an explicit result ("ij,jk->ik"); "..." allowed."""

    # ---- free ----

    def tensordot(self, x, y, axes):
        """Contract the axes listed in `axes` = (axes of x, axes of y)."""
        axes_x = [a % self.ndim(x) for a in axes[0]]
        axes_y = [a % self.ndim(y) for a in axes[1]]
        letters = iter("abcdefghijklmnopqrstuvwxyz")
        sub_x = [next(letters) for _ in range(self.ndim(x))]
        sub_y = [next(letters) for _ in range(self.ndim(y))]
        for a, b in zip(axes_x, axes_y):
            sub_y[b] = sub_x[a]
        out = [s for i, s in enumerate(sub_x) if i not in axes_x]
        out += [s for i, s in enumerate(sub_y) if i not in axes_y]
        return self.einsum(f"{''.join(sub_x)},{''.join(sub_y)}->{''.join(out)}", x, y)

    def dense(self, x, kernel, bias):
        """x @ kernel + bias, x of any rank from 1, bias None or a vector."""
        y = self.matmul(x, kernel)
        return y if bias is None else y + bias
