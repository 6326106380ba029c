"""Events are kept for a while."""

from datetime import timedelta

import pytest
from apiflask import APIFlask
from sqlalchemy import func, select

from serve.database import reading
from serve.events.retention import forget_events
from serve.jobs.chores import forget
from serve.models import Event, Practice
from tests.serve.conftest import NOW, Clinic, make_clinic
from tests.serve.events.telling import tell


def test_old_events_are_forgotten_a_bounded_number_at_a_time(
    app: APIFlask, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
):
    """The oldest first, the last one never, and the practice is not changed by it."""
    monkeypatch.setattr("serve.events.retention.MOST", 10)
    monkeypatch.setattr("serve.events.retention.ROUNDS", 3)
    days = timedelta(days=30)
    with app.app_context():
        other = make_clinic("Welch")
        tell(clinic, 45)
        tell(other, 2)
        assert forget_events(NOW + days, days) == 0
        later = NOW + days + timedelta(seconds=1)
        forgotten = [forget_events(later, days) for _ in range(4)]
        assert max(forgotten) <= 30
        assert (sum(forgotten), forgotten[2:]) == (45, [0, 0])
        with reading() as session:
            found = session.get_one(Practice, clinic.practice)
            assert (found.version, found.forgotten_event) == (1, 44)
            assert session.get_one(Practice, other.practice).forgotten_event == 46


def test_the_chore_forgets_events(app: APIFlask, clinic: Clinic):
    """Older than the setting says, thirty days if it does not; others stay."""
    with app.app_context():
        tell(clinic, 3, NOW - timedelta(days=31))
        tell(clinic, 2, NOW - timedelta(days=29))
        forget(NOW)
        with reading() as session:
            assert session.scalar(select(func.count()).select_from(Event)) == 2


def test_none_is_skipped(app: APIFlask, clinic: Clinic):
    """One that is old stays behind one that is not, so that what is kept has no gaps."""
    with app.app_context():
        for days in (31, 29, 31, 28):
            tell(clinic, 1, NOW - timedelta(days=days))
        assert forget_events(NOW, timedelta(days=30)) == 1
