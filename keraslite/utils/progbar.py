"""Progbar: a line that shows how far a loop has come."""

import sys
import time

_WIDTH = 30
_INTERVAL = 0.1  # seconds between two draws


class Progbar:
    """A progress bar on standard output.

    Args:
        target: number of steps, None if unknown.
        width: characters of the bar.
        verbose: 0 silent, 1 a bar, 2 only the last line.
        interval: seconds between two draws at least.
        unit_name: what a step is called.
    """

    def __init__(
        self, target, width=_WIDTH, verbose=1, interval=_INTERVAL, stateful_metrics=None,
        unit_name="step",
    ):  # fmt: skip
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self._start = time.perf_counter()
        self._last = 0.0
        self._drawn = 0
        self._is_terminal = hasattr(sys.stdout, "isatty") and sys.stdout.isatty()

    def is_due(self, current):
        """True if it is time to draw again; never in output that is not a terminal."""
        if not self.verbose or not self._is_terminal:
            return False
        return time.perf_counter() - self._last >= self.interval

    def update(self, current, values=None, finalize=None):
        """Draw the state after `current` steps.

        Args:
            current: steps done.
            values: list of (name, number) to show.
            finalize: whether this is the last draw; default: when the target is reached.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        if self.verbose == 0 or (not finalize and not self.is_due(current)):
            return
        if not finalize and self.verbose == 2:
            return
        self._last = time.perf_counter()
        line = self._line(current, values or [], finalize)
        if self._is_terminal and self.verbose == 1:
            sys.stdout.write("\r" + line.ljust(self._drawn))
            self._drawn = len(line)
        else:
            sys.stdout.write(line)
        if finalize:
            sys.stdout.write("\n")
        sys.stdout.flush()

    def add(self, n, values=None):
        """Go n steps on from the last update."""
        self._done = getattr(self, "_done", 0) + n
        self.update(self._done, values)

    def _line(self, current, values, finalize):
        total = str(self.target) if self.target is not None else "?"
        parts = [f"{str(current).rjust(len(total))}/{total}"]
        if self.target and self.verbose == 1:
            filled = int(self.width * current / self.target)
            parts.append("━" * filled + "╺" * (self.width - filled))
        elapsed = time.perf_counter() - self._start
        each = elapsed / max(current, 1)
        if finalize or not self.target:
            parts.append(f"{_duration(elapsed)} {_short(each)}/{self.unit_name}")
        else:
            parts.append(f"{_duration(each * (self.target - current))} left")
        parts += [f"- {name}: {_number(value)}" for name, value in values]
        return " ".join(parts)


def _duration(seconds):
    if seconds < 60:
        return f"{seconds:.0f}s" if seconds >= 1 else f"{seconds * 1e3:.0f}ms"
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def _short(seconds):
    for limit, factor, unit in ((1e-3, 1e6, "us"), (1.0, 1e3, "ms")):
        if seconds < limit:
            return f"{seconds * factor:.0f}{unit}"
    return f"{seconds:.1f}s"


def _number(value):
    if getattr(value, "ndim", 0):
        return str(value)
    value = float(value)
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e5 else f"{value:.4e}"
