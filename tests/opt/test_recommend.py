"""Open seats priced in one batch and ranked for a new patient."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest

from objective import ClinicSession, InvalidInput, Objective, PatientType, ServiceTime, Weights
from opt import optimise
from opt.files import write_files
from opt.recommend import Importance, OpenSession, Request, recommend
from opt.recommend.__main__ import main
from tests.cases import REAL_CLINICS

WEIGHTS = Weights(waiting=1.0, idle=0.5, tardiness=1.0)
SESSION = ClinicSession(6, 12, 10.0, ServiceTime.gamma(14.0, 0.6), no_show=0.1)
OBJECTIVE = Objective(SESSION, WEIGHTS)
MONDAY = datetime(2026, 3, 2, 9)
BOOKED = [1, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0]
MINUTES = Importance(day=0.0, provider=0.0, weekday=0.0, time=0.0, refusal=0.0)


def offer(name: str = "Monday", **other: object) -> OpenSession:
    """Return a session of five patients in which four seats are open."""
    parts: dict[str, object] = {
        "objective": OBJECTIVE, "booked": BOOKED, "open": [2, 4, 7, 10], "starts": MONDAY,
    }  # fmt: skip
    return OpenSession(name, **{**parts, **other})  # type: ignore[arg-type]


def several() -> list[OpenSession]:
    """Return sessions with different bookings, laws, weights and numbers of patients."""
    random = np.random.default_rng(5)
    laws = [
        OBJECTIVE,
        Objective(replace(SESSION, patients=9), WEIGHTS),
        Objective(ClinicSession(4, 12, 10.0, ServiceTime.exponential(12.0)), Weights(1, 0, 2)),
        Objective(SESSION, WEIGHTS, value_per_patient=3.0),
    ]
    made = []
    for number in range(12):
        booked = random.multinomial(int(random.integers(0, 8)), np.ones(12) / 12)
        places = random.permutation(12)[:5].tolist()
        made.append(
            offer(f"session {number}", objective=laws[number % 4], booked=booked, open=places)
        )
    return made


def test_every_seat_costs_what_direct_evaluation_says():
    """Waits, idle time, overtime and cost to 1e-9, whatever is priced together."""
    sessions = several()
    found = recommend(Request(), sessions, MINUTES)
    assert len(found.seats) == 60
    by_name = {one.name: one for one in sessions}
    for seat in found.seats:
        one = by_name[seat.session]
        total = sum(one.booked)
        objective = one.objective

        def priced(
            schedule: list[int], patients: int, like: Objective = objective
        ) -> dict[str, float]:
            made = Objective(
                replace(like.session, patients=patients), like.weights, chain=like.chain_name,
                step=like.step,
            )  # fmt: skip
            return made(schedule).row(0)

        schedule = list(one.booked)
        schedule[seat.interval] += 1
        after, shows = priced(schedule, total + 1), 1 - objective.session.no_show
        if total:
            before = priced(list(one.booked), total)
        else:
            empty = Objective(objective.session, objective.weights, value_per_patient=0.0,
                              chain=objective.chain_name, step=objective.step)  # fmt: skip
            before = empty(list(one.booked)).row(0)
        assert seat.waiting == pytest.approx(after["waiting"] - before["waiting"], abs=1e-9)
        assert seat.idle == pytest.approx(after["idle"] - before["idle"], abs=1e-9)
        assert seat.tardiness == pytest.approx(after["tardiness"] - before["tardiness"], abs=1e-9)
        waits = shows * ((total + 1) * after["waiting"] - total * before["waiting"])
        assert seat.others_wait + shows * seat.own_wait == pytest.approx(waits, abs=1e-9)
        weights, value = objective.weights, objective.value_per_patient
        per_minute = weights.waiting / ((total + 1) * shows if value is None else 1)
        cost = per_minute * waits + weights.idle * seat.idle + weights.tardiness * seat.tardiness
        cost -= shows * (value or 0.0)
        assert seat.cost == pytest.approx(cost, abs=1e-9)
        assert seat.score == seat.cost


def test_the_order_is_that_of_the_scores_and_ties_keep_the_order_given():
    """Two equal sessions on two days at once: the first named goes first, again and again."""
    sessions = [offer("one"), offer("two"), offer("three", booked=[0] * 12)]
    found = recommend(Request(), sessions, MINUTES)
    scores = [round(seat.score, 9) for seat in found.seats]
    assert scores == sorted(scores)
    equal = [seat.session for seat in found.seats if seat.session != "three"]
    assert equal == ["one", "two"] * 4
    again = recommend(Request(), sessions, MINUTES)
    assert again.seats == found.seats


def test_preferences_move_a_seat_up_and_are_told():
    """A time, a weekday and a provider; the rest stays on offer."""
    request = Request(providers=("Dr A",), weekdays=("monday",), times=((time(10), time(10, 30)),))
    sessions = [
        offer("Monday", provider="Dr A"),
        offer("Tuesday", provider="Dr B", starts=MONDAY + timedelta(days=1)),
    ]
    found = recommend(request, sessions, Importance(day=0, provider=50, weekday=50, time=50))
    best = found.seats[0]
    assert (best.session, best.begins) == ("Monday", MONDAY + timedelta(minutes=70))
    assert best.met == ("provider", "weekday", "time")
    assert best.unmet == ()
    words = "it is at your preferred weekday, at your preferred time and with your preferred"
    assert words in best.explanation
    assert best.explanation.startswith("10:10 adds")
    assert "min to the others' waits together" in best.explanation
    worst = found.seats[-1]
    assert worst.unmet == ("provider", "weekday", "time")
    assert "not with your preferred provider" in worst.explanation
    assert len(found.seats) == 8


def test_urgency_days_and_refusals_count_as_stated():
    """Each part of the score, by subtraction."""
    importance = Importance(day=2.0, refusal=10.0)
    sessions = [offer("Monday"), offer("Friday", starts=MONDAY + timedelta(days=4), acceptance=0.7)]
    request = Request(earliest=MONDAY - timedelta(days=1), urgency=3.0)
    for seat in recommend(request, sessions, importance).seats:
        assert seat.days is not None
        expected = seat.cost + 2.0 * 3.0 * seat.days + 10.0 * (1 - seat.acceptance)
        assert seat.score == pytest.approx(expected)
        assert ("70 %" in seat.explanation) == (seat.session == "Friday")


def test_seats_outside_the_window_are_counted_and_not_offered():
    """Before the earliest and after the latest moment."""
    request = Request(earliest=MONDAY + timedelta(minutes=30), latest=MONDAY + timedelta(hours=1))
    found = recommend(request, [offer()])
    assert [seat.interval for seat in found.seats] == [4]
    assert found.left_out == {"before the earliest date": 1, "after the latest date": 2}
    nothing = recommend(Request(latest=MONDAY), [offer()])
    assert nothing.seats == ()


def test_patients_who_differ_take_their_place_in_the_order():
    """A named type, and one with its own probability not to come."""
    session = REAL_CLINICS["patients differ"]
    objective = Objective(session, WEIGHTS)
    booked = [1, 1, 1, 0, 1, 1, 0, 1, 0]
    one = OpenSession("types", objective, booked, list(range(9)))
    urgent = recommend(Request(patient="urgent"), [one], MINUTES)
    likely = recommend(Request(patient=PatientType(no_show=0.9)), [one], MINUTES)
    by_interval = {seat.interval: seat for seat in urgent.seats}
    for seat in likely.seats:
        assert seat.others_wait <= by_interval[seat.interval].others_wait
    before = objective(booked).row(0)
    order = list(session.order or ())
    order.insert(3, "urgent")
    direct = Objective(replace(session, patients=7, order=order), WEIGHTS)
    after = direct([1, 1, 1, 1, 1, 1, 0, 1, 0]).row(0)
    assert by_interval[3].tardiness == pytest.approx(
        after["tardiness"] - before["tardiness"], abs=1e-9
    )


def test_a_template_offers_what_is_left_of_it():
    """Its open seats, or every interval once all are booked."""
    template = [2, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0]
    half = OpenSession.of_template("half", OBJECTIVE, template, [1, 0, 1, 0, 0] + [0] * 7)
    assert half.open == (0, 4, 6, 8)
    assert OpenSession.of_template("full", OBJECTIVE, template).open == tuple(range(12))


def test_requests_and_sessions_are_the_same_after_writing_and_reading_them():
    """to_dict and from_dict, as JSON would keep them."""
    request = Request(
        PatientType(no_show=0.2), MONDAY, MONDAY + timedelta(days=9), ("Dr A",), ("friday",),
        ((time(9), time(12)),), 2.0,
    )  # fmt: skip
    assert Request.from_dict(json.loads(json.dumps(request.to_dict()))) == request
    assert Importance.from_dict(Importance(day=3).to_dict()) == Importance(day=3)
    one = offer(acceptance={4: 0.5})
    read = OpenSession.from_dict(json.loads(json.dumps(one.to_dict())))
    before, after = recommend(request, [one]).to_dict(), recommend(request, [read]).to_dict()
    assert before["seats"] == after["seats"]
    assert before["seats"][0]["rank"] == 1


@pytest.fixture(scope="module")
def result_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result.json of a search."""
    folder = tmp_path_factory.mktemp("result")
    write_files(folder, optimise(OBJECTIVE), {})
    return folder / "result.json"


def test_the_command_ranks_the_seats_of_a_result(
    result_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """An extra patient in a full session: printed and written."""
    out = tmp_path / "out"
    assert main([str(result_file), "--starts", "2026-03-02T09:00", "--output", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "1. " in printed
    assert "others' waits" in printed
    with (out / "recommendation.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert [float(row["score"]) for row in rows] == sorted(float(row["score"]) for row in rows)
    contents = json.loads((out / "recommendation.json").read_text())
    assert contents["seats"][0]["explanation"] == rows[0]["explanation"]


def test_the_command_reads_a_request_with_its_sessions(
    result_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Half-booked sessions with dates, a window and preferences."""
    template = json.loads(result_file.read_text())["schedule"]
    booked = [0] * 12
    booked[0] = template[0]
    described = {
        "patient": {"no_show": 0.3}, "latest": "2026-03-02T09:30", "times": [["09:00", "10:00"]],
        "importance": {"time": 9.0},
        "sessions": [{"result": str(result_file), "name": "Monday", "provider": "Dr A",
                      "starts": "2026-03-02T09:00", "booked": booked, "acceptance": 0.5}],
    }  # fmt: skip
    path = tmp_path / "request.json"
    path.write_text(json.dumps(described))
    assert main(["--request", str(path), "--output", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "Dr A" in printed
    assert "50 %" in printed
    assert "after the latest date" in printed


def test_the_command_refuses_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """No sessions, no file, no JSON, unknown fields, a wrong number."""
    (tmp_path / "wrong.json").write_text("{")
    (tmp_path / "unknown.json").write_text('{"mood": 1}')
    for arguments, message in (
        ([], "sessions is []"),
        ([str(tmp_path / "none.json")], "none.json"),
        (["--request", str(tmp_path / "wrong.json")], "a JSON file"),
        (["--request", str(tmp_path / "unknown.json")], "request.mood"),
        (["--top", "0"], "top is 0"),
    ):
        assert main(arguments) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1


BAD: dict[str, tuple[Callable[[], object], str]] = {
    "no sessions": (lambda: recommend(Request(), []), "sessions is []"),
    "a session twice": (lambda: recommend(Request(), [offer(), offer()]), "session.name"),
    "no request": (lambda: recommend("me", [offer()]), "request is 'me'"),
    "a seat outside the session": (lambda: offer(open=[12]), "open is 12"),
    "a seat twice": (lambda: offer(open=[3, 3]), "each named once"),
    "bookings of another session": (lambda: offer(booked=[1, 1]), "booked is '2 numbers'"),
    "negative bookings": (lambda: offer(booked=[-1] + [0] * 11), "booked is -1"),
    "acceptance above one": (lambda: offer(acceptance=1.5), "acceptance is 1.5"),
    "acceptance of a closed seat": (lambda: offer(acceptance={0: 0.5}), "acceptance is 0"),
    "NaN acceptance": (lambda: offer(acceptance=float("nan")), "acceptance is nan"),
    "a window backwards": (
        lambda: Request(earliest=MONDAY, latest=MONDAY - timedelta(1)), "request.latest"),
    "a zone and none": (
        lambda: recommend(Request(earliest=MONDAY.replace(tzinfo=UTC)), [offer()]),
        "with a time zone"),
    "a window without dates": (
        lambda: recommend(Request(earliest=MONDAY), [offer(starts=None)]), "starts is None"),
    "a session beyond the calendar": (
        lambda: offer(starts=datetime(9999, 12, 31, 23)), "starts is '9999-12-31 23:00:00'"),
    "an unknown weekday": (lambda: Request(weekdays=("today",)), "request.weekdays is 'today'"),
    "times backwards": (lambda: Request(times=((time(11), time(10)),)), "request.times"),
    "a name in passing": (lambda: Request(providers="Dr A"), "request.providers is 'Dr A'"),
    "negative urgency": (lambda: Request(urgency=-1.0), "request.urgency is -1.0"),
    "negative importance": (lambda: Importance(day=-1), "importance.day is -1"),
    "an unknown type": (lambda: recommend(Request(patient="new"), [offer()]), "patient is 'new'"),
    "types that must be named": (
        lambda: recommend(Request(), [OpenSession(
            "types", Objective(REAL_CLINICS["patients differ"], WEIGHTS),
            [1, 1, 1, 0, 1, 1, 0, 1, 0], [3])]),
        "patient is None"),
    "an unknown field": (lambda: Request.from_dict({"mood": "good"}), "request.mood"),
    "a date in words": (lambda: Request.from_dict({"earliest": "soon"}), "request.earliest"),
    "an unknown field of a session": (
        lambda: OpenSession.from_dict({**offer().to_dict(), "room": 1}), "session.room"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BAD))
def test_bad_input_is_refused_by_name(name: str):
    """The message names field, value and what is allowed."""
    make, message = BAD[name]
    with pytest.raises(InvalidInput) as refused:
        make()
    assert message in str(refused.value)
