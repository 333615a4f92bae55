"""Where and with what a run took place."""

import datetime
import importlib.metadata
import os
import platform
from pathlib import Path

PACKAGES = (
    "keraslite", "numpy", "torch", "jax", "jaxlib", "tensorflow", "keras", "scikit-learn",
)  # fmt: skip
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def describe(device):
    """A dict of processor, cores, versions, date and settings that bear on times."""
    usable = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))(0)
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes"),
        "device": device,
        "accelerator": accelerator() if device != "cpu" else None,
        "processor": processor(),
        "cores": len(usable),
        "threads": {name: os.environ.get(name, "each library's default") for name in THREADS},
        "load_before": os.getloadavg()[0],
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": versions(),
    }


def processor():
    """The model's name as the kernel tells it."""
    source = Path("/proc/cpuinfo")
    lines = source.read_text().splitlines() if source.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def accelerator():
    """The first graphics card's name, as its driver tells it without loading an engine."""
    cards = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    lines = cards[0].read_text().splitlines() if cards else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("Model")]
    return names[0] if names else "unknown"


def versions():
    """{distribution: version} of what is installed of PACKAGES."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
