"""Special functions that have no primitive of their own."""

from keraslite.backend.context import context
from keraslite.ops.dispatch import dtype_of, floating, op

# erfinv(x) / x as polynomials, lowest power first, fitted to 50-digit values at Chebyshev nodes
# (relative error below 3e-16): in w = -log(1 - x**2) for w < 6.25, beyond in sqrt(w). The split by
# w is Giles', "Approximating the erfinv function" (2010).
_CENTRAL = (
    1.6536545626831027, 0.7504943200799635, -0.05892256710377784, -0.022604447453449802,
    0.017808361818295655, -0.00413731437741443, -0.0012716922684373015, 0.0012324855686812834,
    -0.0002643936684366174, -0.0001168888399309713, 9.33673917780479e-05,
    -1.5027710420277575e-05, -1.1257319182677936e-05, 7.1300572630824496e-06,
    -6.83718721812117e-07, -1.059321402540731e-06, 5.394320648707009e-07,
    -1.0185147576818285e-08, -9.867713140174249e-08, 3.915473114023045e-08,
    4.792369996100387e-09, -8.562787796742932e-09, 1.5401738716654886e-09,
    7.689312733742569e-10, -2.7032254091069344e-10,
)  # fmt: skip
_TAIL = (
    3.0838856104922208, 0.7539442257706194, 0.0030211394363764865, -0.0015825410891285008,
    0.0007883078512000405, -0.0004006357032703787, 0.00016966502384997928,
    -4.739178791780613e-05, 2.405849826863639e-06, 5.1271458282959595e-06,
    -2.6647290027131336e-06, 5.268978286875368e-07, 9.272847268010501e-08,
    -9.536038433614285e-08, 2.6652555523279727e-08, 2.448720579642754e-10,
    -2.6921670135260728e-09, 6.819336997989723e-10, -2.159829264980955e-12,
)  # fmt: skip
_FAR = (
    4.849906401408584, 1.0204034695131903, -0.00014150757667916883, -0.00022154574745913785,
    7.90809911152737e-05, -2.0685739332597974e-05, 4.804496123830006e-06,
    -1.0646577222798543e-06, 2.480303374096088e-07, -7.390337485031731e-08,
    3.2058460865350295e-08, -1.6973257437695698e-08, 8.804782830373874e-09,
    -4.022358558145009e-09, 1.5248339275638457e-09, -4.4195562563929925e-10,
    7.11400297489695e-11, 1.7407763841569273e-11, -1.9389565565689758e-11,
    7.1096019784392205e-12, -1.0232611201844896e-12,
)  # fmt: skip


@op
def erfinv(x):
    """Inverse of `erf` on [-1, 1]: infinite at the ends, NaN outside.

    >>> from keraslite import ops
    >>> round(float(ops.erfinv(ops.erf(0.25))), 6)
    0.25
    """
    x = floating(x)
    backend = context.backend
    if dtype_of(x) in ("float16", "bfloat16"):
        return backend.cast(erfinv(backend.cast(x, "float32")), dtype_of(x))
    size = backend.absolute(x)
    edge = backend.equal(size, 1)
    w = -backend.log1p(-size) - backend.log1p(size)
    w = backend.where(edge, 1.0, w)
    root = backend.sqrt(backend.maximum(w, 1.0))
    central = _polynomial(_CENTRAL, backend.minimum(w, 6.25) / 3.125 - 1)
    tail = _polynomial(_TAIL, (backend.clip(root, 2.5, 4.0) - 3.25) / 0.75)
    far = _polynomial(_FAR, (backend.maximum(root, 4.0) - 5) / 1.01)
    ratio = backend.where(backend.less(w, 6.25), central, tail)
    ratio = backend.where(backend.less(w, 16.0), ratio, far)
    return x * backend.where(edge, float("inf"), ratio)


def _polynomial(coefficients, t):
    """Horner's rule."""
    total = coefficients[-1]
    for c in coefficients[-2::-1]:
        total = total * t + c
    return total
