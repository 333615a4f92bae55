"""The functions of `keraslite.ops`: one NumPy- and Keras-like API, computed by the active engine.

Each takes tensors of the active engine, NumPy arrays, Python numbers, Variables, or KerasTensors
(then it draws a node of a symbolic model). Names, parameters and defaults are those of `keras.ops`.
"""

# fmt: off
# isort: off
from keraslite.ops.activations import (
    celu, elu, gelu, glu, hard_shrink, hard_sigmoid, hard_silu, hard_swish, hard_tanh, leaky_relu,
    log_sigmoid, log_softmax, mish, relu, relu6, selu, sigmoid, silu, soft_shrink, softmax,
    softplus, softsign, sparse_plus, sparse_sigmoid, sparsemax, squareplus, swish, tanh_shrink,
    threshold,
)
from keraslite.ops.arithmetic import (
    abs, absolute, add, cbrt, ceil, clip, divide, divide_no_nan, fabs, floor, floor_divide, fmax,
    fmin, fmod, hypot, maximum, minimum, mod, multiply, nan_to_num, negative, power, reciprocal,
    round, rsqrt, sign, sqrt, square, subtract, true_divide, trunc,
)
from keraslite.ops.contractions import (
    cross, dot, einsum, inner, kron, matmul, outer, tensordot, trace, vdot,
)
from keraslite.ops.control import (
    associative_scan, cond, fori_loop, map, scan, switch, vectorized_map, while_loop,
)
from keraslite.ops.convolution import (
    average_pool, conv, depth_to_space, depthwise_conv, max_pool, separable_conv, space_to_depth,
)
from keraslite.ops.core import (
    array, cast, convert_to_numpy, convert_to_tensor, copy, dtype, is_tensor, ndim, saturate_cast,
    scatter, scatter_update, shape, size, slice, slice_update,
)
from keraslite.ops.creation import (
    arange, empty, empty_like, eye, full, full_like, geomspace, identity, linspace, logspace,
    meshgrid, multi_hot, one_hot, ones, ones_like, tri, tril, triu, zeros, zeros_like,
)
from keraslite.ops.elementwise import (
    arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh, cos, cosh, deg2rad, erf, exp, exp2,
    expm1, ldexp, log, log10, log1p, log2, logaddexp, logaddexp2, rad2deg, sin, sinc, sinh, tan,
    tanh,
)
from keraslite.ops.gradients import (
    custom_gradient, stop_gradient, value_and_grad,
)
from keraslite.ops.joining import (
    append, array_split, concatenate, dsplit, dstack, hsplit, hstack, split, stack, unstack, vsplit,
    vstack,
)
from keraslite.ops.linalg import (
    cholesky, cholesky_inverse, eigh, fft, fft2, ifft2, inv, irfft, logdet, norm, qr, rfft, solve,
    solve_triangular,
)
from keraslite.ops.logic import (
    allclose, bitwise_and, bitwise_invert, bitwise_left_shift, bitwise_not, bitwise_or,
    bitwise_right_shift, bitwise_xor, equal, greater, greater_equal, heaviside, isclose, isfinite,
    isin, isinf, isnan, isneginf, isposinf, left_shift, less, less_equal, logical_and, logical_not,
    logical_or, logical_xor, not_equal, right_shift, select, where,
)
from keraslite.ops.movement import (
    broadcast_to, diag, diagflat, diagonal, expand_dims, flip, fliplr, flipud, get_item, moveaxis,
    pad, ravel, repeat, reshape, roll, rot90, squeeze, swapaxes, take, take_along_axis, tile,
    transpose, unravel_index,
)
from keraslite.ops.neural import (
    batch_normalization, binary_crossentropy, categorical_crossentropy, dot_product_attention,
    layer_normalization, moments, normalize, rms_normalization, sparse_categorical_crossentropy,
)
from keraslite.ops.reductions import (
    all, amax, amin, any, argmax, argmin, average, count_nonzero, cumprod, cumsum, diff, logsumexp,
    max, mean, min, nanargmax, nanargmin, nancumprod, nancumsum, nanmax, nanmean, nanmin, nanprod,
    nanstd, nansum, nanvar, prod, ptp, std, sum, trapezoid, var,
)
from keraslite.ops.segments import (
    argpartition, argsort, bincount, digitize, in_top_k, median, percentile, quantile, searchsorted,
    segment_max, segment_min, segment_prod, segment_sum, sort, top_k,
)
from keraslite.ops.special import (
    erfinv,
)

__all__ = [
    "abs", "absolute", "add", "all", "allclose", "amax", "amin", "any", "append", "arange",
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "argmax", "argmin",
    "argpartition", "argsort", "array", "array_split", "associative_scan", "average",
    "average_pool", "batch_normalization", "binary_crossentropy", "bincount", "bitwise_and",
    "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "broadcast_to", "cast", "categorical_crossentropy", "cbrt", "ceil", "celu",
    "cholesky", "cholesky_inverse", "clip", "concatenate", "cond", "conv", "convert_to_numpy",
    "convert_to_tensor", "copy", "cos", "cosh", "count_nonzero", "cross", "cumprod", "cumsum",
    "custom_gradient", "deg2rad", "depth_to_space", "depthwise_conv", "diag", "diagflat",
    "diagonal", "diff", "digitize", "divide", "divide_no_nan", "dot", "dot_product_attention",
    "dsplit", "dstack", "dtype", "eigh", "einsum", "elu", "empty", "empty_like", "equal", "erf",
    "erfinv", "exp", "exp2", "expand_dims", "expm1", "eye", "fabs", "fft", "fft2", "flip", "fliplr",
    "flipud", "floor", "floor_divide", "fmax", "fmin", "fmod", "fori_loop", "full", "full_like",
    "gelu", "geomspace", "get_item", "glu", "greater", "greater_equal", "hard_shrink",
    "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "heaviside", "hsplit", "hstack",
    "hypot", "identity", "ifft2", "in_top_k", "inner", "inv", "irfft", "is_tensor", "isclose",
    "isfinite", "isin", "isinf", "isnan", "isneginf", "isposinf", "kron", "layer_normalization",
    "ldexp", "leaky_relu", "left_shift", "less", "less_equal", "linspace", "log", "log10", "log1p",
    "log2", "log_sigmoid", "log_softmax", "logaddexp", "logaddexp2", "logdet", "logical_and",
    "logical_not", "logical_or", "logical_xor", "logspace", "logsumexp", "map", "matmul", "max",
    "max_pool", "maximum", "mean", "median", "meshgrid", "min", "minimum", "mish", "mod", "moments",
    "moveaxis", "multi_hot", "multiply", "nan_to_num", "nanargmax", "nanargmin", "nancumprod",
    "nancumsum", "nanmax", "nanmean", "nanmin", "nanprod", "nanstd", "nansum", "nanvar", "ndim",
    "negative", "norm", "normalize", "not_equal", "one_hot", "ones", "ones_like", "outer", "pad",
    "percentile", "power", "prod", "ptp", "qr", "quantile", "rad2deg", "ravel", "reciprocal",
    "relu", "relu6", "repeat", "reshape", "rfft", "right_shift", "rms_normalization", "roll",
    "rot90", "round", "rsqrt", "saturate_cast", "scan", "scatter", "scatter_update", "searchsorted",
    "segment_max", "segment_min", "segment_prod", "segment_sum", "select", "selu", "separable_conv",
    "shape", "sigmoid", "sign", "silu", "sin", "sinc", "sinh", "size", "slice", "slice_update",
    "soft_shrink", "softmax", "softplus", "softsign", "solve", "solve_triangular", "sort",
    "space_to_depth", "sparse_categorical_crossentropy", "sparse_plus", "sparse_sigmoid",
    "sparsemax", "split", "sqrt", "square", "squareplus", "squeeze", "stack", "std",
    "stop_gradient", "subtract", "sum", "swapaxes", "swish", "switch", "take", "take_along_axis",
    "tan", "tanh", "tanh_shrink", "tensordot", "threshold", "tile", "top_k", "trace", "transpose",
    "trapezoid", "tri", "tril", "triu", "true_divide", "trunc", "unravel_index", "unstack",
    "value_and_grad", "var", "vdot", "vectorized_map", "vsplit", "vstack", "where", "while_loop",
    "zeros", "zeros_like",
]
