"""Times and memory of keraslite beside Keras 3 and beside native loops: `python -m benchmarks`.

`workloads` says what is computed, `keras_models` has the models written once for keraslite and
Keras, `native/` those written by hand. `worker` measures one competitor in its own process,
`schedule` runs the workers in turn, `ratios`, `targets`, `report` and `plot` tell the outcome.
"""
