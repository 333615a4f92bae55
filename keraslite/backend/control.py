"""Contract, control flow: loops and branches that an engine may trace."""

from abc import ABC, abstractmethod
from typing import Any


class Control(ABC):
    """Loops and branches. Carried values are tuples of tensors of fixed shape and dtype."""

    # ---- to implement ----

    @abstractmethod
    def scan(self, step, carry, xs, length, reverse=False) -> Any:
        """`carry, y = step(carry, x)` over the slices of xs along axis 0; differentiable.

        Args:
            carry: tuple of tensors.
            xs: tuple of tensors, each with leading axis `length`; () when there is none.
            length: the number of steps, an int, or None to read it from xs.
            reverse: run from the last slice to the first; ys stay in the order of xs.

        Returns:
            The last carry, and ys: a tuple of tensors, the steps' y's stacked along axis 0.
            `step` gets x as a tuple and returns y as a tuple.
        """

    @abstractmethod
    def while_loop(self, condition, body, carry, limit=None) -> Any:
        """`carry = body(*carry)` while `condition(*carry)`, at most `limit` times."""

    @abstractmethod
    def cond(self, predicate, true_fn, false_fn, *operands) -> Any:
        """true_fn(*operands) if the scalar bool tensor holds, else false_fn(*operands).

        Both return tuples of tensors of the same shapes and dtypes.
        """

    @abstractmethod
    def vectorized_map(self, fn, xs) -> Any:
        """`fn(*slices)` over the slices along axis 0 of a tuple of tensors, results stacked; fn
        returns a tuple."""
