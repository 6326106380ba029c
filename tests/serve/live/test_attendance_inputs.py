"""What the desk records of a day: moments in the wrong order, in the future, long before."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from serve.models import Appointment
from tests.serve.conftest import HandClock
from tests.serve.live.conftest import MINUTE, START, Running


@pytest.fixture
def booked(running: Running, clock: HandClock) -> UUID:
    """An appointment at the session's start; it is twenty minutes later."""
    _, appointments = running.add_day((1, 0, 0))
    clock.moment = START + 20 * MINUTE
    return appointments[0]


def moment(minutes: float) -> dict[str, str]:
    """Return a body with a moment in minutes from the session's start."""
    return {"at": (START + minutes * MINUTE).isoformat()}


def refused(client: Any, appointment: UUID, step: str, minutes: float, version: int) -> str:
    """Return why a step is refused; nothing of what was sent is repeated."""
    sent = moment(minutes)
    answer = client("POST", f"/appointments/{appointment}/{step}", sent, version=version)
    assert answer.status_code == 422, answer.text
    assert sent["at"][:16] not in answer.text
    [wrong] = answer.get_json()["errors"]
    assert wrong["field"] == "at"
    return str(wrong["message"])


def took(client: Any, appointment: UUID, step: str, minutes: float, version: int) -> Any:
    """Record a step that must be taken."""
    return client.post(f"/appointments/{appointment}/{step}", moment(minutes), version=version)


def test_nothing_is_recorded_that_is_still_to_happen(running: Running, booked: UUID, as_role: Any):
    """Neither an arrival nor a start nor an end."""
    desk = as_role("front_desk")
    assert "up to now" in refused(desk, booked, "arrive", 21, 1)
    took(desk, booked, "arrive", -5, 1)
    assert "up to now" in refused(desk, booked, "start", 20.1, 2)
    took(desk, booked, "start", 0, 2)
    assert "up to now" in refused(desk, booked, "end", 1_000_000, 3)
    assert running.get(Appointment, booked).status == "in_consultation"


def test_nothing_is_recorded_before_the_step_before(running: Running, booked: UUID, as_role: Any):
    """No start before the arrival, and no consultation that ended before it began."""
    desk = as_role("front_desk")
    took(desk, booked, "arrive", 2, 1)
    assert "the step before" in refused(desk, booked, "start", 1.9, 2)
    took(desk, booked, "start", 3, 2)
    assert "the step before" in refused(desk, booked, "end", 2.9, 3)
    assert "the step before" in refused(desk, booked, "end", -1_000_000, 3)
    ended = took(desk, booked, "end", 3, 3)
    assert ended["ended_at"] == ended["started_at"]


def test_nobody_arrives_long_before_the_appointment(running: Running, booked: UUID, as_role: Any):
    """By the moment that is told; whoever was booked later cannot have come before that either."""
    desk = as_role("front_desk")
    assert "6 hours before" in refused(desk, booked, "arrive", -361, 1)
    assert "6 hours before" in refused(desk, booked, "arrive", -6_000, 1)
    assert "the step before" in refused(desk, booked, "arrive", -600_000, 1)
    assert took(desk, booked, "arrive", -360, 1)["status"] == "arrived"


def test_it_may_be_too_early_to_arrive(running: Running, clock: HandClock, as_role: Any):
    """By the clock: a patient of another day is not noted by mistake."""
    _, [appointment] = running.add_day((1, 0, 0))
    clock.moment = START - timedelta(hours=6, minutes=1)
    desk = as_role("front_desk")
    answer = desk("POST", f"/appointments/{appointment}/arrive", {}, version=1)
    assert (answer.status_code, answer.get_json()["reason"]) == (409, "too_early")
    clock.forward(minutes=1)
    assert desk.post(f"/appointments/{appointment}/arrive", {}, version=1)["status"] == "arrived"


@pytest.mark.parametrize("step", ["start", "end", "undo"])
def test_no_step_is_left_out(running: Running, booked: UUID, as_role: Any, step: str):
    """A patient who has not come is not seen."""
    answer = as_role("front_desk")("POST", f"/appointments/{booked}/{step}", {}, version=1)
    assert answer.status_code == 409


@pytest.mark.parametrize("at", ["noon", "2026-03-02T09:00:00", "1772442000", 0, "2026-13-02"])
def test_a_moment_must_be_one(running: Running, booked: UUID, as_role: Any, at: Any):
    """With its zone, and no number."""
    answer = as_role("front_desk")("POST", f"/appointments/{booked}/arrive", {"at": at}, version=1)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "at"


def test_an_early_patient_is_seen_in_the_order_of_the_appointments(
    running: Running, clock: HandClock, as_role: Any
):
    """Who came hours before waits for whoever is due first, and then is there at once."""
    day, [first, second] = running.add_day(
        (1, 1, 0), {"law": "deterministic", "minutes": 9.0}, no_show=0.0
    )
    desk = as_role("front_desk")
    clock.moment = START - timedelta(hours=5)
    desk.post(f"/appointments/{second}/arrive", {}, version=1)

    def starts() -> dict[str, float]:
        calls = desk.get(f"/clinic-days/{day}/live")["calls"]
        return {
            one["appointment_id"]: (datetime.fromisoformat(one["expected_at"]) - START) / MINUTE
            for one in calls
        }

    assert list(starts().items()) == [(str(first), 0), (str(second), 10)]
    clock.moment = START - MINUTE
    desk.post(f"/appointments/{first}/arrive", {}, version=1)
    assert list(starts().items()) == [(str(first), 0), (str(second), 9)]
    clock.moment = START + MINUTE
    desk.post(f"/appointments/{first}/cancel", {}, version=2)
    assert list(starts().items()) == [(str(second), 1)]
