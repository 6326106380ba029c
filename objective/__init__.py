"""What clinic schedules cost: expected waiting, idle time and tardiness, exact and in batches."""

from objective.additions import Additions, price_additions
from objective.behaviour import Behaviour
from objective.errors import InvalidInput
from objective.evaluate import Objective
from objective.interruption import Interruption
from objective.live.day import LiveDay, Status
from objective.live.profile import LiveProfile
from objective.live.profiles import live_profiles
from objective.live.work import work_left
from objective.patients import PatientType
from objective.penalties import Excess, Mean, Penalty, Square, Tail, penalty_from_dict
from objective.performance import Performance
from objective.profile import Profile
from objective.service_time import ServiceTime
from objective.session import ClinicSession
from objective.simulator import simulate, simulate_times
from objective.walk_ins import WalkIns
from objective.weights import Weights

__all__ = [
    "Additions",
    "Behaviour",
    "ClinicSession",
    "Excess",
    "Interruption",
    "InvalidInput",
    "LiveDay",
    "LiveProfile",
    "Mean",
    "Objective",
    "PatientType",
    "Penalty",
    "Performance",
    "Profile",
    "ServiceTime",
    "Square",
    "Status",
    "Tail",
    "WalkIns",
    "Weights",
    "live_profiles",
    "penalty_from_dict",
    "price_additions",
    "simulate",
    "simulate_times",
    "work_left",
]
