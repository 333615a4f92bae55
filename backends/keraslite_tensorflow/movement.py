"""Moving elements. Shapes may mix ints and the scalars that stand for unknown dimensions."""

from keraslite_tensorflow.arrays import int_vector, raw, scalar, shape_vector
from keraslite_tensorflow.engine import tf


class TensorflowMovement:
    def reshape(self, x, shape):
        return raw.Reshape(tensor=x, shape=shape_vector(shape))

    def transpose(self, x, axes):
        return raw.Transpose(x=x, perm=int_vector(tuple(axes)))

    def broadcast_to(self, x, shape):
        return raw.BroadcastTo(input=x, shape=shape_vector(shape))

    def concatenate(self, xs, axis):
        return raw.ConcatV2(values=list(xs), axis=axis) if len(xs) > 1 else xs[0]

    def pad(self, x, widths, value=0):
        widths = tf.convert_to_tensor(widths, "int32")
        if value == 0:
            return raw.Pad(input=x, paddings=widths)
        return raw.PadV2(input=x, paddings=widths, constant_values=scalar(value, x.dtype))

    def getitem(self, x, key):
        return x[key]

    def flip(self, x, axis):
        axes = (axis,) if isinstance(axis, int) else tuple(axis)
        return raw.ReverseV2(tensor=x, axis=int_vector(axes))

    def take(self, x, indices, axis):
        indices = _as_indices(indices)
        size = tf.cast(self.shape(x)[axis], indices.dtype)
        indices = self.where(raw.Less(x=indices, y=0), indices + size, indices)
        return raw.GatherV2(params=x, indices=indices, axis=axis)

    def take_along_axis(self, x, indices, axis):
        axis %= x.shape.rank
        x, indices = self._broadcast_beside(x, _as_indices(indices), axis)
        last = x.shape.rank - 1
        if axis != last:
            x, indices = self.swapaxes(x, axis, last), self.swapaxes(indices, axis, last)
        rows = self.reshape(x, (-1, self.shape(x)[-1]))
        index_rows = self.reshape(indices, (-1, self.shape(indices)[-1]))
        chosen = raw.GatherV2(params=rows, indices=index_rows, axis=1, batch_dims=1)
        chosen = self.reshape(chosen, self.shape(indices))
        return chosen if axis == last else self.swapaxes(chosen, axis, last)

    def _broadcast_beside(self, x, indices, axis):
        """x and indices broadcast against each other along all axes but one."""
        beside = [pair for i, pair in enumerate(zip(x.shape, indices.shape)) if i != axis]
        if all(m is not None and m == n for m, n in beside):
            return x, indices
        pairs = list(zip(self.shape(x), self.shape(indices)))
        common = [n if isinstance(m, int) and m == 1 else m for m, n in pairs]
        of_x = (*common[:axis], pairs[axis][0], *common[axis + 1 :])
        of_indices = (*common[:axis], pairs[axis][1], *common[axis + 1 :])
        return self.broadcast_to(x, of_x), self.broadcast_to(indices, of_indices)

    def scatter_add(self, x, indices, updates):
        return raw.TensorScatterAdd(
            tensor=x, indices=raw.ExpandDims(input=_as_indices(indices), axis=-1), updates=updates
        )

    def sort(self, x, axis):
        if x.dtype == tf.bool:
            return self.cast(self.sort(self.cast(x, "int32"), axis), "bool")
        return tf.sort(x, axis)

    def argsort(self, x, axis):
        return tf.argsort(self.cast(x, "int32") if x.dtype == tf.bool else x, axis)

    def windows(self, x, size, strides, dilation):
        for i, (taps, stride, step) in enumerate(zip(size, strides, dilation), 1):
            out = (self.shape(x)[i] - (taps - 1) * step - 1) // stride + 1
            ends = (tap * step + (out - 1) * stride + 1 for tap in range(taps))
            slices = [
                self.slice_axis(x, i, tap * step, end, stride) for tap, end in enumerate(ends)
            ]
            x = self.stack(slices, x.shape.rank - 1)
        return x

    def fold(self, x, spatial, strides, dilation):
        for i in range(len(spatial), 0, -1):
            slices = self.unstack(x, x.shape.rank - 2)
            rank = x.shape.rank - 1
            shape = list(self.shape(slices[0]))
            span = (shape[i] - 1) * strides[i - 1] + 1
            shape[i] = spatial[i - 1]
            steps = int_vector((1,) * i + (strides[i - 1],) + (1,) * (rank - i - 1))
            places = []
            for tap, part in enumerate(slices):
                first = tap * dilation[i - 1]
                begin = int_vector((0,) * i + (first,) + (0,) * (rank - i - 1))
                end = shape_vector((*shape[:i], first + span, *shape[i + 1 :]))
                places.append(
                    raw.StridedSliceGrad(
                        shape=shape_vector(shape), begin=begin, end=end, strides=steps, dy=part
                    )
                )
            x = raw.AddN(inputs=places)
        return x

    # ---- free in the contract ----

    def expand_dims(self, x, axis):
        if isinstance(axis, int):
            return raw.ExpandDims(input=x, axis=axis)
        rank = x.shape.rank + len(axis)
        for a in sorted(a % rank for a in axis):
            x = raw.ExpandDims(input=x, axis=a)
        return x

    def squeeze(self, x, axis=None):
        if axis is None:
            axis = [i for i, n in enumerate(x.shape) if n == 1]
        axes = [axis] if isinstance(axis, int) else list(axis)
        return raw.Squeeze(input=x, axis=axes) if axes else x

    def stack(self, xs, axis):
        return raw.Pack(values=list(xs), axis=axis)

    def unstack(self, x, axis):
        return raw.Unpack(value=x, num=x.shape[axis], axis=axis)

    def split(self, x, sections, axis):
        if isinstance(sections, int):
            return raw.Split(axis=axis, value=x, num_split=sections)
        return super().split(x, sections, axis)

    def tile(self, x, repeats):
        if x.dtype == tf.uint16:  # no kernel
            return self.cast(self.tile(self.cast(x, "int32"), repeats), "uint16")
        rank = max(x.shape.rank, len(repeats))
        for _ in range(rank - x.shape.rank):
            x = raw.ExpandDims(input=x, axis=0)
        repeats = (1,) * (rank - len(repeats)) + tuple(repeats)
        return raw.Tile(input=x, multiples=shape_vector(repeats))

    def roll(self, x, shift, axis):
        return raw.Roll(input=x, shift=shift, axis=axis)

    def top_k(self, x, k):
        return tuple(raw.TopKV2(input=x, k=k, sorted=True))


def _as_indices(x):
    """x in a dtype that the gather and scatter kernels take."""
    if x.dtype.name in ("int32", "int64"):
        return x
    return tf.cast(x, "int32" if x.dtype.size < 4 else "int64")
