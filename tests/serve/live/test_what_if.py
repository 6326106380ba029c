"""A session compared with what it would be; and then it is done."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import torch

from objective.simulator import estimate
from serve.live.observation import observe
from serve.models import ClinicDay
from tests.objective.rest_of_day import simulate_rest
from tests.serve.conftest import HandClock
from tests.serve.live.conftest import MINUTE, START, Running
from tests.serve.live.test_live_endpoints import at, play


def compared(client: Any, day: UUID, **thought: Any) -> Any:
    """Return the answer to a what-if that must be taken."""
    answer = client("POST", f"/clinic-days/{day}/what-if", thought)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def minutes(told: Any) -> list[float]:
    """Return by how much each patient would be called later."""
    return [one["minutes"] for one in told["starts"]]


def test_a_break_now_is_what_comes_of_doing_it(running: Running, clock: HandClock, as_role: Any):
    """The session with it is, to the last second, the session once the break has begun."""
    day, booked = play(running, clock)
    desk = as_role("front_desk")
    before = desk.get(f"/clinic-days/{day}/live")
    told = compared(desk, day, break_minutes=25)
    assert told["as_it_is"] == before
    assert desk.get(f"/clinic-days/{day}/live") == before
    done = desk.post(
        f"/clinic-days/{day}/break", {"minutes": 25}, version=before["clinic_day_version"]
    )
    assert at(done["away_until"]) == 46
    after = desk.get(f"/clinic-days/{day}/live")
    assert after | {"clinic_day_version": 1} == told["with_it"]
    assert [one["appointment_id"] for one in told["starts"]] == [str(one) for one in booked[2:]]
    later = [
        at(one["expected_at"]) - at(other["expected_at"])
        for one, other in zip(after["calls"], before["calls"], strict=True)
    ]
    assert minutes(told) == pytest.approx(later, abs=1e-9)
    assert 16 < later[0] < 18
    assert told["finish_minutes"] == pytest.approx(
        at(after["finish_at"]) - at(before["finish_at"]), abs=1e-9
    )
    assert told["overtime_probability"] == pytest.approx(
        after["overtime_probability"] - before["overtime_probability"]
    )


def test_a_break_at_a_later_moment_delays_only_who_comes_after(
    running: Running, clock: HandClock, as_role: Any
):
    """No consultation begins during it, as on simulated days."""
    day, _ = play(running, clock)
    begins = START + 45 * MINUTE
    told = compared(as_role("front_desk"), day, break_minutes=15, break_at=begins.isoformat())
    first, *_, last = minutes(told)
    assert first < 2 < last
    assert told["finish_minutes"] > 5
    observed = observe(running.standing(day), clock.moment).day
    rest = simulate_rest(replace(observed, breaks=[(45.0, 60.0)]), 40_000, seed=3)
    for call, start in zip(told["with_it"]["calls"], rest.start.values(), strict=True):
        # Told to the second, by a grid of a minute.
        error = estimate(torch.as_tensor(start)).standard_error
        assert abs(at(call["expected_at"]) - start.mean()) < 4 * error + 0.15


def test_walk_ins_are_seen_after_who_is_there(running: Running, clock: HandClock, as_role: Any):
    """What is thought of is what comes of registering one; those to come are called later."""
    day, _ = play(running, clock)
    desk = as_role("front_desk")
    told = compared(desk, day, walk_ins=1)
    assert minutes(told)[0] == 0
    assert all(one > 1 for one in minutes(told)[1:])
    assert len(told["with_it"]["calls"]) == len(told["as_it_is"]["calls"])
    person = running.clinic.stranger
    desk.post("/walk-ins", {"provider_id": str(running.clinic.provider), "patient_id": str(person)})
    after = desk.get(f"/clinic-days/{day}/live")
    assert after["finish_at"] == told["with_it"]["finish_at"]
    booked = [one for one in after["calls"] if not one["walk_in"]]
    assert booked == told["with_it"]["calls"]
    assert compared(desk, day, walk_ins=3)["finish_minutes"] > told["finish_minutes"]


def test_a_cancellation_helps_who_comes_after(running: Running, clock: HandClock, as_role: Any):
    """What is thought of is what comes of cancelling."""
    day, booked = play(running, clock)
    desk = as_role("front_desk")
    told = compared(desk, day, cancelled_id=str(booked[3]))
    assert [one["appointment_id"] for one in told["starts"]] == [
        str(one) for one in (booked[2], *booked[4:])
    ]
    assert minutes(told)[0] == 0
    assert all(one < -0.5 for one in minutes(told)[1:])
    assert told["overtime_probability"] < 0
    desk.post(f"/appointments/{booked[3]}/cancel", {}, version=1)
    assert desk.get(f"/clinic-days/{day}/live") == told["with_it"]


def test_several_things_are_thought_of_together(running: Running, clock: HandClock, as_role: Any):
    """A cancellation makes up for a walk-in, about."""
    day, booked = play(running, clock)
    both = compared(as_role("front_desk"), day, walk_ins=1, cancelled_id=str(booked[3]))
    assert abs(both["finish_minutes"]) < 4


@pytest.mark.parametrize(
    ("thought", "status", "named"),
    [
        ({}, 422, "one of"),
        ({"break_at": "2026-03-02T10:00:00Z"}, 422, "break_minutes"),
        ({"break_minutes": 0}, 422, "break_minutes"),
        ({"break_minutes": 721}, 422, "break_minutes"),
        ({"walk_ins": 0}, 422, "walk_ins"),
        ({"walk_ins": 21}, 422, "walk_ins"),
        ({"break_minutes": 5, "break_at": "2026-03-02T09:00:00Z"}, 422, "break_at"),
        ({"break_minutes": 5, "break_at": "2026-03-09T09:00:00Z"}, 422, "break_at"),
        ({"cancelled_id": str(uuid4())}, 404, "appointment"),
    ],
)  # fmt: skip
def test_what_cannot_be_thought_of_is_refused(
    running: Running, clock: HandClock, as_role: Any, thought: Any, status: int, named: str
):
    """With the field that is wrong."""
    day, _ = play(running, clock)
    answer = as_role("front_desk")("POST", f"/clinic-days/{day}/what-if", thought)
    assert (answer.status_code, named in answer.text) == (status, True), answer.text


def test_what_came_to_an_end_cannot_be_changed(running: Running, clock: HandClock, as_role: Any):
    """Who is seen, a session that is over, and walk-ins outside of the session."""
    day, booked = play(running, clock)
    desk = as_role("front_desk")

    def refused(thought: Any) -> str:
        answer = desk("POST", f"/clinic-days/{day}/what-if", thought)
        assert answer.status_code == 409
        return str(answer.get_json()["reason"])

    assert refused({"cancelled_id": str(booked[1])}) == "status"
    running.set(ClinicDay, day, open=False)
    assert refused({"walk_ins": 1}) == "no_session"
    clock.moment = START - MINUTE
    running.set(ClinicDay, day, open=True)
    for one in booked:
        running.become(one, "booked", started=None, ended=None)
    assert refused({"walk_ins": 1}) == "no_session"
    clock.moment = START + timedelta(hours=20)
    assert refused({"break_minutes": 5}) == "over"


def test_a_provider_begins_and_ends_a_break(running: Running, clock: HandClock, as_role: Any):
    """Of the version that was read; each is announced; no consultation is expected meanwhile."""
    day, _ = play(running, clock)
    provider = as_role("provider")
    path = f"/clinic-days/{day}/break"
    assert provider("POST", path, {"minutes": 30}).status_code == 428
    assert provider("POST", path, {"minutes": 30}, version=7).status_code == 412
    begun = provider.post(path, {"minutes": 30}, version=1)
    assert (at(begun["away_until"]), begun["version"]) == (51, 2)
    told = provider.get(f"/clinic-days/{day}/live")
    assert at(told["away_until"]) == 51
    assert all(at(one["earliest_at"]) >= 51 for one in told["calls"])
    longer = provider.post(path, {"minutes": 40}, version=2)
    assert at(longer["away_until"]) == 61
    ended = provider("DELETE", path, version=3)
    assert (ended.status_code, ended.get_json()["away_until"]) == (200, None)
    again = provider("DELETE", path, version=4)
    assert (again.status_code, again.get_json()["reason"]) == (409, "no_break")
    events = running.events("clinic_day.break_began", "clinic_day.break_ended")
    assert [one.kind.rpartition("_")[2] for one in events] == ["began", "began", "ended"]
    assert {(one.clinic_day_id, one.provider_id) for one in events} == {
        (day, running.clinic.provider)
    }
    assert datetime.fromisoformat(events[0].details["away_until"]) == START + 51 * MINUTE


def test_a_break_that_is_over_cannot_be_ended(running: Running, clock: HandClock, as_role: Any):
    """And counts for nothing."""
    day, _ = play(running, clock)
    desk = as_role("front_desk")
    desk.post(f"/clinic-days/{day}/break", {"minutes": 5}, version=1)
    clock.forward(minutes=5)
    assert desk("DELETE", f"/clinic-days/{day}/break", version=2).status_code == 409
    assert desk.get(f"/clinic-days/{day}/live")["away_until"] is None


@pytest.mark.parametrize("hours", [-13, 14])
def test_a_break_is_of_a_session_that_is_held(
    running: Running, clock: HandClock, as_role: Any, hours: int
):
    """Not of one far ahead, nor of one long over."""
    day, _ = running.add_day()
    clock.moment = START + timedelta(hours=hours)
    answer = as_role("front_desk")("POST", f"/clinic-days/{day}/break", {"minutes": 5}, version=1)
    assert (answer.status_code, answer.get_json()["reason"]) == (409, "not_now")


def test_a_provider_may_be_late(running: Running, clock: HandClock, as_role: Any):
    """A break before the session begins holds up its first patient."""
    day, _ = running.add_day()
    desk = as_role("front_desk")
    desk.post(f"/clinic-days/{day}/break", {"minutes": 65}, version=1)
    told = desk.get(f"/clinic-days/{day}/live")
    assert (told["state"], at(told["calls"][0]["expected_at"])) == ("ahead", 20)


def test_others_neither_plan_nor_break(running: Running, clock: HandClock, as_role: Any):
    """Patients and analysts may not; another's session is not there for a provider."""
    day, _ = play(running, clock)
    for role in ("patient", "analyst"):
        for path, body in (("what-if", {"walk_ins": 1}), ("break", {"minutes": 5})):
            answer = as_role(role)("POST", f"/clinic-days/{day}/{path}", body, version=1)
            assert answer.status_code == 403
    running.set(ClinicDay, day, provider_id=running.add_provider())
    for path, body in (("what-if", {"walk_ins": 1}), ("break", {"minutes": 5})):
        answer = as_role("provider")("POST", f"/clinic-days/{day}/{path}", body, version=1)
        assert answer.status_code == 404
