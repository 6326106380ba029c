"""Lines of progress, and where the commands print."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live

#: Seconds between two plain lines of progress.
PLAIN_EVERY = 5.0


def stdout_console() -> Console:
    """Return a console that does not fold tables when nobody watches."""
    return Console(width=None if sys.stdout.isatty() else 120)


@contextmanager
def changing_line(console: Console) -> Iterator[Callable[[Callable[[], str]], None]]:
    """Show a line that changes on a terminal, and elsewhere a plain one every few seconds.

    What is yielded takes a function that makes the line, called only if the line is shown.
    """
    if console.is_terminal:
        with Live(console=console, refresh_per_second=8, transient=True) as live:
            yield lambda line: live.update(line())
        return
    shown = time.monotonic()

    def plain(line: Callable[[], str]) -> None:
        nonlocal shown
        if time.monotonic() - shown >= PLAIN_EVERY:
            shown = time.monotonic()
            console.print(line(), highlight=False, soft_wrap=True)

    yield plain


@contextmanager
def counted_display(console: Console, what: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many of a known number are done, and how long the rest may take."""
    began = time.monotonic()

    def line(done: int, of: int) -> str:
        seconds = time.monotonic() - began
        left = seconds * (of - done) / done
        return f"{done:,} of {of:,} {what} ({seconds:.1f} s, about {left:.0f} s left)"

    with changing_line(console) as show:
        yield lambda done, of: show(lambda: line(done, of))
