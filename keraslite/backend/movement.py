"""Contract, moving elements: shapes, slices, joins, gathers, scatters, sorting, windows."""

from abc import ABC, abstractmethod
from typing import Any


class Movement(ABC):
    """Functions that move elements and change none."""

    # ---- to implement ----

    @abstractmethod
    def reshape(self, x, shape) -> Any:
        """One entry of `shape` may be -1."""

    @abstractmethod
    def transpose(self, x, axes) -> Any:
        """Permute the axes; `axes` is a tuple of all of them."""

    @abstractmethod
    def broadcast_to(self, x, shape) -> Any: ...
    @abstractmethod
    def concatenate(self, xs, axis) -> Any: ...
    @abstractmethod
    def pad(self, x, widths, value=0) -> Any:
        """Constant padding; `widths` holds (before, after) for each axis."""

    @abstractmethod
    def getitem(self, x, key) -> Any:
        """Basic indexing: ints, slices (any step but 0), None, Ellipsis, or a tuple of these."""

    @abstractmethod
    def flip(self, x, axis) -> Any:
        """Reverse along an axis or a tuple of axes."""

    @abstractmethod
    def take(self, x, indices, axis) -> Any:
        """Slices of x along one axis by an integer tensor of any shape; its axes replace `axis`.

        Indices lie in [-n, n); the gradient adds up where an index repeats.
        """

    @abstractmethod
    def take_along_axis(self, x, indices, axis) -> Any:
        """Elements along one axis; `indices` has x's rank and broadcasts elsewhere; in [0, n)."""

    @abstractmethod
    def scatter_add(self, x, indices, updates) -> Any:
        """x with updates[i] added to x[indices[i]] along axis 0; repeated indices add up.

        `indices` is an integer vector (n,), `updates` is (n, *x.shape[1:]).
        """

    @abstractmethod
    def sort(self, x, axis) -> Any:
        """Ascending along one axis."""

    @abstractmethod
    def argsort(self, x, axis) -> Any:
        """int32 indices that sort, ascending and stable."""

    @abstractmethod
    def windows(self, x, size, strides, dilation) -> Any:
        """Sliding windows of a channels-last batch.

        (N, *spatial, C) -> (N, *out, *size, C); size, strides, dilation: tuples, one entry a
        spatial axis; out = (spatial - (size - 1) * dilation - 1) // strides + 1.
        """

    @abstractmethod
    def fold(self, x, spatial, strides, dilation) -> Any:
        """The adjoint of `windows`: (N, *out, *size, C) summed into (N, *spatial, C)."""

    # ---- free ----

    def expand_dims(self, x, axis):
        """A new axis of size 1 at `axis`, an int or a tuple, counted in the result."""
        axes = (axis,) if isinstance(axis, int) else tuple(axis)
        rank = self.ndim(x) + len(axes)
        new = {a % rank for a in axes}
        old = iter(self.shape(x))
        return self.reshape(x, tuple(1 if i in new else next(old) for i in range(rank)))

    def squeeze(self, x, axis=None):
        """Drop axes of size 1: all of them, or those named."""
        shape = self.shape(x)
        if axis is None:
            drop = {i for i, n in enumerate(shape) if isinstance(n, int) and n == 1}
        else:
            drop = {a % len(shape) for a in ((axis,) if isinstance(axis, int) else axis)}
        return self.reshape(x, tuple(n for i, n in enumerate(shape) if i not in drop))

    def moveaxis(self, x, source, destination):
        """Move axes to other places; ints or tuples of ints."""
        rank = self.ndim(x)
        sources = (source,) if isinstance(source, int) else source
        targets = (destination,) if isinstance(destination, int) else destination
        placed = {t % rank: s % rank for s, t in zip(sources, targets)}
        rest = iter(i for i in range(rank) if i not in placed.values())
        return self.transpose(
            x, tuple(placed[i] if i in placed else next(rest) for i in range(rank))
        )

    def swapaxes(self, x, axis1, axis2):
        axes = list(range(self.ndim(x)))
        axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
        return self.transpose(x, tuple(axes))

    def stack(self, xs, axis):
        """Join tensors of one shape along a new axis."""
        return self.concatenate([self.expand_dims(x, axis) for x in xs], axis)

    def slice_axis(self, x, axis, start, stop, step=1):
        """x[start:stop:step] along one axis."""
        key = [slice(None)] * self.ndim(x)
        key[axis] = slice(start, stop, step)
        return self.getitem(x, tuple(key))

    def unstack(self, x, axis):
        """The slices along one axis, as a list; its size must be known."""
        axis = axis % self.ndim(x)
        before = (slice(None),) * axis
        return [self.getitem(x, (*before, i)) for i in range(self.shape(x)[axis])]

    def split(self, x, sections, axis):
        """Cut along one axis into `sections` equal parts, or at the listed indices."""
        size = self.shape(x)[axis]
        if isinstance(sections, int):
            step = size // sections
            cuts = [step * i for i in range(1, sections)]
        else:
            cuts = list(sections)
        edges = zip([0, *cuts], [*cuts, size])
        return [self.slice_axis(x, axis, start, stop) for start, stop in edges]

    def repeat(self, x, repeats, axis):
        """Each element `repeats` (an int) times in a row along one axis."""
        axis = axis % self.ndim(x)
        shape = self.shape(x)
        wide = (*shape[: axis + 1], repeats, *shape[axis + 1 :])
        merged = (*shape[:axis], shape[axis] * repeats, *shape[axis + 1 :])
        return self.reshape(self.broadcast_to(self.expand_dims(x, axis + 1), wide), merged)

    def tile(self, x, repeats):
        """The whole tensor repeated along each axis; `repeats` is a tuple."""
        rank = max(self.ndim(x), len(repeats))
        repeats = (1,) * (rank - len(repeats)) + tuple(repeats)
        x = self.reshape(x, (1,) * (rank - self.ndim(x)) + tuple(self.shape(x)))
        for axis, count in enumerate(repeats):
            if count != 1:
                x = self.concatenate([x] * count, axis)
        return x

    def roll(self, x, shift, axis):
        """Elements moved `shift` places along one axis, around the end."""
        size = self.shape(x)[axis]
        shift = shift % size
        if not shift:
            return x
        cut = size - shift
        parts = [self.slice_axis(x, axis, cut, size), self.slice_axis(x, axis, 0, cut)]
        return self.concatenate(parts, axis)

    def top_k(self, x, k):
        """The k largest along the last axis, largest first, and their int32 indices."""
        indices = self.flip(self.argsort(self.flip(x, -1), -1), -1)  # first of equals first
        indices = self.shape(x)[-1] - 1 - self.slice_axis(indices, -1, 0, k)
        return self.take_along_axis(x, indices, -1), indices

    def segment_sum(self, x, segment_ids, num_segments):
        """Rows of x added up by segment id."""
        shape = (num_segments, *self.shape(x)[1:])
        return self.scatter_add(self.zeros(shape, self.dtype(x)), segment_ids, x)
