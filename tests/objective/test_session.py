"""Sessions, weights and schedules that are refused, each by name."""

import math
import pickle

import pytest
import torch

from objective import (
    ClinicSession,
    InvalidInput,
    Objective,
    ServiceTime,
    WalkIns,
    Weights,
    simulate,
)

LAW = ServiceTime.exponential(9.0)
LATTICE = ServiceTime.pmf([0.5, 0.5], step=2.0)
WALK_INS = WalkIns(LAW, rate=0.1)


def session(**changes: object) -> ClinicSession:
    """Return a good session with some changes."""
    fields = {"patients": 4, "intervals": 6, "interval_length": 5.0, "service_time": LAW}
    return ClinicSession(**{**fields, **changes})


def objective(**changes: object) -> Objective:
    """Return a good objective with some changes."""
    return Objective(**{"session": session(), "weights": Weights(1, 1, 1), **changes})


BAD = {
    "no patients": (lambda: session(patients=0), "session.patients is 0"),
    "negative patients": (lambda: session(patients=-3), "session.patients is -3"),
    "part of a patient": (lambda: session(patients=2.5), "a whole number from 1 to 1000"),
    "more patients than the engine's capacity": (
        lambda: session(patients=1001), "session.patients is 1001"),
    "patients as a decimal": (lambda: session(patients=4.0), "session.patients is 4.0"),
    "an interval longer than a day": (
        lambda: session(interval_length=1e6), "at most 1440 minutes"),
    "an overflowing mean": (
        lambda: session(service_time=ServiceTime.exponential(1e308)), "at most 1e"),
    "an overflowing weight": (lambda: Weights(1e308, 1, 1), "weights.waiting is 1e"),
    "a crowd of walk-ins": (lambda: WalkIns(LAW, rate=2000.0), "at most 100 per interval"),
    "a schedule whose sum wraps around": (
        lambda: objective()([2**62, 2**62, 2**62, 2**62, 4, 0]), r"schedules\[0\]"),
    "a penalty by name": (lambda: objective(waiting_penalty="square"), "a penalty, for example"),
    "a long wait that is none": (
        lambda: objective().profile([4, 0, 0, 0, 0, 0], late=-5), "late is -5"),
    "simulating several schedules": (
        lambda: simulate(session(), [[4, 0, 0, 0, 0, 0]] * 2, 10, 0), "a single schedule"),
    "simulating without a seed": (
        lambda: simulate(session(), [4, 0, 0, 0, 0, 0], 10, "a"), "seed is 'a'"),
    "patients as text": (lambda: session(patients="4"), "session.patients is '4'"),
    "patients as a truth value": (lambda: session(patients=True), "session.patients is True"),
    "no intervals": (lambda: session(intervals=0), "session.intervals is 0"),
    "too many intervals": (lambda: session(intervals=2001), "session.intervals is 2001"),
    "no length": (lambda: session(interval_length=0), "session.interval_length is 0"),
    "endless intervals": (lambda: session(interval_length=math.inf), "interval_length is inf"),
    "certain no-show": (lambda: session(no_show=1.0), "session.no_show is 1.0"),
    "negative no-show": (lambda: session(no_show=-0.1), "session.no_show is -0.1"),
    "no-show not a number": (lambda: session(no_show=math.nan), "session.no_show is nan"),
    "a number for a law": (lambda: session(service_time=9.0), "a ServiceTime"),
    "a number for walk-ins": (lambda: session(walk_ins=0.1), "a WalkIns or None"),
    "walk-in rates for other intervals": (
        lambda: session(walk_ins=WalkIns(LAW, rate=[0.1, 0.2])), "walk_ins.rate is 2"),
    "negative walk-in rate": (lambda: WalkIns(LAW, rate=-1.0), "walk_ins.rate is -1.0"),
    "walk-in counts that do not sum": (lambda: WalkIns(LAW, counts=[0.5]), "sum to 1"),
    "rate and counts": (lambda: WalkIns(LAW, rate=1.0, counts=[1.0]), "exactly one of rate"),
    "neither rate nor counts": (lambda: WalkIns(LAW), "exactly one of rate"),
    "an unknown discipline": (lambda: WalkIns(LAW, rate=1.0, discipline="lifo"), "'fcfs' or"),
    "no weights": (lambda: Weights(0, 0, 0), "positive in at least one part"),
    "a negative weight": (lambda: Weights(1, -1, 0), "weights.idle is -1"),
    "a weight not a number": (lambda: Weights(math.nan, 1, 1), "weights.waiting is nan"),
    "an unknown session field": (
        lambda: ClinicSession.from_dict({**session().to_dict(), "doctors": 2}), "session.doctors"),
    "a missing session field": (
        lambda: ClinicSession.from_dict({"patients": 2}), "session.intervals is None"),
    "unknown idle time": (lambda: objective(idle="none"), "'session' or 'makespan'"),
    "makespan idle time with walk-ins": (
        lambda: objective(session=session(walk_ins=WALK_INS), idle="makespan"),
        "'session' where there are walk-ins"),
    "queue-length chain for another law": (
        lambda: objective(session=session(service_time=LATTICE), chain="queue_length"),
        "chain is 'queue_length'"),
    "queue-length chain with walk-ins": (
        lambda: objective(session=session(walk_ins=WALK_INS), chain="queue_length"),
        "chain is 'queue_length'"),
    "an unknown chain": (lambda: objective(chain="fluid"), "'queue_length' or 'workload'"),
    "intervals that are no multiple of the law's step": (
        lambda: objective(session=session(service_time=LATTICE)),
        "a multiple of the step of 2 minutes"),
    "intervals that are no multiple of the step": (
        lambda: objective(chain="workload", step=0.7), "a multiple of the step of 0.7"),
    "no step": (lambda: objective(chain="workload", step=0.0), "step is 0.0"),
    "a GPU that is not there": (lambda: objective(device="cuda:7"), "one of the devices here: cpu"),
    "an unknown device": (lambda: objective(device="abacus"), "one of the devices here: cpu"),
    "half precision": (lambda: objective(dtype=torch.float16), "torch.float64 or torch.float32"),
    "no memory": (lambda: objective(chunk_bytes=0), "chunk_bytes is 0"),
    "no schedule": (lambda: objective()([]), "schedules"),
    "a schedule of too few intervals": (lambda: objective()([4, 0]), r"shape \(1, 2\)"),
    "a schedule with parts of patients": (
        lambda: objective()([0.5, 3.5, 0, 0, 0, 0]), "whole numbers"),
    "a schedule with negative patients": (
        lambda: objective()([5, -1, 0, 0, 0, 0]), r"schedules\[0\]"),
    "a schedule of too few patients": (
        lambda: objective()([[4, 0, 0, 0, 0, 0], [3, 0, 0, 0, 0, 0]]),
        r"schedules\[1\].* 4 patients in total \(here 3\)"),
    "a schedule of text": (lambda: objective()(["a"]), "whole numbers"),
    "a schedule of truth values": (lambda: objective()([True] * 6), "whole numbers"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_is_refused_by_name(case: str):
    """The error names the field, the value and what is allowed."""
    make, message = BAD[case]
    with pytest.raises(InvalidInput, match=message):
        make()


def test_a_session_is_made_again_from_its_description():
    """With walk-ins, by way of names and numbers."""
    for walk_ins in (
        None,
        WalkIns(ServiceTime.poisson(4.0), rate=0.2),
        WalkIns(ServiceTime.poisson(4.0), counts=[[0.5, 0.5]] * 6),
    ):
        one = session(no_show=0.2, walk_ins=walk_ins)
        assert ClinicSession.from_dict(one.to_dict()) == one


def test_an_error_survives_the_way_between_processes():
    """Workers hand errors on by pickling."""
    error = pickle.loads(pickle.dumps(InvalidInput("field", 3, "4")))
    assert str(error) == "field is 3; it must be 4"
