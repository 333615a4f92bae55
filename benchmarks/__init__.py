"""Times of training steps on every installed engine: `python -m benchmarks`."""
