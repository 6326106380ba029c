"""The search for the best schedule of a clinic session."""

from opt.certificate import Certificate, verify
from opt.constraints import Constraints
from opt.optimise import optimise
from opt.registry import BASELINES, STRATEGIES, make_strategy
from opt.reschedule import Rescheduled, reschedule
from opt.result import Result, verify_result
from opt.side_by_side import optimise_side_by_side
from opt.stopping import (
    AnyOf,
    LowerBoundAbove,
    MaximumEvaluations,
    MaximumSeconds,
    Progress,
    Stall,
    TargetGap,
)

__all__ = [
    "BASELINES",
    "STRATEGIES",
    "AnyOf",
    "Certificate",
    "Constraints",
    "LowerBoundAbove",
    "MaximumEvaluations",
    "MaximumSeconds",
    "Progress",
    "Rescheduled",
    "Result",
    "Stall",
    "TargetGap",
    "make_strategy",
    "optimise",
    "optimise_side_by_side",
    "reschedule",
    "verify",
    "verify_result",
]
