"""The search for the best schedule of a clinic session."""

from opt.certificate import Certificate, verify
from opt.constraints import Constraints
from opt.optimise import optimise
from opt.registry import BASELINES, STRATEGIES, make_strategy
from opt.reschedule import Rescheduled, reschedule
from opt.result import Result, verify_result
from opt.stopping import AnyOf, MaximumEvaluations, MaximumSeconds, Progress, Stall, TargetGap

__all__ = [
    "BASELINES",
    "STRATEGIES",
    "AnyOf",
    "Certificate",
    "Constraints",
    "MaximumEvaluations",
    "MaximumSeconds",
    "Progress",
    "Rescheduled",
    "Result",
    "Stall",
    "TargetGap",
    "make_strategy",
    "optimise",
    "reschedule",
    "verify",
    "verify_result",
]
