"""What clinic schedules cost: expected waiting, idle time and tardiness, exact and in batches."""

from objective.behaviour import Behaviour
from objective.errors import InvalidInput
from objective.evaluate import Objective
from objective.interruption import Interruption
from objective.patients import PatientType
from objective.penalties import Excess, Mean, Penalty, Square, Tail, penalty_from_dict
from objective.performance import Performance
from objective.profile import Profile
from objective.service_time import ServiceTime
from objective.session import ClinicSession
from objective.simulator import simulate
from objective.walk_ins import WalkIns
from objective.weights import Weights

__all__ = [
    "Behaviour",
    "ClinicSession",
    "Excess",
    "Interruption",
    "InvalidInput",
    "Mean",
    "Objective",
    "PatientType",
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
