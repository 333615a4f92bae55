"""Letting a step be recorded only while no other runs."""

import os
import threading


class Gate:
    """Steps of all threads run at the same time. A recording changes what they share, the engine's
    functions and the global seed: it begins only when no other step runs, and others then wait."""

    def __init__(self):
        self._lock, self._running = threading.RLock(), 0

    def enter(self):
        """A step begins; waits while another thread records."""
        with self._lock:
            self._running += 1

    def leave(self):
        """It has ended."""
        with self._lock:
            self._running -= 1

    def close(self):
        """Keep other threads' steps out until `open`; False if some are running."""
        self._lock.acquire()
        if self._running > 1:
            self._lock.release()
            return False
        return True

    def open(self):
        """Let them in again."""
        self._lock.release()


GATE = Gate()
if hasattr(os, "register_at_fork"):  # a child has none of the other threads
    os.register_at_fork(after_in_child=GATE.__init__)
