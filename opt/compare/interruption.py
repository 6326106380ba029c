"""Noticing Ctrl-C, also when a search was at its end and took it to be for itself."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def noticed_interruption() -> Iterator[Callable[[], bool]]:
    """Yield what tells whether Ctrl-C was pressed since it was last asked, whoever handled it.

    A search handles Ctrl-C by ending after its iteration; one that ends anyhow tells nobody. Every
    signal is written to a pipe beside that, which is read here.
    """
    if threading.current_thread() is not threading.main_thread():
        # Signals reach the main thread only.
        yield lambda: False
        return
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)

    def interrupted() -> bool:
        try:
            return signal.SIGINT in os.read(reading, 4096)
        except BlockingIOError:
            return False

    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield interrupted
    finally:
        signal.set_wakeup_fd(before)
        os.close(reading)
        os.close(writing)
