"""What EarlyStopping and ModelCheckpoint share: watching one metric."""

import difflib

_RISING = ("acc", "auc", "precision", "recall", "f1", "fbeta", "iou", "r2", "cosine")


def better_is_higher(mode, monitor, owner):
    """True if the monitored metric is to rise; mode is "auto", "min" or "max"."""
    if mode not in ("auto", "min", "max"):
        raise ValueError(f"{owner}: mode must be 'auto', 'min' or 'max', found {mode!r}.")
    if mode == "auto":
        return any(word in monitor.lower() for word in _RISING)
    return mode == "max"


def monitored(logs, monitor, owner):
    """The metric's value in the logs; ValueError that lists the metrics there are."""
    if monitor in logs:
        return logs[monitor]
    near = difflib.get_close_matches(monitor, list(logs), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    if monitor.startswith("val_") and not any(name.startswith("val_") for name in logs):
        hint = " Give `fit` validation_data or validation_split for it."
    raise ValueError(
        f"{owner} monitors {monitor!r}, which is not among the logs: {', '.join(logs)}.{hint}"
    )
