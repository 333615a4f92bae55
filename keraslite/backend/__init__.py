"""The backend contract, the registry of engines, and what is active now.

`keraslite.backend.Backend` is the class that an engine subclasses.
"""

from keraslite.backend.base import Backend
from keraslite.backend.context import context
from keraslite.backend.dtypes import result_type, standardize_dtype
from keraslite.backend.registry import (
    active_backend,
    available_backends,
    device,
    get_backend,
    use_backend,
)
from keraslite.config import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)

__all__ = [
    "Backend",
    "active_backend",
    "available_backends",
    "backend",
    "context",
    "device",
    "epsilon",
    "floatx",
    "get_backend",
    "image_data_format",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
    "use_backend",
]
