"""Elementwise exponentials, logarithms and trigonometry.

All are float-valued: integers and bools are cast to `floatx()` first.
"""

import math

from keraslite.backend.context import context
from keraslite.ops.dispatch import dtype_of, floating, op, promoted, tensor


@op
def exp(x):
    """e ** x."""
    return context.backend.exp(floating(x))


@op
def exp2(x):
    """2 ** x."""
    return context.backend.exp2(floating(x))


@op
def expm1(x):
    """exp(x) - 1, exact for small x."""
    return context.backend.expm1(floating(x))


@op
def log(x):
    """Natural logarithm."""
    return context.backend.log(floating(x))


@op
def log1p(x):
    """log(1 + x), exact for small x."""
    return context.backend.log1p(floating(x))


@op
def log2(x):
    """Logarithm to base 2."""
    return context.backend.log2(floating(x))


@op
def log10(x):
    """Logarithm to base 10."""
    return context.backend.log10(floating(x))


@op
def logaddexp(x1, x2):
    """log(exp(x1) + exp(x2)) without overflow."""
    x1, x2 = promoted(x1, x2, True)
    return context.backend.logaddexp(x1, tensor(x2, dtype_of(x1)))


@op
def logaddexp2(x1, x2):
    """log2(2**x1 + 2**x2) without overflow."""
    x1, x2 = promoted(x1, x2, True)
    ln2 = math.log(2)
    x2 = tensor(x2, dtype_of(x1))
    return context.backend.logaddexp(x1 * ln2, x2 * ln2) / ln2


@op
def ldexp(x1, x2):
    """x1 * 2 ** x2."""
    x1 = floating(x1)
    return x1 * context.backend.exp2(tensor(x2, dtype_of(x1)))


@op
def erf(x):
    """The error function."""
    return context.backend.erf(floating(x))


# ---- trigonometry ----


@op
def sin(x):
    """Sine, of radians."""
    return context.backend.sin(floating(x))


@op
def cos(x):
    """Cosine, of radians."""
    return context.backend.cos(floating(x))


@op
def tan(x):
    """Tangent, of radians."""
    return context.backend.tan(floating(x))


@op
def arcsin(x):
    """Inverse sine, in [-pi/2, pi/2]."""
    return context.backend.arcsin(floating(x))


@op
def arccos(x):
    """Inverse cosine, in [0, pi]."""
    return context.backend.arccos(floating(x))


@op
def arctan(x):
    """Inverse tangent, in [-pi/2, pi/2]."""
    return context.backend.arctan(floating(x))


@op
def arctan2(x1, x2):
    """Angle of the point (x2, x1), in [-pi, pi]."""
    x1, x2 = promoted(x1, x2, True)
    return context.backend.arctan2(x1, tensor(x2, dtype_of(x1)))


@op
def sinh(x):
    """Hyperbolic sine."""
    return context.backend.sinh(floating(x))


@op
def cosh(x):
    """Hyperbolic cosine."""
    return context.backend.cosh(floating(x))


@op
def tanh(x):
    """Hyperbolic tangent."""
    return context.backend.tanh(floating(x))


@op
def arcsinh(x):
    """Inverse hyperbolic sine."""
    return context.backend.arcsinh(floating(x))


@op
def arccosh(x):
    """Inverse hyperbolic cosine, of x >= 1."""
    return context.backend.arccosh(floating(x))


@op
def arctanh(x):
    """Inverse hyperbolic tangent, of |x| < 1."""
    return context.backend.arctanh(floating(x))


@op
def deg2rad(x):
    """Degrees to radians."""
    return floating(x) * (math.pi / 180)


@op
def rad2deg(x):
    """Radians to degrees."""
    return floating(x) * (180 / math.pi)


@op
def sinc(x):
    """sin(pi x) / (pi x), 1 at 0."""
    x = floating(x) * math.pi
    backend = context.backend
    zero = backend.equal(x, 0)
    safe = backend.where(zero, 1.0, x)
    return backend.where(zero, 1.0, backend.sin(safe) / safe)
