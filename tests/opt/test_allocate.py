"""Requests to providers' half-days: optimal, fair, within capacities, and explained."""

import itertools
import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from objective import InvalidInput
from opt.allocate import (
    Allocation,
    HalfDay,
    Importance,
    Problem,
    Provider,
    Request,
    Resource,
    VisitType,
    allocate,
    example,
)
from opt.allocate.options import Option, Options, fits, take
from opt.allocate.reasons import REASONS

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
AM, PM = HalfDay(MONDAY, "am"), HalfDay(MONDAY, "pm")
LATE = date(2026, 3, 31)


def ask(name: str, kind: str = "visit", **other: object) -> Request:
    """Return a request for Monday or Tuesday unless another window is given."""
    window: dict[str, object] = {"earliest": MONDAY, "latest": TUESDAY}
    return Request(name, kind, **{**window, **other})  # type: ignore[arg-type]


def clinic(*requests: Request, **other: object) -> Problem:
    """Return two days of Dr A, an hour each half-day, and of Dr B, who sees visits only."""
    parts: dict[str, object] = {
        "days": (MONDAY, TUESDAY),
        "visit_types": (
            VisitType("visit", 30), VisitType("scan", 20, {"probe": 20}), VisitType("home", 45),
        ),
        "providers": (
            Provider("Dr A", ("visit", "scan"), minutes=60),
            Provider("Dr B", ("visit",), seats=1, works=("monday am",)),
        ),
        "resources": (Resource("probe", 20),),
    }  # fmt: skip
    return Problem(requests=requests, **{**parts, **other})  # type: ignore[arg-type]


def enumerated(options: Options) -> float:
    """Return the least objective of all allocations, by trying each."""
    best = math.inf
    requests = options.problem.requests

    def go_on(number: int, chosen: list[Option | None], left: dict[object, float]) -> None:
        nonlocal best
        if number == len(requests):
            best = min(best, options.objective(chosen))
            return
        if not requests[number].must_serve:
            go_on(number + 1, [*chosen, None], left)
        for one in options.of[number]:
            if fits(one, left):  # type: ignore[arg-type]
                room = dict(left)
                take(one, room)  # type: ignore[arg-type]
                go_on(number + 1, [*chosen, one], room)

    go_on(0, [], dict(options.limits))
    return best


def small(seed: int) -> Problem:
    """Draw a problem of up to six requests that is small enough to enumerate."""
    random = np.random.default_rng(seed)
    days = tuple(MONDAY + timedelta(days=day) for day in range(int(random.integers(1, 3))))
    half_days = [HalfDay(day, half) for day in days for half in ("am", "pm")]
    kinds = [
        VisitType(
            f"type {number}",
            float(random.choice([10, 15, 25])),
            {"room": 1.0} if random.random() < 0.5 else {},
        )
        for number in range(2)
    ]
    staff = [
        Provider(
            name,
            tuple(kind.name for kind in kinds if random.random() < 0.8),
            minutes=float(random.choice([15, 30, 40])),
            seats=2 if random.random() < 0.3 else None,
            absences=tuple(one for one in half_days if random.random() < 0.4),
        )
        for name in ("Dr A", "Dr B")
    ]
    requests = []
    for number in range(int(random.integers(2, 7))):
        first, last = sorted(random.integers(0, len(days), size=2).tolist())
        requests.append(
            Request(
                f"R{number}",
                str(random.choice([kind.name for kind in kinds])),
                days[first],
                days[last],
                patient="P" if random.random() < 0.3 else "",
                requested=days[first] - timedelta(days=int(random.integers(0, 9))),
                urgency=float(random.choice([1, 2, 5])),
                providers=("Dr A",) if random.random() < 0.3 else (),
                halves=("pm",) if random.random() < 0.3 else (),
                continuity="Dr B" if random.random() < 0.3 else "",
                acceptance=float(random.choice([0.5, 0.9, 1.0])),
                acceptance_on={
                    who.name: {one: float(random.choice([0.2, 0.7])) for one in half_days[::2]}
                    for who in staff
                    if random.random() < 0.3
                },
                group=str(random.choice(["town", "country"])),
            )
        )
    importance = Importance(
        unserved=float(random.integers(0, 20)), fairness=float(random.choice([0.0, 0.5, 3.0]))
    )
    return Problem(
        days, tuple(kinds), tuple(staff), tuple(requests), (Resource("room", 2.0),), importance
    )


def check(allocation: Allocation):
    """Every request is told of once, and nothing holds more than it can."""
    problem = allocation.problem
    told = [one.request.id for one in (*allocation.assignments, *allocation.unserved)]
    assert sorted(told) == sorted(request.id for request in problem.requests)
    assert all(use.used <= use.capacity + 1e-6 for use in allocation.use)
    for one in allocation.assignments:
        provider = next(who for who in problem.providers if who.name == one.provider)
        assert one.request.visit_type in provider.visit_types
        assert provider.present(one.half_day)
        assert one.request.earliest <= one.half_day.day <= one.request.latest
    places = {(one.request.who, one.half_day) for one in allocation.assignments}
    assert len(places) == len(allocation.assignments)
    assert all(one.sentence and one.reason in REASONS for one in allocation.unserved)
    assert allocation.bound <= allocation.objective + 1e-6
    assert allocation.objective <= allocation.greedy + 1e-6


@pytest.mark.parametrize("seed", range(50))
def test_small_problems_have_the_optimum_that_enumeration_finds(seed: int):
    """To rounding, with the bound at the optimum."""
    problem = small(seed)
    allocation = allocate(problem, gap=0.0)
    check(allocation)
    best = enumerated(Options(problem))
    assert allocation.objective == pytest.approx(best, rel=1e-7, abs=1e-7)
    assert allocation.bound == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert allocation.termination == "optimal"


def test_a_month_of_a_small_clinic_is_within_one_percent_and_better_than_by_urgency():
    """Eighty requests; the same problem has the same allocation."""
    problem = example(80, providers=4, days=10, seed=3)
    allocation, again = allocate(problem), allocate(problem)
    check(allocation)
    assert allocation.gap <= 0.01
    assert allocation.objective < allocation.greedy
    assert allocation.to_dict()["assignments"] == again.to_dict()["assignments"]
    assert allocation.bound == again.bound


@pytest.mark.nightly
def test_five_hundred_requests_are_within_one_percent():
    """Ten providers and twenty days; the time is measured in the benchmarks."""
    allocation = allocate(example(500), time_limit=300.0)
    check(allocation)
    assert allocation.gap < 0.01
    assert allocation.objective < allocation.greedy


def test_at_the_time_limit_the_best_so_far_is_returned():
    """Never an exception; the bound is true though nothing was solved."""
    problem = example(80, providers=4, days=10, seed=3)
    allocation = allocate(problem, time_limit=0.001)
    check(allocation)
    assert allocation.termination == "time limit"
    assert allocation.objective == allocation.greedy
    assert allocation.bound <= allocate(problem).objective


def test_a_limit_in_the_middle_of_the_search_returns_the_best_so_far():
    """What the solver has when it is stopped, or the places by urgency."""
    problem = example(300, seed=4)
    allocation = allocate(problem, time_limit=2.0, gap=0.0)
    check(allocation)
    assert allocation.termination == "time limit"


def test_too_many_places_are_refused_before_memory_is_full(monkeypatch: pytest.MonkeyPatch):
    """By name, with what is allowed."""
    monkeypatch.setattr("opt.allocate.options.MAX_PLACES", 100)
    with pytest.raises(InvalidInput, match="narrower windows: 100 places at most"):
        allocate(example(30))


def test_the_urgent_go_first_where_there_is_room_for_one():
    """The other is told that a more urgent one took the place."""
    problem = clinic(
        ask("slow", "scan", latest=MONDAY, halves=("am",)),
        ask("fast", "scan", latest=MONDAY, urgency=5.0),
        ask("quick", "scan", latest=MONDAY, urgency=5.0),
    )
    allocation = allocate(problem, gap=0.0)
    (unserved,) = allocation.unserved
    assert unserved.request.id == "slow"
    assert unserved.reason == "urgency"
    assert "probe is full on Mon 2 Mar am and Mon 2 Mar pm" in unserved.sentence
    alone = clinic(
        ask("slow", latest=MONDAY),
        *(ask(f"fast {number}", latest=MONDAY, urgency=5.0) for number in range(5)),
    )
    (unserved,) = allocate(alone, gap=0.0).unserved
    assert (unserved.request.id, unserved.reason) == ("slow", "urgency")
    assert "More urgent requests alone" in unserved.sentence


def test_a_patient_is_never_in_two_places_at_once():
    """Two visits of one patient are in different half-days."""
    problem = clinic(ask("one", patient="P", latest=MONDAY), ask("two", patient="P", latest=MONDAY))
    allocation = allocate(problem, gap=0.0)
    assert {one.half_day for one in allocation.assignments} == {AM, PM}


def test_wishes_and_continuity_are_met_where_they_cost_no_day():
    """Preferred provider and half; who knows the patient."""
    problem = clinic(ask("one", providers=("Dr B",)), ask("two", continuity="Dr A", halves=("pm",)))
    allocation = allocate(problem, gap=0.0)
    places = {one.request.id: (one.provider, one.half_day) for one in allocation.assignments}
    assert places == {"one": ("Dr B", AM), "two": ("Dr A", PM)}
    assert all(one.unmet == () for one in allocation.assignments)


def test_fairness_helps_the_group_that_waits_longest():
    """A place on Monday goes to the group whose mean is longer, though it is no more urgent."""
    requests = [
        ask(f"T{number}", group="town", requested=MONDAY - timedelta(days=2)) for number in range(6)
    ] + [ask(f"C{number}", group="country", requested=MONDAY - timedelta(days=9)) for number in
         range(3)]  # fmt: skip
    fair = allocate(clinic(*requests, importance=Importance(fairness=2.0)), gap=0.0)
    assert fair.groups[0].name == "country"
    assert fair.groups[0].served == 3
    assert fair.groups[0].days_served == pytest.approx(9.0)
    means = [group.access for group in fair.groups]
    assert means == sorted(means, reverse=True)


WHY = {
    "no provider": (clinic(ask("one", "home")), "visit_type", "No provider sees home."),
    "a window that is past": (
        clinic(ask("one", earliest=date(2026, 2, 2), latest=date(2026, 2, 3))),
        "window", "None of the days planned, 2 Mar 2026 to 3 Mar 2026, is in the window"),
    "a window to come": (clinic(ask("one", earliest=LATE, latest=LATE)), "window", "31 Mar 2026"),
    "absent": (
        clinic(ask("one", "scan", latest=MONDAY),
               providers=(Provider("Dr A", ("scan",), minutes=60, absences=(AM, PM)),)),
        "absent", "Dr A sees scan, but has no session of 20 minutes from 2 Mar 2026"),
    "too short": (
        clinic(ask("one"), providers=(Provider("Dr A", ("visit",), minutes=20),)),
        "absent", "no session of 30 minutes"),
    "no equipment": (
        clinic(ask("one", "scan"), resources=(Resource("probe", 10),)),
        "resource", "not enough of probe on any of the 4 half-days"),
    "equipment is taken": (
        clinic(*(ask(f"{number}", "scan", latest=MONDAY) for number in range(3))),
        "resource", "probe is full on Mon 2 Mar am and Mon 2 Mar pm"),
    "full": (
        clinic(*(ask(f"{number}", latest=MONDAY) for number in range(6))),
        "provider", "Of the 3 possible places in the window none is left: Dr A and Dr B have no"),
    "elsewhere": (
        clinic(*(ask(name, patient="P", latest=MONDAY) for name in "abc")),
        "elsewhere", "the patient has another visit at the same time"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(WHY))
def test_who_is_not_served_is_told_why(name: str):
    """The reason and a sentence that names what is in the way."""
    problem, reason, words = WHY[name]
    allocation = allocate(problem, gap=0.0)
    check(allocation)
    assert [one.reason for one in allocation.unserved] == [reason]
    assert words in allocation.unserved[0].sentence
    assert allocation.reasons == {REASONS[reason]: 1}


def test_identical_requests_are_decided_together_and_served_in_the_order_given():
    """The first of them gets the earliest place."""
    requests = [ask(f"R{number}") for number in range(8)]
    problem = clinic(*requests)
    assert len(Options(problem).kinds) == 1
    allocation = allocate(problem, gap=0.0)
    days = [one.half_day for one in allocation.assignments]
    assert days == sorted(days)
    assert len(days) == 8


def test_without_requests_the_allocation_is_empty():
    """Nothing to decide, nothing to refuse."""
    allocation = allocate(clinic())
    assert (allocation.objective, allocation.bound, allocation.gap) == (0.0, 0.0, 0.0)
    assert allocation.termination == "optimal"
    assert allocation.assignments == allocation.unserved == allocation.groups == ()
    assert all(use.visits == 0 for use in allocation.use)


def test_who_must_be_served_is():
    """Even if it is the least urgent."""
    problem = clinic(
        ask("must", latest=MONDAY, must_serve=True, urgency=0.1),
        *(ask(f"fast {number}", latest=MONDAY, urgency=5.0) for number in range(6)),
    )
    allocation = allocate(problem, gap=0.0)
    assert allocation.assignments[0].request.id == "must"


def test_requests_that_must_be_served_and_cannot_name_the_smallest_clash():
    """Three scans on Monday with one probe: those three, and the probe on both half-days."""
    problem = clinic(
        ask("other", must_serve=True),
        *(ask(f"scan {number}", "scan", latest=MONDAY, must_serve=True) for number in range(3)),
    )
    with pytest.raises(InvalidInput) as refused:
        allocate(problem)
    message = str(refused.value)
    assert "cannot all be: scan 0, scan 1, scan 2, with" in message
    assert "20 of probe on Mon 2 Mar am; 20 of probe on Mon 2 Mar pm" in message
    assert "Dr A" not in message
    assert "other" not in message


def test_a_clash_that_is_proved_late_is_refused_all_the_same(monkeypatch: pytest.MonkeyPatch):
    """Where the question took too long, the search itself finds that there is no plan."""
    monkeypatch.setattr("opt.allocate.clashes.QUESTION_SECONDS", 0.0)
    scans = [ask(f"scan {one}", "scan", latest=MONDAY, must_serve=True) for one in range(3)]
    with pytest.raises(InvalidInput, match="those that must be served cannot all be"):
        allocate(clinic(*scans))


def test_a_request_that_must_be_served_and_has_no_place_says_why():
    """Refused by name with the reason."""
    with pytest.raises(InvalidInput, match=r"request 'one', must_serve is True.*No provider sees"):
        allocate(clinic(ask("one", "home", must_serve=True)))


def test_a_problem_is_the_same_after_writing_and_reading_it():
    """to_dict and from_dict, as JSON would keep them."""
    import json

    for problem in (clinic(ask("one", providers=("Dr A",))), example(20, seed=1)):
        assert Problem.from_dict(json.loads(json.dumps(problem.to_dict()))) == problem


def test_utilisation_and_groups_add_up():
    """Used minutes are those of the visits; a group's mean counts everybody in it."""
    problem = clinic(ask("one"), ask("two", group="country"), ask("three", "home"))
    allocation = allocate(problem, gap=0.0)
    used = sum(use.used for use in allocation.use if use.kind == "minutes")
    by_a = sum(one.provider == "Dr A" for one in allocation.assignments)
    assert used == pytest.approx(30 * by_a)
    everyone = next(group for group in allocation.groups if group.name == "everyone")
    assert (everyone.requests, everyone.served) == (2, 1)
    assert everyone.access == pytest.approx((0 + 1 + 14) / 2)


BAD = {
    "no providers": (lambda: clinic(providers=()), "providers is"),
    "no visit types": (lambda: clinic(visit_types=(), providers=()), "visit_types is"),
    "no days": (lambda: clinic(days=()), "days is"),
    "a day twice": (lambda: clinic(days=(MONDAY, MONDAY)), "named once"),
    "an id twice": (lambda: clinic(ask("one"), ask("one")), "requests is 'one'"),
    "an unknown visit type": (lambda: clinic(ask("one", "dance")), "visit_type is 'dance'"),
    "an unknown provider": (
        lambda: clinic(ask("one", providers=("Dr X",))), "providers is 'Dr X'"),
    "unknown continuity": (
        lambda: clinic(ask("one", continuity="Dr X")), "continuity is 'Dr X'"),
    "an unknown resource": (
        lambda: clinic(resources=()), "visit type 'scan', uses is 'probe'"),
    "a provider twice": (
        lambda: clinic(providers=(Provider("Dr A", ("visit",), 60),) * 2), "named once"),
    "negative minutes": (
        lambda: Provider("Dr A", ("visit",), minutes=-1), "minutes is -1"),
    "NaN minutes": (
        lambda: VisitType("visit", float("nan")), "minutes is nan"),
    "negative capacity": (lambda: Resource("probe", -3), "capacity is -3"),
    "negative seats": (lambda: Provider("Dr A", ("visit",), seats=-1), "seats is -1"),
    "no capacity at all": (lambda: Provider("Dr A", ("visit",)), "minutes is None"),
    "an absence outside": (
        lambda: clinic(providers=(
            Provider("Dr A", ("visit",), 60, absences=(HalfDay(LATE, "am"),)),)),
        "absences is '2026-03-31 am'"),
    "a capacity outside": (
        lambda: clinic(resources=(Resource("probe", 1, {HalfDay(LATE, "am"): 2}),)),
        "capacity_on is '2026-03-31 am'"),
    "a window backwards": (lambda: ask("one", latest=date(2026, 3, 1)), "latest is '2026-03-01'"),
    "a date in words": (lambda: ask("one", latest="tomorrow"), "latest is 'tomorrow'"),
    "requested too late": (lambda: ask("one", requested=TUESDAY), "requested is '2026-03-03'"),
    "zero urgency": (lambda: ask("one", urgency=0), "urgency is 0"),
    "NaN urgency": (lambda: ask("one", urgency=float("nan")), "urgency is nan"),
    "a sure refusal": (lambda: ask("one", acceptance=0.0), "acceptance is 0.0"),
    "acceptance above one": (lambda: ask("one", acceptance=1.5), "acceptance is 1.5"),
    "a place surely refused": (
        lambda: ask("one", acceptance_on={"Dr A": {"2026-03-02 am": 0}}),
        "acceptance_on[Dr A][2026-03-02 am] is 0"),
    "a place accepted with NaN": (
        lambda: ask("one", acceptance_on={"Dr A": {"2026-03-02 am": float("nan")}}),
        "acceptance_on[Dr A][2026-03-02 am] is nan"),
    "places in passing": (lambda: ask("one", acceptance_on=0.5), "acceptance_on is 0.5"),
    "a place at noon": (
        lambda: ask("one", acceptance_on={"Dr A": {"2026-03-02 noon": 0.5}}),
        "acceptance_on[Dr A] is '2026-03-02 noon'"),
    "acceptance of an unknown provider": (
        lambda: clinic(ask("one", acceptance_on={"Dr X": {"2026-03-02 am": 0.5}})),
        "acceptance_on is 'Dr X'"),
    "acceptance outside": (
        lambda: clinic(ask("one", acceptance_on={"Dr A": {HalfDay(LATE, "am"): 0.5}})),
        "acceptance_on[Dr A] is '2026-03-31 am'"),
    "an unknown weekday": (lambda: ask("one", weekdays=("someday",)), "weekdays is 'someday'"),
    "an unknown half": (lambda: ask("one", halves=("noon",)), "halves is 'noon'"),
    "a name in passing": (lambda: ask("one", providers="Dr A"), "providers is 'Dr A'"),
    "must_serve in words": (lambda: ask("one", must_serve="yes"), "must_serve is 'yes'"),
    "negative importance": (lambda: Importance(fairness=-1.0), "importance.fairness is -1.0"),
    "an unknown field": (
        lambda: Problem.from_dict({**clinic().to_dict(), "patience": 1}), "problem.patience"),
    "an unknown field of a request": (
        lambda: Request.from_dict({**ask("one").to_dict(), "age": 1}), "request.age"),
    "a missing field": (lambda: Problem.from_dict({"days": []}), "problem.visit_types is None"),
    "a problem in passing": (lambda: allocate({}), "problem is {}"),
    "no time": (lambda: allocate(clinic(), time_limit=0), "time_limit is 0"),
    "a gap of one": (lambda: allocate(clinic(), gap=1.0), "gap is 1.0"),
    "an example of nothing": (lambda: example(-1), "example is -1"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BAD))
def test_bad_input_is_refused_by_name(name: str):
    """The message names field, value and what is allowed."""
    make, message = BAD[name]
    with pytest.raises(InvalidInput) as refused:
        make()
    assert message in str(refused.value)


def test_the_objective_is_that_of_its_definition():
    """Urgency times days, wishes, refusals, and the mean of the slowest group, by hand."""
    importance = Importance(unserved=10.0, half=1.0, fairness=0.5)
    one = ask("one", urgency=2.0, acceptance=0.5, halves=("pm",), earliest=TUESDAY)
    problem = replace(clinic(one), importance=importance)
    options = Options(problem)
    (am,) = (place for place in options.of[0] if place.half_day.half == "am")
    # 0.5 (2 * 1 day + 1 wish) + 0.5 * 2 * (1 + 10) days; the mean is 0.5 * 1 + 0.5 * 11 days.
    assert options.objective([am]) == pytest.approx(1.5 + 11.0 + 0.5 * 6.0)
    assert options.objective([None]) == pytest.approx(2 * 11.0 + 0.5 * 11.0)
    assert len(list(itertools.chain(*options.of))) == 2


def test_a_place_that_is_hardly_accepted_is_left_for_one_that_is_and_priced_by_its_own_number():
    """Acceptance of single places counts in the objective, and moves a patient who can wait."""
    unlikely = {name: {AM: 0.1, PM: 0.1} for name in ("Dr A", "Dr B")}
    plain = allocate(clinic(ask("one", acceptance=0.9)), gap=0).assignments[0]
    assert plain.half_day.day == MONDAY
    problem = clinic(ask("one", acceptance=0.9, acceptance_on=unlikely))
    moved = allocate(problem, gap=0).assignments[0]
    assert moved.half_day.day == TUESDAY
    assert moved.to_dict()["acceptance"] == 0.9
    options = Options(replace(problem, importance=Importance(unserved=10.0, fairness=0.0)))
    monday = next(one for one in options.of[0] if one.half_day.day == MONDAY)
    # Accepted with 0.1 it takes 0 days, else the 1 day that is left and 10 more.
    assert options.objective([monday]) == pytest.approx(0.9 * 11.0)
    both = clinic(ask("one", acceptance_on=unlikely), ask("other"))
    assert len(Options(both).kinds) == 2
