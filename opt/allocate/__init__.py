"""Which request goes to which provider and half-day, and why others get no place."""

from opt.allocate.allocation import Allocation, Assignment, Group, Use
from opt.allocate.clinic import Provider, Resource, VisitType
from opt.allocate.example import example
from opt.allocate.half_day import HalfDay
from opt.allocate.importance import Importance
from opt.allocate.problem import Problem
from opt.allocate.reasons import Unserved
from opt.allocate.request import Request
from opt.allocate.search import allocate
from opt.allocate.seats import Seat, Template, seats_of

__all__ = [
    "Allocation",
    "Assignment",
    "Group",
    "HalfDay",
    "Importance",
    "Problem",
    "Provider",
    "Request",
    "Resource",
    "Seat",
    "Template",
    "Unserved",
    "Use",
    "VisitType",
    "allocate",
    "example",
    "seats_of",
]
