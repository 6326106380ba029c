"""Past sessions under other schedules: the future is not known, and days are as they were."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from objective import InvalidInput, Square, Weights
from opt import optimise
from opt.constraints import Constraints
from opt.registry import BASELINES
from opt.replay.bootstrap import Bootstrap, Interval
from opt.replay.fitting import fit
from opt.replay.past_sessions import PastSession, read_past_sessions
from opt.replay.reasons import ORDER
from opt.replay.replay import IN_USE, OPTIMISED, Replay, replay, session_of
from opt.replay.settings import ReplaySettings
from opt.replay.synthetic import SyntheticSessions
from opt.replay.valuation import Valuation
from opt.replay.words import about, share_ends, share_text, verdict
from tests.plain_day import plain_day

VALUATION = Valuation(Weights(1.0, 0.5, 1.0))
QUICK = Bootstrap(300)
SETTINGS = ReplaySettings(bootstrap=QUICK)


def sessions(folder: Path, **changes: Any) -> list[PastSession]:
    """Return made-up sessions, few and small, from a file."""
    clinic = SyntheticSessions(**{"sessions": 20, "fewest": 4, "most": 6, **changes})
    clinic.table(1).to_csv(folder / "sessions.csv", index=False)
    return read_past_sessions(folder / "sessions.csv")


@pytest.fixture
def past(tmp_path: Path) -> list[PastSession]:
    """Twenty small sessions."""
    return sessions(tmp_path)


@pytest.fixture
def outcome(past: list[PastSession]) -> Replay:
    """Six of them replayed."""
    return replay(past, SETTINGS, VALUATION)


def booked(outcome: Replay, place: int) -> dict[str, list[float]]:
    """Return the appointments of a session replayed."""
    return {name: times.tolist() for name, times in outcome.appointments[place].items()}


def test_each_day_is_that_of_a_plain_event_loop(past: list[PastSession], outcome: Replay):
    """Every schedule on every day, as the minutes really were."""
    comparison = outcome.comparison
    assert comparison.names == [OPTIMISED, IN_USE, *BASELINES]
    for place, session in enumerate(past[14:]):
        plan = outcome.plans[place][OPTIMISED]
        length = len(plan.schedule) * plan.interval_length
        shows = session.patients * (1 - no_show(past[:14]))
        for name, times in outcome.appointments[place].items():
            slow = plain_day(
                times.tolist(), session.minutes.tolist(), session.came.tolist(), length
            )
            found = {part: values[place] for part, values in comparison.measured[name].items()}
            waiting = slow["waited"] / shows
            assert found["waiting"] == pytest.approx(waiting)
            assert found["idle"] == pytest.approx(slow["idle"])
            assert found["tardiness"] == pytest.approx(slow["tardiness"])
            cost = waiting + 0.5 * slow["idle"] + slow["tardiness"]
            assert found["cost"] == pytest.approx(cost)


def no_show(past: Sequence[PastSession]) -> float:
    """Return the share that did not come."""
    return 1 - float(np.concatenate([one.came for one in past]).mean())


def test_the_schedule_in_use_is_the_file_s(past: list[PastSession], outcome: Replay):
    """Appointments off the grid are kept as they are; without any a rule stands for it."""
    for place, session in enumerate(past[14:]):
        assert session.appointments is not None
        assert booked(outcome, place)[IN_USE] == session.appointments.tolist()
    without = replay([replace(one, appointments=None) for one in past], SETTINGS, VALUATION)
    assert without.comparison.names == [OPTIMISED, *BASELINES]
    assert "individual stands for the schedule in use" in " ".join(about(without, SETTINGS))


def test_schedules_are_the_proved_optima_for_what_was_known(
    past: list[PastSession], outcome: Replay
):
    """And cost what was expected: no rule was expected to cost less."""
    expected = outcome.comparison.expected
    for place in range(6):
        assert outcome.plans[place][OPTIMISED].status == "optimal"
        for name in BASELINES:
            assert expected[OPTIMISED][place] <= expected[name][place] + 1e-9
    assert set(expected) == {OPTIMISED, *BASELINES}


@pytest.mark.parametrize("again", [None, 2])
@pytest.mark.parametrize("classes", [None, "visit_type"])
def test_nothing_of_the_future_is_known(
    past: list[PastSession], again: int | None, classes: str | None
):
    """Whatever happens from a session on, it and those before are booked as before."""
    settings = replace(SETTINGS, learn_again_every=again, classes=classes, parts=2)
    before = replay(past, settings, VALUATION)
    for changed in (14, 17):
        other = [
            one if place < changed else replace(one, minutes=one.minutes * 3, came=one.came | True)
            for place, one in enumerate(past)
        ]
        after = replay(other, settings, VALUATION)
        for place in range(changed - 14 + 1):
            assert booked(after, place) == booked(before, place)
            assert after.learnt_from[place] <= 14 + place


def test_rolling_origins_learn_from_all_sessions_before(past: list[PastSession]):
    """Again after every two, and the schedules change with what is learnt."""
    longer = [
        one if place < 14 else replace(one, minutes=one.minutes * 4, came=one.came | True)
        for place, one in enumerate(past)
    ]
    rolling = replay(longer, replace(SETTINGS, learn_again_every=2), VALUATION)
    assert rolling.learnt_from == (14, 14, 16, 16, 18, 18)
    once = replay(longer, SETTINGS, VALUATION)
    assert once.learnt_from == (14,) * 6
    assert booked(rolling, 0) == booked(once, 0)
    assert booked(rolling, 5)[OPTIMISED] != booked(once, 5)[OPTIMISED]


def test_classes_are_booked_by_their_own_laws(tmp_path: Path):
    """Where new patients take much longer, knowing them costs less than not."""
    past = sessions(tmp_path, sessions=40, new_mean=30.0, return_mean=6.0, cv=0.2, new_share=0.4)
    alike = replay(past, SETTINGS, VALUATION)
    known = replay(past, replace(SETTINGS, classes="visit_type"), VALUATION)
    cost = [float(one.comparison.measured[OPTIMISED]["cost"].mean()) for one in (known, alike)]
    assert cost[0] < cost[1]
    with pytest.raises(InvalidInput, match=r"replay.classes is 'patient_class'"):
        replay(past, replace(SETTINGS, classes="patient_class"), VALUATION)


def test_the_planned_length_is_the_file_s_or_follows_from_the_work(past: list[PastSession]):
    """In whole intervals."""
    given = replay(past, SETTINGS, VALUATION)
    assert [len(one[OPTIMISED].schedule) * 5.0 for one in given.plans] == [
        one.length for one in past[14:]
    ]
    unknown = [replace(one, length=None) for one in past]
    worked = replay(unknown, replace(SETTINGS, length_factor=1.5), VALUATION)
    minutes = np.concatenate([one.minutes[one.came] for one in past[:14]]).mean()
    for session, plans in zip(past[14:], worked.plans, strict=True):
        work = 1.5 * session.patients * (1 - no_show(past[:14])) * minutes
        assert len(plans[OPTIMISED].schedule) == np.ceil(work / 5)


def test_makespan_penalties_and_constraints_are_kept(past: list[PastSession]):
    """Each day's cost is that of the objective that was optimised."""
    valuation = Valuation(Weights(1.0, 0.5, 2.0), "makespan", Square())
    outcome = replay(past, SETTINGS, valuation, Constraints(capacity=1))
    for plans in outcome.plans:
        assert max(plans[OPTIMISED].schedule) == 1
    session, times = past[14], outcome.appointments[0][OPTIMISED]
    length = len(outcome.plans[0][OPTIMISED].schedule) * 5.0
    slow = plain_day(times.tolist(), session.minutes.tolist(), session.came.tolist(), length)
    found = {name: values[0] for name, values in outcome.comparison.measured[OPTIMISED].items()}
    assert found["idle"] == pytest.approx(slow["makespan_idle"])
    clock, squares = 0.0, 0.0
    for time, took, came in zip(times, session.minutes, session.came, strict=True):
        if came:
            clock = max(clock, time)
            squares += (clock - time) ** 2
            clock += took
    shows = session.patients * (1 - no_show(past[:14]))
    cost = squares / shows + 0.5 * slow["makespan_idle"] + 2 * slow["tardiness"]
    assert found["cost"] == pytest.approx(cost)


def test_two_replays_with_one_seed_are_the_same(past: list[PastSession], outcome: Replay):
    """Numbers, intervals and words; progress counts to the end; workers change nothing."""
    told: list[tuple[int, int]] = []

    class Backwards:
        """Workers that do the last piece first."""

        def map(self, task: Any, items: Sequence[Any]) -> Iterator[Any]:
            return reversed([task(item) for item in reversed(items)])

        def evaluator(self, objective: Any) -> Any:
            return objective

    again = replay(past, SETTINGS, VALUATION, workers=Backwards(),
                   on_progress=lambda done, of: told.append((done, of)))  # fmt: skip
    assert again.comparison.to_dict() == outcome.comparison.to_dict()
    assert list(again.comparison.rows()) == list(outcome.comparison.rows())
    assert verdict(again) == verdict(outcome)
    assert again.reasons == outcome.reasons
    number = told[0][1]
    assert told == [(done, number) for done in range(1, number + 1)]


def test_the_words_say_whether_it_is_better(past: list[PastSession], outcome: Replay):
    """Better beyond chance, better by chance, or not better, and then why."""

    def with_costs(by: float, spread: float) -> Replay:
        comparison = outcome.comparison
        noise = spread * np.array([1, -1, 1, -1, 1, -1.0])
        ours = comparison.measured[OPTIMISED]["cost"]
        measured = {
            name: one if name == OPTIMISED else {**one, "cost": ours + by + noise}
            for name, one in comparison.measured.items()
        }
        return replace(outcome, comparison=replace(comparison, measured=measured))

    better = verdict(with_costs(2.0, 0.1))
    assert better[0].startswith("The optimised schedule is better than every baseline: ")
    assert len(better) == 2
    perhaps = verdict(with_costs(0.1, 5.0))
    assert "on average, but not beyond chance" in perhaps[0]
    assert any(sentence.startswith("Why, beside") for sentence in perhaps)
    worse = verdict(with_costs(-2.0, 0.1))
    assert worse[0].startswith("The optimised schedule is not better than every baseline")
    assert sum(sentence.startswith("Why, beside") for sentence in worse) == len(outcome.baselines)


def test_a_cost_of_nothing_has_no_percentage(past: list[PastSession]):
    """Where overtime alone counts and there is none, a difference is told in minutes only."""
    long = [replace(one, length=600.0) for one in past]
    comparison = replay(long, SETTINGS, Valuation(Weights(0.0, 0.0, 1.0))).comparison
    assert comparison.per_cent(OPTIMISED, "equispaced") is None
    assert comparison.difference(OPTIMISED, IN_USE) == Interval(0.0, 0.0, 0.0)
    assert comparison.per_cent(OPTIMISED, IN_USE) is None
    assert share_text(None) == share_ends(None) == "not defined"


def test_shuffling_tells_why_a_gain_is_missed(tmp_path: Path):
    """Where consultations become ever shorter, it is their order that was not expected."""
    past = sessions(tmp_path, sessions=60, day_cv=0.0, no_show=0.0, fewest=8, most=8)
    falling = [
        replace(one, minutes=np.sort(one.minutes)[::-1].copy(), appointments=None) for one in past
    ]
    reasons = replay(falling, SETTINGS, VALUATION).reasons
    for name in ("individual", "equispaced"):
        changes = reasons[name].changes
        assert abs(changes[ORDER]) == max(map(abs, changes.values()))
        assert sum(changes.values()) == pytest.approx(
            reasons[name].realised - float(reasons[name].expected or 0)
        )


def test_parts_of_the_session_learn_that_consultations_become_shorter(tmp_path: Path):
    """The law of each part is its own, and the schedule costs less for it."""
    past = sessions(tmp_path, sessions=40, day_cv=0.0, no_show=0.0, fewest=8, most=8)
    falling = [replace(one, minutes=np.sort(one.minutes)[::-1].copy()) for one in past]
    alike = replay(falling, SETTINGS, VALUATION)
    apart = replay(falling, replace(SETTINGS, parts=4), VALUATION)
    cost = [float(one.comparison.measured[OPTIMISED]["cost"].mean()) for one in (apart, alike)]
    assert cost[0] < cost[1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"learn_share": 1.0}, "replay.learn_share is 1.0"),
        ({"learn_again_every": 0}, "replay.learn_again_every is 0"),
        ({"law": "normal"}, "replay.law is 'normal'"),
        ({"classes": "sex"}, "replay.classes is 'sex'"),
        ({"parts": 0}, "replay.parts is 0"),
        ({"interval_length": -5}, "replay.interval_length is -5"),
        ({"interval_length": 2_000}, "replay.interval_length is 2000"),
        ({"length_factor": 11}, "replay.length_factor is 11"),
        ({"rule_in_use": "exact"}, "replay.rule_in_use is 'exact'"),
        ({"file": 3}, "replay.file is 3"),
        ({"files": "a"}, "replay.files is 'a'"),
        ({"bootstrap": {"block": "two"}}, "bootstrap.block is 'two'"),
        ({"synthetic": {"sessions": 1}}, "synthetic.sessions is 1"),
        ({"synthetic": {"cv": 0}}, "synthetic.cv is 0"),
        ({"synthetic": {"no_show": 1}}, "synthetic.no_show is 1"),
        ({"synthetic": {"most": 2}}, "synthetic.most is 2"),
    ],
)
def test_bad_settings_are_refused(given: dict[str, Any], message: str):
    """By name, value and what is allowed, before anything is read."""
    with pytest.raises(InvalidInput, match=message):
        ReplaySettings.from_dict(given)


def test_too_few_sessions_are_refused(past: list[PastSession]):
    """Nothing to replay, or only one block."""
    with pytest.raises(InvalidInput, match=r"replay.learn_share is '0.7 of 3 sessions'"):
        replay(past[:3], SETTINGS, VALUATION)
    with pytest.raises(InvalidInput, match="two blocks"):
        replay(past, replace(SETTINGS, bootstrap=Bootstrap(block=6)), VALUATION)
    with pytest.raises(InvalidInput, match="at most 2000 intervals"):
        replay(past, replace(SETTINGS, interval_length=0.01), VALUATION)


def test_optimise_finds_the_schedule_that_was_replayed(past: list[PastSession], outcome: Replay):
    """The session is what was known before it took place."""
    session = session_of(past[14], fit(past[:14], "empirical"), SETTINGS)
    result = optimise(VALUATION.objective(session, session.expected_shows))
    assert tuple(result.schedule) == outcome.plans[0][OPTIMISED].schedule
