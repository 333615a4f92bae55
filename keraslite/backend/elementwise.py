"""Contract, elementwise functions of one, two or three tensors."""

import math
from abc import ABC, abstractmethod
from typing import Any


class Elementwise(ABC):
    """Functions applied element by element, with NumPy's broadcasting.

    Operands have one dtype (`keraslite.ops` promotes first); a Python number may stand for the
    second one and takes the tensor's dtype. Between tensors, and between a tensor and a number on
    either side, composites write `+ - * / ** -x` with Python's operators; comparisons, `//` and `%`
    by method.
    Gradients: at ties `maximum` and `minimum` give half to each side; `abs` and `sign` have
    gradient 0 at 0; `relu` has gradient 0 at 0.
    """

    # ---- to implement: one tensor ----

    @abstractmethod
    def negative(self, x) -> Any: ...
    @abstractmethod
    def absolute(self, x) -> Any: ...
    @abstractmethod
    def sign(self, x) -> Any: ...
    @abstractmethod
    def floor(self, x) -> Any: ...
    @abstractmethod
    def ceil(self, x) -> Any: ...
    @abstractmethod
    def round(self, x) -> Any:
        """To the nearest integer, halves to even."""

    @abstractmethod
    def sqrt(self, x) -> Any: ...
    @abstractmethod
    def exp(self, x) -> Any: ...
    @abstractmethod
    def expm1(self, x) -> Any: ...
    @abstractmethod
    def log(self, x) -> Any: ...
    @abstractmethod
    def log1p(self, x) -> Any: ...
    @abstractmethod
    def sin(self, x) -> Any: ...
    @abstractmethod
    def cos(self, x) -> Any: ...
    @abstractmethod
    def tan(self, x) -> Any: ...
    @abstractmethod
    def tanh(self, x) -> Any: ...
    @abstractmethod
    def arcsin(self, x) -> Any: ...
    @abstractmethod
    def arccos(self, x) -> Any: ...
    @abstractmethod
    def arctan(self, x) -> Any: ...
    @abstractmethod
    def erf(self, x) -> Any: ...
    @abstractmethod
    def isfinite(self, x) -> Any: ...
    @abstractmethod
    def isnan(self, x) -> Any: ...
    @abstractmethod
    def logical_not(self, x) -> Any:
        """Of a bool tensor."""

    @abstractmethod
    def bitwise_not(self, x) -> Any: ...

    # ---- to implement: two tensors, and where ----

    @abstractmethod
    def add(self, x, y) -> Any: ...
    @abstractmethod
    def subtract(self, x, y) -> Any: ...
    @abstractmethod
    def multiply(self, x, y) -> Any: ...
    @abstractmethod
    def divide(self, x, y) -> Any:
        """True division of floats."""

    @abstractmethod
    def floor_divide(self, x, y) -> Any:
        """Rounds towards minus infinity, also for integers."""

    @abstractmethod
    def remainder(self, x, y) -> Any:
        """Has the sign of y, as in Python."""

    @abstractmethod
    def power(self, x, y) -> Any: ...
    @abstractmethod
    def maximum(self, x, y) -> Any:
        """NaN where either is NaN."""

    @abstractmethod
    def minimum(self, x, y) -> Any:
        """NaN where either is NaN."""

    @abstractmethod
    def arctan2(self, y, x) -> Any: ...
    @abstractmethod
    def equal(self, x, y) -> Any: ...
    @abstractmethod
    def less(self, x, y) -> Any: ...
    @abstractmethod
    def logical_and(self, x, y) -> Any: ...
    @abstractmethod
    def logical_or(self, x, y) -> Any: ...
    @abstractmethod
    def bitwise_and(self, x, y) -> Any: ...
    @abstractmethod
    def bitwise_or(self, x, y) -> Any: ...
    @abstractmethod
    def bitwise_xor(self, x, y) -> Any: ...
    @abstractmethod
    def left_shift(self, x, y) -> Any: ...
    @abstractmethod
    def right_shift(self, x, y) -> Any:
        """Arithmetic for signed integers."""

    @abstractmethod
    def where(self, condition, x, y) -> Any:
        """x where the bool condition holds, else y; x or y may be a Python number, not both."""

    # ---- free ----

    def not_equal(self, x, y):
        return self.logical_not(self.equal(x, y))

    def less_equal(self, x, y):
        return self.logical_or(self.less(x, y), self.equal(x, y))

    def greater(self, x, y):
        return self.logical_not(self.logical_or(self.less_equal(x, y), self._unordered(x, y)))

    def greater_equal(self, x, y):
        return self.logical_not(self.logical_or(self.less(x, y), self._unordered(x, y)))

    def _unordered(self, x, y):
        """True where x or y is NaN (x is not equal to itself)."""
        nan = self.not_equal(x, x)
        return nan if isinstance(y, (int, float)) else self.logical_or(nan, self.not_equal(y, y))

    def logical_xor(self, x, y):
        return self.not_equal(x, y)

    def isinf(self, x):
        return self.logical_not(self.logical_or(self.isfinite(x), self.isnan(x)))

    def square(self, x):
        return x * x

    def reciprocal(self, x):
        return 1 / x

    def rsqrt(self, x):
        return 1 / self.sqrt(x)

    def clip(self, x, low, high):
        """x limited to [low, high]; the gradient is 1 inside and at the limits, 0 outside."""
        inside = self.logical_and(self.greater_equal(x, low), self.less_equal(x, high))
        limited = self.minimum(self.maximum(self.stop_gradient(x), low), high)
        return self.where(inside, x, limited)

    def log2(self, x):
        return self.log(x) * (1 / math.log(2))

    def log10(self, x):
        return self.log(x) * (1 / math.log(10))

    def exp2(self, x):
        return self.exp(x * math.log(2))

    def logaddexp(self, x, y):
        high = self.stop_gradient(self.maximum(x, y))
        high = self.where(self.isfinite(high), high, 0.0)
        return high + self.log(self.exp(x - high) + self.exp(y - high))

    def sinh(self, x):
        return 0.5 * (self.expm1(x) - self.expm1(-x))

    def cosh(self, x):
        return 0.5 * (self.exp(x) + self.exp(-x))

    def arcsinh(self, x):
        negative = self.less(x, 0)
        big = self.where(negative, -x, x)
        positive = self.log1p(big + big * big / (1 + self.sqrt(big * big + 1)))
        return self.where(negative, -positive, positive)

    def arccosh(self, x):
        return self.log(x + self.sqrt((x - 1) * (x + 1)))

    def arctanh(self, x):
        return 0.5 * (self.log1p(x) - self.log1p(-x))

    # ---- free: activations ----

    def relu(self, x):
        return self.where(self.greater(x, 0), x, 0)

    def relu6(self, x):
        inside = self.logical_and(self.greater(x, 0), self.less(x, 6))
        limited = self.minimum(self.maximum(self.stop_gradient(x), 0), 6)
        return self.where(inside, x, limited)

    def leaky_relu(self, x, negative_slope):
        return self.where(self.greater(x, 0), x, negative_slope * x)

    def sigmoid(self, x):
        negative = self.less(x, 0)
        small = self.exp(self.where(negative, x, -x))  # never overflows; right slope at 0
        return self.where(negative, small, 1.0) / (1 + small)

    def log_sigmoid(self, x):
        return -self.softplus(-x)

    def softplus(self, x):
        """log(1 + exp(x))."""
        negative = self.less(x, 0)
        small = self.exp(self.where(negative, x, -x))
        return self.where(negative, 0.0, x) + self.log1p(small)

    def softsign(self, x):
        return x / (1 + self.absolute(x))

    def silu(self, x):
        return x * self.sigmoid(x)

    def elu(self, x, alpha):
        below = self.where(self.greater(x, 0), 0.0, x)  # keeps expm1 from overflowing
        return self.where(self.greater(x, 0), x, alpha * self.expm1(below))

    def selu(self, x):
        """Klambauer et al., 2017, with their constants."""
        return 1.0507009873554805 * self.elu(x, 1.6732632423543772)

    def gelu(self, x, approximate):
        """x * P(Z <= x) for a standard normal Z, or its tanh approximation."""
        if approximate:
            return 0.5 * x * (1 + self.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
        return 0.5 * x * (1 + self.erf(x * math.sqrt(0.5)))

    def hard_sigmoid(self, x):
        """x / 6 + 0.5 limited to [0, 1]."""
        return self.clip(x / 6 + 0.5, 0.0, 1.0)
