"""NumPy engine, products of matrices and tensors, all brought to `np.matmul`."""

import functools
import math
from functools import partial

import numpy as np

from keraslite.backend.contractions import Contractions
from keraslite_numpy import parallel
from keraslite_numpy.bfloat16 import is_half, tensor
from keraslite_numpy.reductions import add_up
from keraslite_numpy.tape import TAPE, primitive, record, record_joint, strip, unbroadcast


def matmul(x, y):
    """np.matmul; 16-bit floats through float32; a batch times one matrix as one product."""
    if is_half(x):
        wide = matmul(x.astype(np.float32), y.astype(np.float32))
        return np.asarray(wide).astype(x.dtype)
    if x.ndim > 2 and y.ndim == 2:
        rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
        return parallel.matmul(rows, y).reshape(*x.shape[:-1], y.shape[-1])
    return parallel.matmul(x, y) if x.ndim == 2 == y.ndim else np.matmul(x, y)


def _turn(x):
    """Matrices transposed."""
    return x.swapaxes(-1, -2)


def _rows(B, x):
    if x.ndim == 2:
        return x
    return B.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))


def _matmul_dx(B, g, z, x, y):
    if y.ndim == 1:
        return unbroadcast(B, B.expand_dims(g, -1) * y, x)
    if x.ndim == 1:
        g = B.expand_dims(g, -2)
        return unbroadcast(B, B.squeeze(B.matmul(g, _turn(y)), -2), x)
    return unbroadcast(B, B.matmul(g, _turn(y)), x)


def _matmul_dy(B, g, z, x, y):
    if x.ndim == 1:
        if y.ndim == 1:
            return g * x
        return unbroadcast(B, B.expand_dims(x, -1) * B.expand_dims(g, -2), y)
    if y.ndim == 1:
        return B.matmul(B.reshape(g, (-1,)), _rows(B, x))
    if y.ndim == 2:
        return B.matmul(_turn(_rows(B, x)), _rows(B, g))
    return unbroadcast(B, B.matmul(_turn(x), g), y)


def _dense(x, kernel, bias):
    y = matmul(x, kernel)
    y += bias
    return y


def _dense_backward(B, g, need, y, x, kernel, bias):
    """First-order gradients of x, kernel and bias."""
    rows, x_rows = (
        (g, x) if x.ndim == 2 else (g.reshape(-1, g.shape[-1]), x.reshape(-1, x.shape[-1]))
    )
    dx = d_kernel = None
    if need[0] and need[1]:
        work = rows.size * kernel.shape[0] >> 4
        dx, d_kernel = parallel.together(
            work, lambda: parallel.matmul(rows, kernel.T), lambda: parallel.matmul(x_rows.T, rows)
        )
    elif need[0]:
        dx = parallel.matmul(rows, kernel.T)
    elif need[1]:
        d_kernel = parallel.matmul(x_rows.T, rows)
    d_bias = add_up(rows, 0, False) if need[2] else None
    return dx if dx is None else dx.reshape(x.shape), d_kernel, d_bias


_DENSE_VJPS = (
    lambda B, g, y, x, kernel, bias: _matmul_dx(B, g, y, x, kernel),
    lambda B, g, y, x, kernel, bias: _matmul_dy(B, g, y, x, kernel),
    lambda B, g, y, x, kernel, bias: unbroadcast(B, g, bias),
)


# ---- einsum ----


@functools.lru_cache(maxsize=512)
def _parse(subscripts, ranks):
    """Operands' labels and the result's, "..." replaced by capital-free private labels."""
    inputs, output = subscripts.replace(" ", "").split("->")
    operands = inputs.split(",")
    spare = [chr(c) for c in range(0x3B1, 0x3B1 + 64)]  # Greek letters: not used by callers
    widths = [r - len(s.replace("...", "")) for s, r in zip(operands, ranks)]
    most = max([w for s, w in zip(operands, widths) if "..." in s], default=0)
    dots = spare[:most]

    def expand(labels, width):
        return labels.replace("...", "".join(dots[most - width :]))

    return tuple(map(expand, operands, widths)), expand(output, most)


def _contract(labels, output, operands):
    """Einsum with explicit labels, pairs of operands from left to right."""
    labels, operands = list(labels), list(operands)
    while len(operands) > 1:
        others = set(output).union(*labels[2:])
        kept = "".join(dict.fromkeys(c for c in labels[0] + labels[1] if c in others))
        wanted = output if len(operands) == 2 else kept
        joined = _pair(labels[0], labels[1], wanted, operands[0], operands[1])
        labels[:2], operands[:2] = [wanted], [joined]
    if labels[0] == output:
        return operands[0]
    return _single(labels[0], output, operands[0])


def _single(labels, output, x):
    """Sum out the labels that are not in the result, and put the rest in order."""
    summed = tuple(i for i, c in enumerate(labels) if c not in output)
    if summed:
        x = np.add.reduce(x, summed, x.dtype)
        labels = "".join(c for c in labels if c in output)
    return np.transpose(x, [labels.index(c) for c in output])


def _pair(a, b, output, x, y):
    """Two operands as one batched matrix product."""
    x = _single(a, a := "".join(c for c in a if c in b or c in output), x)
    y = _single(b, b := "".join(c for c in b if c in a or c in output), y)
    sizes = dict(zip(a, x.shape))
    if any(sizes.get(c, n) != n for c, n in zip(b, y.shape)):  # a size of 1 meets another
        return _pair_broadcast(a, b, output, x, y)
    sizes.update(zip(b, y.shape))
    batch = [c for c in output if c in a and c in b]
    inner = [c for c in a if c in b and c not in output]
    left = [c for c in a if c not in b]
    right = [c for c in b if c not in a]

    def arranged(array, labels, order, *groups):
        array = np.transpose(array, [labels.index(c) for c in order])
        return array.reshape(*(math.prod(sizes[c] for c in g) for g in groups))

    if not inner and not (left and right):  # no sum: elementwise product
        return _pair_broadcast(a, b, output, x, y)
    groups = ([batch] if batch else []), [left], [inner], [right]
    rows = arranged(x, a, batch + left + inner, *groups[0], left, inner)
    columns = arranged(y, b, batch + inner + right, *groups[0], inner, right)
    product = np.matmul(rows, columns)
    order = "".join(batch + left + right)
    product = product.reshape([sizes[c] for c in order])
    return product if order == output else np.transpose(product, [order.index(c) for c in output])


def _pair_broadcast(a, b, output, x, y):
    order = "".join(dict.fromkeys(output + a + b))

    def spread(array, labels):
        array = np.transpose(
            array, sorted(range(len(labels)), key=lambda i: order.index(labels[i]))
        )
        kept = iter(array.shape)
        return array.reshape([next(kept) if c in labels else 1 for c in order])

    product = np.multiply(spread(x, a), spread(y, b))
    extra = tuple(range(len(output), len(order)))
    return np.add.reduce(product, extra, product.dtype) if extra else product


def _einsum(*operands_and_labels):
    *operands, labels, output = operands_and_labels
    if is_half(operands[0]):
        wide = _contract(labels, output, [x.astype(np.float32) for x in operands])
        return tensor(np.asarray(wide).astype(operands[0].dtype))
    return _contract(labels, output, operands)


def _einsum_vjp(i, B, g, y, *rest):
    """The result takes the operand's place; those that only the operand had are spread out."""
    *operands, labels, output = rest
    x, own = operands[i], labels[i]
    others = [c for j, c in enumerate(labels) if j != i]
    tensors = [g, *(t for j, t in enumerate(operands) if j != i)]
    known = "".join(c for c in own if c in output or any(c in o for o in others))
    result = _einsum_labels(B, (output, *others), known, tensors)
    sizes = dict(zip(own, x.shape))
    if known != own:
        present = iter(result.shape)
        result = B.reshape(result, tuple(next(present) if c in known else 1 for c in own))
        result = B.broadcast_to(
            result, tuple(sizes[c] if c not in known else n for c, n in zip(own, result.shape))
        )
    return unbroadcast(B, result, x)


def _einsum_labels(B, labels, output, operands):
    """Einsum of labels that are unique within each operand, recorded."""
    vjps = tuple(partial(_einsum_vjp, i) for i in range(len(operands)))
    return record(vjps, operands, _einsum, labels, output)


class NumpyContractions(Contractions):
    matmul = primitive(matmul, _matmul_dx, _matmul_dy)

    def dense(self, x, kernel, bias):
        if bias is None:
            return self.matmul(x, kernel)
        if TAPE.depth > 1 or is_half(x) or kernel.ndim != 2 or bias.ndim != 1 or x.ndim < 2:
            return record(_DENSE_VJPS, (x, kernel, bias), _dense)
        return record_joint(
            _dense_backward, (x, kernel, bias), _dense(strip(x), strip(kernel), strip(bias))
        )

    def einsum(self, subscripts, *operands):
        labels, output = _parse(subscripts, tuple(x.ndim for x in operands))
        labels, operands = list(labels), list(operands)
        spare = iter(map(chr, range(0x410, 0x410 + 64)))
        for i, own in enumerate(labels):  # "ii" becomes "ij" times the identity
            for place, c in enumerate(own):
                if c in own[:place]:
                    new = next(spare)
                    labels[i] = labels[i][:place] + new + labels[i][place + 1 :]
                    size = operands[i].shape[place]
                    labels.append(c + new)
                    operands.append(self.eye(size, size, 0, self.dtype(operands[i])))
        return _einsum_labels(self, tuple(labels), output, operands)
