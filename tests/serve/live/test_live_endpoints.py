"""What staff and patients are told of sessions that run."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from serve.database import reading
from serve.models import Appointment, AuditEntry, ClinicDay
from tests.serve.conftest import Client, HandClock, make_clinic, token_for
from tests.serve.live.conftest import MINUTE, START, Running


def at(text: str) -> float:
    """Return a moment of an answer in minutes from the sessions' start."""
    return (datetime.fromisoformat(text) - START) / MINUTE


def play(running: Running, clock: HandClock) -> tuple[UUID, list[UUID]]:
    """Add a session of which one patient is done, one is seen and one waits, 21 minutes after."""
    day, booked = running.add_day()
    running.become(booked[0], "completed", arrived=-3, started=0, ended=14)
    running.become(booked[1], "in_consultation", arrived=-1, started=14)
    running.become(booked[2], "arrived", arrived=9)
    clock.moment = START + 21 * MINUTE
    return day, booked


def test_a_session_that_runs_is_told_patient_by_patient(
    running: Running, clock: HandClock, as_role: Any
):
    """In the order of service, each with an interval, and how many come before."""
    day, booked = play(running, clock)
    told = as_role("front_desk").get(f"/clinic-days/{day}/live")
    assert (told["state"], told["waiting"], told["to_come"]) == ("running", 1, 3)
    assert told["current_id"] == str(booked[1])
    assert at(told["current_since"]) == 14
    calls = told["calls"]
    assert [one["appointment_id"] for one in calls] == [str(one) for one in booked[2:]]
    assert [one["before"] for one in calls] == [1, 2, 3, 4]
    # An exponential consultation has no memory: what is left of it takes nine minutes.
    assert abs(at(calls[0]["expected_at"]) - 30) < 0.1
    for one in calls:
        assert one["earliest_at"] <= one["expected_at"] <= one["latest_at"]
    assert 0 < told["overtime_probability"] < 1
    assert told["finish_earliest_at"] < told["finish_at"] < told["finish_latest_at"]
    assert told["away_until"] is None


def test_a_session_ahead_is_told_as_it_is_booked(running: Running, clock: HandClock, as_role: Any):
    """The evening before as an hour before; the second patient follows the first."""
    day, _ = running.add_day(no_show=0.0)
    hour = as_role("front_desk").get(f"/clinic-days/{day}/live")
    clock.moment = START - timedelta(hours=15)
    evening = as_role("administrator").get(f"/clinic-days/{day}/live")
    assert hour["state"] == evening["state"] == "ahead"
    assert hour["calls"] == evening["calls"]
    assert hour["finish_at"] == evening["finish_at"]
    assert [at(one["expected_at"]) for one in hour["calls"][:2]] == [0, 9]


def test_a_session_that_is_over_is_told_as_it_was(running: Running, clock: HandClock, as_role: Any):
    """Its end, and the overtime that there was."""
    day, booked = running.add_day(booked=[0, 5])
    running.become(booked[0], "completed", arrived=0, started=0, ended=9)
    running.become(booked[1], "completed", arrived=50, started=50, ended=64.5)
    clock.moment = START + timedelta(hours=3)
    told = as_role("front_desk").get(f"/clinic-days/{day}/live")
    assert (told["state"], told["calls"]) == ("over", [])
    assert at(told["finish_at"]) == at(told["finish_latest_at"]) == 64.5
    assert (told["overtime_probability"], told["expected_overtime"]) == (1.0, 4.5)


def test_a_session_of_nobody_has_no_overtime(running: Running, clock: HandClock, as_role: Any):
    """Ahead, running and over."""
    day, _ = running.add_day(booked=[])
    for minutes, state in ((-60, "ahead"), (5, "running"), (61, "over")):
        clock.moment = START + minutes * MINUTE
        told = as_role("front_desk").get(f"/clinic-days/{day}/live")
        assert (told["state"], told["overtime_probability"]) == (state, 0.0)
        assert at(told["finish_at"]) == 0


def test_the_sessions_of_today_are_told_together(running: Running, clock: HandClock, as_role: Any):
    """Those of the practice; a provider is told of the own ones; each as by itself."""
    day, _ = play(running, clock)
    other, _ = running.add_day(provider=running.add_provider(), starts=START + 30 * MINUTE)
    running.add_day(starts=START + timedelta(days=1))
    told = as_role("front_desk").get("/live")["items"]
    assert [one["clinic_day_id"] for one in told] == [str(day), str(other)]
    alone = as_role("front_desk").get(f"/clinic-days/{day}/live")
    assert told[0] == {name: alone[name] for name in told[0]}
    own = as_role("provider").get("/live")["items"]
    assert [one["clinic_day_id"] for one in own] == [str(day)]


def test_a_session_over_midnight_is_one_of_today(running: Running, clock: HandClock, as_role: Any):
    """Until it is over."""
    night = START.replace(hour=22, minute=30)
    day, booked = running.add_day(starts=night)
    clock.moment = night + 55 * MINUTE
    [told] = as_role("front_desk").get("/live")["items"]
    assert (told["clinic_day_id"], told["state"]) == (str(day), "running")
    for one in booked:
        running.become(one, "no_show")
    clock.moment = night + 65 * MINUTE
    assert as_role("front_desk").get("/live")["items"] == []


def test_a_patient_is_told_of_the_own_consultation_only(
    running: Running, clock: HandClock, as_role: Any
):
    """When it is expected, within which interval, and how many come before; nobody else's."""
    day, booked = play(running, clock)
    running.set(Appointment, booked[3], patient_id=running.clinic.patient)
    patient = as_role("patient")
    own = patient.get(f"/appointments/{booked[3]}/expected")
    [same] = [
        one
        for one in as_role("front_desk").get(f"/clinic-days/{day}/live")["calls"]
        if one["appointment_id"] == str(booked[3])
    ]
    for name in ("expected_at", "earliest_at", "latest_at", "before"):
        assert own[name] == same[name]
    assert (own["state"], own["status"], own["before"]) == ("running", "booked", 2)
    assert patient("GET", f"/appointments/{booked[4]}/expected").status_code == 404
    assert patient("GET", f"/clinic-days/{day}/live").status_code == 403
    assert patient("GET", "/live").status_code == 403


def test_nothing_is_expected_of_who_is_not_to_be_called(
    running: Running, clock: HandClock, as_role: Any
):
    """Who is seen, was, cancelled or did not come, and a request without a seat."""
    _, booked = play(running, clock)
    running.become(booked[4], "no_show")
    running.become(booked[5], "cancelled_by_patient")
    running.become(booked[3], "requested")
    running.set(Appointment, booked[3], seat_id=None, starts_at=None, ends_at=None)
    desk = as_role("front_desk")
    states = {0: "running", 1: "running", 4: "running", 5: "running", 3: "none"}
    for number, state in states.items():
        told = desk.get(f"/appointments/{booked[number]}/expected")
        assert told["state"] == state
        assert {told[name] for name in ("expected_at", "earliest_at", "latest_at", "before")} == {
            None
        }


def test_a_provider_is_told_of_the_own_sessions_only(
    running: Running, clock: HandClock, as_role: Any
):
    """Another's is not there."""
    day, _ = play(running, clock)
    provider = as_role("provider")
    assert provider.get(f"/clinic-days/{day}/live")["clinic_day_id"] == str(day)
    running.set(ClinicDay, day, provider_id=running.add_provider())
    assert provider("GET", f"/clinic-days/{day}/live").status_code == 404
    assert provider("GET", f"/clinic-days/{uuid4()}/live").status_code == 404


def test_whoever_reads_when_patients_are_called_is_written_down(
    running: Running, clock: HandClock, as_role: Any
):
    """One entry for each patient that was told of."""
    day, booked = play(running, clock)
    as_role("front_desk").get(f"/clinic-days/{day}/live")
    with reading() as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.action == "live.read")).all()
        patients = {
            session.get_one(Appointment, identifier).patient_id for identifier in booked[2:]
        }
    assert {one.subject_id for one in found} == set(booked[2:])
    assert {one.patient_id for one in found} == patients
    as_role("front_desk").get(f"/appointments/{booked[3]}/expected")
    with reading() as session:
        query = select(AuditEntry.subject_id).where(AuditEntry.action == "live.expected")
        assert session.scalars(query).all() == [booked[3]]


def test_another_practice_sees_nothing(running: Running, clock: HandClock, as_role: Any):
    """Neither the session nor the appointment."""
    day, booked = play(running, clock)
    other = make_clinic("Welch")
    desk = Client(running.app, token_for(other.users["front_desk"]))
    assert desk("GET", f"/clinic-days/{day}/live").status_code == 404
    assert desk("GET", f"/appointments/{booked[3]}/expected").status_code == 404
    assert desk.get("/live")["items"] == []
