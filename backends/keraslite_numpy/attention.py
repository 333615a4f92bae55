"""NumPy engine, attention: forward and first-order gradients, a few samples at a time.

The scores of these samples stay in the cache between the passes over them. They are kept without
being divided by their sums: what they are multiplied with is smaller, and divided instead.
"""

import math

import numpy as np

from keraslite_numpy.parallel import in_blocks
from keraslite_numpy.tape import Traced, record_joint, strip

_BLOCK = 1 << 17  # scores at a time


def attention(query, key, value, bias, mask, scale):
    """The contract's `dot_product_attention` for as many heads of key and value as of query.

    bias is an array or None, not traced; what is causal is in the mask.
    """
    traced = any(type(x) is Traced for x in (query, key, value))
    q, k, v = strip(query) * scale, strip(key), strip(value)
    (batch, length, heads, _), places = q.shape, k.shape[1]
    shape = (batch, heads, length, places)
    step = max(1, _BLOCK // max(heads * length * places, 1))
    hidden = None if mask is None else np.broadcast_to(~strip(mask), shape)
    bias = None if bias is None else np.broadcast_to(bias, shape)
    powers = np.empty(shape, q.dtype) if traced else None
    sums = np.empty((*shape[:3], 1), q.dtype)
    out = np.empty((*q.shape[:3], v.shape[-1]), q.dtype)
    low, ones = np.asarray(-1e30, q.dtype), np.ones(places, q.dtype)

    def forward(block):
        p = np.empty((len(q[block]), *shape[1:]), q.dtype) if powers is None else powers[block]
        np.matmul(_heads(q[block]), _heads(k[block]).swapaxes(2, 3), p)
        if bias is not None:
            p += bias[block]
        if hidden is not None:
            np.copyto(p, low, where=hidden[block])
        p -= np.maximum.reduce(p, -1, keepdims=True)
        np.exp(p, p)
        sums[block] = (p.reshape(-1, places) @ ones).reshape(-1, heads, length, 1)
        found = _heads(out[block])
        np.matmul(p, _heads(v[block]), found)
        found /= sums[block]

    in_blocks(forward, batch, step, 8 * math.prod(shape))
    if powers is None:
        return out

    def backward(B, g, need, out, *inputs):
        g = g / _heads(sums)
        matched = np.vecdot(g, out)[..., None]
        dq, dk, dv = np.empty_like(q), np.empty_like(k), np.empty_like(v)

        def part(block):
            p, along = powers[block], _heads(g[block])
            np.matmul(p.swapaxes(2, 3), along, _heads(dv[block]))
            slope = np.matmul(along, _heads(v[block]).swapaxes(2, 3))
            slope -= _heads(matched[block])
            slope *= p
            if hidden is not None:  # a row without places has powers all the same
                np.copyto(slope, 0, where=hidden[block])
            np.matmul(slope, _heads(k[block]), _heads(dq[block]))
            np.matmul(slope.swapaxes(2, 3), _heads(q[block]), _heads(dk[block]))

        in_blocks(part, batch, step, 8 * math.prod(shape))
        dq *= scale
        return dq, dk, dv

    return record_joint(backward, (query, key, value), out)


def _heads(x):
    """(batch, length, heads, size) as (batch, heads, length, size), or back: a view."""
    return x.transpose(0, 2, 1, 3)
