"""The error function, which NumPy lacks.

float64: W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23
(1969), with the coefficients of his CALERF: x R(x^2) up to 0.46875, 1 - exp(-x^2) R(x) above.
Others: the odd rational function of degrees 13 over 8 that Eigen and XLA use for float32.
"""

import numpy as np

_NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560e00, 1.13864154151050156e02,
     3.77485237685302021e02, 3.20937758913846947e03),
    (1.0, 2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03,
     2.84423683343917062e03),
)  # fmt: skip
_FAR = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e00,
     6.61191906371416295e01, 2.98635138197400131e02, 8.81952221241769090e02,
     1.71204761263407058e03, 2.05107837782607147e03, 1.23033935479799725e03),
    (1.0, 1.57449261107098347e01, 1.17693950891312499e02, 5.37181101862009858e02,
     1.62138957456669019e03, 3.29079923573345963e03, 4.36261909014324716e03,
     3.43936767414372164e03, 1.23033935480374942e03),
)  # fmt: skip
_SINGLE = (
    (-2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06, -5.69250639462346e-05,
     -7.34990630326855e-04, -2.95459980854025e-03, -1.60960333262415e-02),
    (-1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03, -7.37332916720468e-03,
     -1.42647390514189e-02),
)  # fmt: skip
_BLOCK = 1 << 17


def _horner(coefficients, x):
    first, second, *rest = coefficients
    total = x * first
    total += second
    for c in rest:
        total *= x
        total += c
    return total


def _double(x):
    near = np.minimum(np.absolute(x), 0.46875)
    near *= near
    small = x * (_horner(_NEAR[0], near) / _horner(_NEAR[1], near))
    far = np.clip(np.absolute(x), 0.46875, 6.0)  # erf(6) rounds to 1
    large = 1 - np.exp(-far * far) * (_horner(_FAR[0], far) / _horner(_FAR[1], far))
    return np.where(np.absolute(x) <= 0.46875, small, np.copysign(large, x))


def _single(x, result, squared, total):
    """Into `result`, with two more blocks to compute in: what is used again stays in the cache."""
    np.maximum(x, np.float32(-4), out=result)  # erf(4) rounds to 1
    np.minimum(result, np.float32(4), out=result)
    np.multiply(result, result, squared)
    for coefficients, combine in zip(_SINGLE, (np.multiply, np.divide)):
        np.multiply(squared, np.float32(coefficients[0]), total)
        total += np.float32(coefficients[1])
        for c in coefficients[2:]:
            total *= squared
            total += np.float32(c)
        combine(result, total, result)


def erf(x):
    """erf of a float array: within a few units in the last place."""
    if x.dtype not in (np.float32, np.float64):
        return erf(x.astype(np.float32)).astype(x.dtype)
    flat = x.reshape(-1)
    result = np.empty_like(flat)
    squared, total = np.empty((2, min(x.size, _BLOCK)), x.dtype)
    for start in range(0, x.size, _BLOCK):  # many passes over what fits the cache
        part = flat[start : start + _BLOCK]
        if x.dtype == np.float64:
            result[start : start + _BLOCK] = _double(part)
        else:
            count = len(part)
            _single(part, result[start : start + count], squared[:count], total[:count])
    return result.reshape(x.shape)
