"""The clock of a made-up practice: machine time and an offset, which all processes read of a file.

The file is in the home folder and names the practice, so that it is also what tells a made-up
practice from a real one. It is read again only when it changed. Between two changes time goes on by
the machine's clock: at its pace, or faster while the day is played; it never goes back.
"""

import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from serve.clock import Clock, machine_clock

#: The file, and what is locked while it is changed, in the home folder.
FILE, LOCK = "demo.json", "demo.lock"
#: Simulated minutes that pass in a minute while the day is played.
PLAYED = 60.0
#: How often it is noted how late it is.
NOTED = timedelta(seconds=30)


@dataclass(frozen=True)
class Pace:
    """How simulated time goes on from a moment.

    Attributes
    ----------
    practice_id, seed
        The practice, and of what everything is drawn.
    at, since
        The simulated moment, and the machine's at which it was that.
    rate
        Simulated minutes in a minute.
    until
        The simulated moment from which time goes by the machine's pace again; None for none.
    day
        The last date that has begun for the practice.
    """

    practice_id: UUID
    seed: int
    at: datetime
    since: datetime
    day: date
    rate: float = 1.0
    until: datetime | None = None

    def moment(self, machine: datetime) -> datetime:
        """Return the simulated moment at a moment of the machine."""
        passed = max(machine - self.since, timedelta())
        moment = self.at + passed * self.rate
        if self.until is None or moment <= self.until:
            return moment
        return self.until + (moment - self.until) / self.rate

    def playing(self, machine: datetime) -> bool:
        """Return whether time goes faster than the machine's."""
        return self.rate > 1.0 and (self.until is None or self.moment(machine) < self.until)


class DemoClock:
    """A clock that all processes of a made-up practice share.

    Parameters
    ----------
    home
        The home folder. Without the file in it the clock is the machine's.
    machine
        The machine's clock.
    """

    def __init__(self, home: Path, machine: Clock = machine_clock) -> None:
        self.home, self.machine = home, machine
        self._read: tuple[int, int] = (0, 0)
        self._pace: Pace | None = None
        self._last = datetime.min.replace(tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the simulated moment."""
        pace = self.pace
        if pace is None:
            return self.machine()
        # The machine's clock may be set back; this one stands still then.
        self._last = max(self._last, pace.moment(self.machine()))
        return self._last

    @property
    def pace(self) -> Pace | None:
        """How time goes on; None without a made-up practice."""
        try:
            found = os.stat(self.home / FILE)
        except FileNotFoundError:
            return None
        if self._read != (found.st_mtime_ns, found.st_ino):
            self._pace = _of_text((self.home / FILE).read_text())
            self._read = (found.st_mtime_ns, found.st_ino)
        return self._pace

    @property
    def playing(self) -> bool:
        """Whether the day is played."""
        pace = self.pace
        return pace is not None and pace.playing(self.machine())

    def begin(self, practice_id: UUID, seed: int, at: datetime, day: date) -> None:
        """Let simulated time begin for a practice."""
        with self._locked():
            self._write(Pace(practice_id, seed, at, self.machine(), day))

    def resume(self, last: datetime | None) -> None:
        """Go on, at the machine's pace, where time stood when the service was there last.

        Parameters
        ----------
        last
            When something happened for the last time; None if nothing did.
        """
        with self._locked():
            pace, machine = self.pace, self.machine()
            if pace is not None:
                # Nobody has seen more of the time since than lies between two notes.
                seen = max(pace.at, last or pace.at) + NOTED
                at = min(pace.moment(machine), seen)
                self._write(replace(pace, at=at, since=machine, rate=1.0, until=None))

    def note(self) -> None:
        """Note how late it is, every now and then, for a service that begins anew."""
        pace = self.pace
        if pace is not None and self.machine() - pace.since >= NOTED:
            self._change(lambda pace, now: pace)

    def play(self, until: datetime) -> None:
        """Let time go faster, up to a moment."""
        self._change(lambda pace, now: replace(pace, rate=PLAYED, until=until))

    def pause(self) -> None:
        """Let time go at the machine's pace."""
        self._change(lambda pace, now: replace(pace, rate=1.0, until=None))

    def forward_to(self, moment: datetime) -> None:
        """Put the clock forward, if the moment is not past; it goes on as before."""
        self._change(lambda pace, now: replace(pace, at=max(now, moment)))

    def begun(self, day: date) -> None:
        """Note that a date has begun for the practice."""
        self._change(lambda pace, now: replace(pace, day=max(pace.day, day)))

    def _change(self, work: Callable[[Pace, datetime], Pace]) -> None:
        """Change how time goes on; of two who do so at once, one after the other."""
        with self._locked():
            pace, machine = self.pace, self.machine()
            if pace is not None:
                now = pace.moment(machine)
                self._write(work(replace(pace, at=now, since=machine), now))

    def _write(self, pace: Pace) -> None:
        text = json.dumps({key: _plain(value) for key, value in asdict(pace).items()})
        handle, written = tempfile.mkstemp(dir=self.home)
        with os.fdopen(handle, "w") as file:
            file.write(text)
        os.replace(written, self.home / FILE)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / LOCK).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _of_text(text: str) -> Pace:
    kept: Mapping[str, Any] = json.loads(text)
    until = kept["until"]
    return Pace(
        UUID(kept["practice_id"]), kept["seed"], datetime.fromisoformat(kept["at"]),
        datetime.fromisoformat(kept["since"]), date.fromisoformat(kept["day"]), kept["rate"],
        None if until is None else datetime.fromisoformat(until),
    )  # fmt: skip
