"""Recorded steps: what a step asks of its engine, written down once and then asked directly.

Most of a small model's step is Python that no value can change: layers looking up their settings,
losses checking shapes. Engines without a compiler of their own wrap steps in a `RecordedStep`: it
lets a step run on `Recorded` tensors, which note each call of the engine, and writes the calls as
one function, which later steps run in its place. As on the engines that trace, only what is in
Variables changes from step to step; so a step in which any code of a user's runs stays as it is.
"""

from keraslite.backend.recording.step import RecordedStep

__all__ = ["RecordedStep"]
