"""What to reach: ratios of keraslite to a rival on the same engine, at most.

The table is issue 3's; "*" stands for every name. Beyond it, keraslite is to be ahead of Keras in
everything, and on torch and JAX within 1.05 of a native loop.
"""

STEP = {  # (engine, workload): (to Keras, to the native loop)
    ("torch", "cnn"): (0.6, 1.05),
    ("torch", "mlp"): (0.5, 1.05),
    ("torch", "transformer"): (1.0, 1.05),
    ("torch", "tiny_mlp"): (0.15, 1.2),
    ("torch", "lstm"): (0.15, 1.1),
    ("torch", "*"): (1.0, 1.05),
    ("jax", "cnn"): (0.6, 0.7),
    ("jax", "mlp"): (0.9, 1.05),
    ("jax", "lstm"): (0.9, 1.05),
    ("jax", "transformer"): (0.9, 1.05),
    ("jax", "tiny_mlp"): (0.15, 0.5),
    ("jax", "*"): (1.0, 1.05),
    ("tensorflow", "tiny_mlp"): (0.3, 1.1),
    ("tensorflow", "*"): (0.95, 1.05),
    ("numpy", "cnn"): (None, 1.0),
    ("numpy", "mlp"): (None, 1.0),
    ("numpy", "tiny_mlp"): (None, 0.5),
    ("numpy", "lstm"): (None, 2.5),
    ("numpy", "transformer"): (None, 2.5),
}
OTHER = {  # figure: (to Keras, to the native loop)
    "call_one_ms": (0.3, None),
    "predict_one_ms": (0.1, None),
    "peak_mib": (1.0, 1.2),
}
IMPORT_EXTRA = 0.15  # seconds beyond the engine's own import


def target(engine, workload, rival, figure):
    """The largest ratio that is good enough, or None where none was set."""
    if figure == "import_extra_s" or (figure == "import_s" and rival != "keras"):
        return None  # held to seconds beyond the engine's import, not to a ratio
    if figure == "grown_mib":
        return None  # explains `peak_mib`
    to_keras, to_native = _row(engine, workload, figure)
    if rival == "keras":
        return 1.0 if to_keras is None else to_keras
    return to_native if rival == "native" else None


def _row(engine, workload, figure):
    if figure.startswith("step_ms"):  # growth's have their setting behind it
        nothing = (None, None)
        return STEP.get((engine, workload), STEP.get((engine, "*"), nothing))
    return OTHER.get(figure, (None, None))
