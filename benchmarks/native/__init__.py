"""The workloads as a good user of each library would write them without Keras.

Each loop module has `make(workload)`, which returns a competitor (see `benchmarks.competitors`).
"""
