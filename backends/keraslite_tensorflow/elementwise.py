"""Elementwise functions: TensorFlow's kernels by their raw ops, which cost half of `tf.add`."""

from keraslite_tensorflow.arrays import raw, scalar
from keraslite_tensorflow.engine import tf


def _unary(op):
    def function(self, x):
        return op(x=x)

    return function


def _signed(op):
    """An op without kernels for unsigned integers: done in int64, which wraps alike."""

    def function(self, x, *others):
        if not x.dtype.is_unsigned:
            return op(self, x, *others)
        wide = (self.cast(t, "int64") if isinstance(t, tf.Tensor) else t for t in (x, *others))
        return self.cast(op(self, *wide), x.dtype.name)

    return function


def _activation(op):
    def function(self, x):
        return op(features=x)

    return function


def _binary(op):
    def function(self, x, y):
        return op(x=x, y=y)

    return function


def _equality(op):
    def function(self, x, y):
        return op(x=x, y=bool(y) if x.dtype.is_bool and isinstance(y, (int, float)) else y)

    return function


def _bitwise(op, logical):
    def function(self, x, y):
        return logical(x=x, y=y) if x.dtype.is_bool else op(x=x, y=y)

    return function


def _whole(op):
    """A rounding: integers are whole already."""

    def function(self, x):
        return op(x=x) if x.dtype.is_floating else x

    return function


def _extreme(op):
    """Maximum or minimum; at ties TensorFlow's gradient would go to one side."""

    def function(self, x, y):
        extreme = op(x=x, y=y)
        if not x.dtype.is_floating:
            return extreme
        return raw.SelectV2(condition=raw.Equal(x=x, y=y), t=0.5 * x + 0.5 * y, e=extreme)

    return function


_int_power = _signed(_binary(raw.Pow))


class TensorflowElementwise:
    negative = _signed(_unary(raw.Neg))
    absolute = _signed(_unary(raw.Abs))
    sign = _signed(_unary(raw.Sign))
    floor = _whole(raw.Floor)
    ceil = _whole(raw.Ceil)
    round = _whole(raw.Round)
    sqrt = _unary(raw.Sqrt)
    exp = _unary(raw.Exp)
    expm1 = _unary(raw.Expm1)
    log = _unary(raw.Log)
    log1p = _unary(raw.Log1p)
    sin = _unary(raw.Sin)
    cos = _unary(raw.Cos)
    tan = _unary(raw.Tan)
    tanh = _unary(raw.Tanh)
    arcsin = _unary(raw.Asin)
    arccos = _unary(raw.Acos)
    arctan = _unary(raw.Atan)
    logical_not = _unary(raw.LogicalNot)

    def bitwise_not(self, x):
        return raw.LogicalNot(x=x) if x.dtype.is_bool else raw.Invert(x=x)

    def erf(self, x):
        if x.dtype == tf.float64:  # the kernel gives NaN at infinity
            return raw.SelectV2(condition=raw.IsInf(x=x), t=raw.Sign(x=x), e=raw.Erf(x=x))
        return raw.Erf(x=x)

    def isfinite(self, x):
        if not x.dtype.is_floating:
            return raw.OnesLike(x=raw.Cast(x=x, DstT="bool"))
        return raw.IsFinite(x=x)

    def isnan(self, x):
        if not x.dtype.is_floating:
            return raw.ZerosLike(x=raw.Cast(x=x, DstT="bool"))
        return raw.IsNan(x=x)

    add = _binary(raw.AddV2)
    subtract = _binary(raw.Sub)
    multiply = _binary(raw.Mul)
    divide = _binary(raw.RealDiv)
    remainder = _binary(raw.FloorMod)
    maximum = _extreme(raw.Maximum)
    minimum = _extreme(raw.Minimum)
    equal = _equality(raw.Equal)
    less = _binary(raw.Less)
    logical_and = _binary(raw.LogicalAnd)
    logical_or = _binary(raw.LogicalOr)
    bitwise_and = _bitwise(raw.BitwiseAnd, raw.LogicalAnd)
    bitwise_or = _bitwise(raw.BitwiseOr, raw.LogicalOr)
    bitwise_xor = _bitwise(raw.BitwiseXor, raw.NotEqual)
    left_shift = _binary(raw.LeftShift)
    right_shift = _binary(raw.RightShift)

    def power(self, x, y):
        if not x.dtype.is_floating:
            return _int_power(self, x, y)
        # TensorFlow's gradient at 0**0 is 0 * 0**-1; that of 1**0 is 0, as it should be.
        if isinstance(y, tf.Tensor):
            both_zero = raw.LogicalAnd(x=raw.Equal(x=x, y=0), y=raw.Equal(x=y, y=0))
            x = self.where(both_zero, 1, x)
        elif y == 0:
            return raw.OnesLike(x=x)
        return raw.Pow(x=x, y=y)

    def floor_divide(self, x, y):
        if not x.dtype.is_floating:
            return raw.FloorDiv(x=x, y=y)
        exact = (x - raw.FloorMod(x=x, y=y)) / y  # floor(x / y) is one too high for 1 // 0.1
        return raw.Round(x=self.where(raw.Equal(x=raw.ZerosLike(x=x) + y, y=0), x / y, exact))

    def arctan2(self, y, x):
        return raw.Atan2(y=y, x=x)

    def where(self, condition, x, y):
        if not isinstance(x, tf.Tensor):
            x = scalar(x, y.dtype)
        elif not isinstance(y, tf.Tensor):
            y = scalar(y, x.dtype)
        return raw.SelectV2(condition=condition, t=x, e=y)

    # ---- free in the contract ----

    not_equal = _equality(raw.NotEqual)
    less_equal = _binary(raw.LessEqual)
    greater = _binary(raw.Greater)
    greater_equal = _binary(raw.GreaterEqual)
    square = _unary(raw.Square)
    rsqrt = _unary(raw.Rsqrt)
    sinh = _unary(raw.Sinh)
    cosh = _unary(raw.Cosh)
    arcsinh = _unary(raw.Asinh)
    arccosh = _unary(raw.Acosh)
    arctanh = _unary(raw.Atanh)
    relu = _activation(raw.Relu)
    relu6 = _activation(raw.Relu6)
    softplus = _activation(raw.Softplus)
    sigmoid = _unary(raw.Sigmoid)

    def elu(self, x, alpha):
        return raw.Elu(features=x) if alpha == 1 else super().elu(x, alpha)
