"""The bar from now to when a patient is expected to be called."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from serve.live.own_call import OwnCall
from serve.web.patient.expected import WIDTH, bar_of

NOW = datetime(2026, 3, 4, 9, 10, tzinfo=UTC)


def told(earliest: float, expected: float, latest: float, planned: float) -> OwnCall:
    """Return what a patient is told; minutes from now."""
    early, at, late, plan = (
        NOW + timedelta(minutes=one) for one in (earliest, expected, latest, planned)
    )
    return OwnCall(
        appointment_id=uuid4(), clinic_day_id=uuid4(), status="booked", state="running", at=NOW,
        starts_at=plan, expected_at=at, earliest_at=early, latest_at=late, before=1,
    )  # fmt: skip


@pytest.mark.parametrize(
    "minutes", [(10, 15, 30, 12), (0, 0.5, 1, 1), (200, 240, 300, 210), (0, 20, 40, -15)]
)
def test_moments_are_in_their_order_on_the_line(minutes: tuple[float, float, float, float]):
    """From now at its left end to the latest, short of its right end."""
    bar = bar_of(told(*minutes))
    assert bar is not None
    assert 0 <= bar.earliest <= bar.expected <= bar.latest < WIDTH
    assert bar.marks[0] == (0.0, NOW)
    assert bar.marks[1] == (bar.expected, NOW + timedelta(minutes=minutes[1]))


def test_places_are_in_proportion_to_the_minutes():
    """Twice as late is twice as far."""
    bar = bar_of(told(30, 60, 120, 60))
    assert bar is not None
    assert bar.latest == pytest.approx(2 * bar.expected, abs=0.1)
    assert bar.expected == pytest.approx(2 * bar.earliest, abs=0.1)
    assert bar.planned == bar.expected


def test_an_appointment_that_is_past_has_no_place():
    """The line begins now."""
    bar = bar_of(told(0, 5, 10, -5))
    assert bar is not None
    assert bar.planned is None


def test_who_is_not_expected_any_more_has_no_bar():
    """Such as whoever is in consultation."""
    seen = OwnCall(
        appointment_id=uuid4(), clinic_day_id=uuid4(), status="in_consultation",
        state="running", at=NOW, starts_at=NOW,
    )  # fmt: skip
    assert bar_of(seen) is None
