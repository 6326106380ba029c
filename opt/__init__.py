"""The search for the best schedule of a clinic session."""

from opt.certificate import Certificate, verify
from opt.optimise import optimise
from opt.registry import BASELINES, STRATEGIES, make_strategy
from opt.result import Result, verify_result
from opt.stopping import AnyOf, MaximumEvaluations, MaximumSeconds, Progress, Stall, TargetGap

__all__ = [
    "BASELINES",
    "STRATEGIES",
    "AnyOf",
    "Certificate",
    "MaximumEvaluations",
    "MaximumSeconds",
    "Progress",
    "Result",
    "Stall",
    "TargetGap",
    "make_strategy",
    "optimise",
    "verify",
    "verify_result",
]
