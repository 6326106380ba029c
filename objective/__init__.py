"""What clinic schedules cost: expected waiting, idle time and tardiness, exact and in batches."""

from objective.errors import InvalidInput
from objective.evaluate import Objective
from objective.penalties import Excess, Mean, Penalty, Square, Tail, penalty_from_dict
from objective.performance import Performance
from objective.profile import Profile
from objective.service_time import ServiceTime
from objective.session import ClinicSession, WalkIns, Weights
from objective.simulator import simulate

__all__ = [
    "ClinicSession",
    "Excess",
    "InvalidInput",
    "Mean",
    "Objective",
    "Penalty",
    "Performance",
    "Profile",
    "ServiceTime",
    "Square",
    "Tail",
    "WalkIns",
    "Weights",
    "penalty_from_dict",
    "simulate",
]
