"""How far a comparison is, and how long it may still take."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import fmean

from rich.console import Console

from objective.commands.progress import changing_line
from opt.compare.job import Job, Outcome


class Remaining:
    """Estimates the time that open jobs take from that of jobs like them.

    A job is expected to take as long as those of the same strategy on the same instance did; as
    those of the same strategy where there is none; and as all others where there is none of these
    either. Jobs that are done beside each other shorten the time in the proportion seen so far.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._open = {(job.instance, job.label, job.seed) for job in jobs}
        self._taken: dict[tuple[str, ...], list[float]] = defaultdict(list)

    def done(self, job: Job, outcome: Outcome, now: bool) -> None:
        """Take note of an outcome, and of its time if it was measured now."""
        self._open.discard((job.instance, job.label, job.seed))
        if now and outcome.record is not None:
            for key in ((job.instance, job.label), (job.label,), ()):
                self._taken[key].append(outcome.record.seconds)

    def seconds(self, elapsed: float) -> float | None:
        """Return the seconds that remain, after so many; None before anything is known."""
        worked = sum(self._taken[()])
        if not worked:
            return None
        expected = sum(
            fmean(next(self._taken[key] for key in keys if self._taken[key]))
            for instance, label, _ in self._open
            for keys in [((instance, label), (label,), ())]
        )
        return expected * elapsed / worked


@contextmanager
def comparison_progress(
    console: Console, jobs: Sequence[Job]
) -> Iterator[Callable[[Job, Outcome, bool], None]]:
    """Show how many runs are done, and how long the rest may take."""
    remaining = Remaining(jobs)
    began = time.monotonic()
    done = 0

    def line(job: Job, now: bool) -> str:
        left = remaining.seconds(time.monotonic() - began)
        time_left = "" if left is None else f", about {duration(left)} left"
        kept = "" if now else " (was there already)"
        return (
            f"{done} of {len(jobs)} runs{time_left}; last: {job.label} on {job.instance}, seed "
            f"{job.seed}{kept}; Ctrl-C keeps what is finished"
        )

    with changing_line(console) as show:

        def count(job: Job, outcome: Outcome, now: bool) -> None:
            nonlocal done
            done += 1
            remaining.done(job, outcome, now)
            show(lambda: line(job, now))

        yield count


def duration(amount: float) -> str:
    """Return seconds in words that are as fine as an estimate is."""
    if amount < 90:
        return f"{amount:.0f} s"
    return f"{amount / 60:.0f} min" if amount < 5400 else f"{amount / 3600:.1f} h"
