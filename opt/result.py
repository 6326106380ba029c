"""What a search returns, and how it is written to a file and read back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from objective import ClinicSession, InvalidInput, Objective, Performance, Weights
from objective.commands.json_text import parse_json
from objective.penalties import penalties_from_dict
from opt.certificate import TOLERANCE, Certificate, agree, scale_of, verify
from opt.constraints import Constraints
from opt.coordinates import Coordinates
from opt.feasible import FeasibleSchedules
from opt.findings import Finding

#: By how much larger differences are in single precision.
SINGLE = 1e4
Status = Literal["optimal", "bounded", "heuristic", "optimal in its order", "bounded in its order"]


@dataclass(frozen=True)
class Iteration:
    """One line of the search history: the iteration's best schedule beside the best so far."""

    iteration: int
    evaluations: int
    seconds: float
    best_cost: float
    cost: float
    schedule: list[int]
    lower_bound: float | None = None


@dataclass(frozen=True)
class Result:
    """The best schedule found, what it costs, what is known of it and how it was found.

    Attributes
    ----------
    schedule
        Patients per interval.
    performance
        Its performance, a batch of one.
    status
        ``optimal``: no schedule costs less, with proof; ``bounded``: none costs less than
        ``lower_bound``, with proof; ``heuristic``: nothing is known of other schedules. Schedules
        are of the session's patients in its order; ``in its order`` is added where the search chose
        that order, and nothing is proved of others.
    termination
        Why the search stopped, which says nothing of the result.
    findings
        What the strategy found beside the schedule.
    """

    objective: Objective
    strategy: str
    parameters: dict[str, Any]
    seed: int
    schedule: list[int]
    performance: Performance
    constraints: Constraints
    certificate: Certificate | None
    status: Status
    termination: str
    evaluations: int
    seconds: float
    history: list[Iteration] = field(repr=False)
    note: str = ""
    findings: tuple[Finding, ...] = field(default=(), repr=False)

    @property
    def cost(self) -> float:
        """Weighted minutes."""
        return float(self.performance.cost[0])

    @property
    def lower_bound(self) -> float | None:
        """What every schedule costs at least; None if nothing is proved."""
        return self.certificate.lower_bound if self.certificate else None

    @property
    def gap(self) -> float | None:
        """By how much a schedule could be better at most; None if nothing is proved."""
        return gap_of(self.certificate, self.cost) if self.certificate else None

    def to_dict(self) -> dict[str, Any]:
        """Return the result, without its history, as plain names and numbers."""
        return {
            **self.objective.to_dict(),
            "constraints": self.constraints.to_dict(),
            "strategy": self.strategy,
            "parameters": self.parameters,
            "seed": self.seed,
            "schedule": self.schedule,
            **self.performance.row(0),
            "lower_bound": self.lower_bound,
            "gap": self.gap,
            "status": self.status,
            "termination": self.termination,
            "note": self.note,
            "evaluations": self.evaluations,
            "seconds": self.seconds,
            "device": str(self.objective.device),
            "dtype": str(self.objective.dtype).removeprefix("torch."),
            "certificate": self.certificate.to_dict() if self.certificate else None,
            "findings": {finding.name: finding.to_dict() for finding in self.findings},
        }


def optimal_gap(objective: Objective, cost: float, booked: int) -> float:
    """Return the gap that counts as none, for a schedule of so many patients at this cost."""
    return TOLERANCE * scale_of(objective, cost, booked)


def gap_of(certificate: Certificate, cost: float) -> float:
    """Return by how much at most a schedule can be better than one of this cost."""
    return max(cost - certificate.lower_bound, 0.0)


def status_of(
    certificate: Certificate | None, objective: Objective, cost: float, booked: int
) -> Status:
    """Return what a certificate, already verified, says of a schedule of so many patients."""
    if certificate is None:
        return "heuristic"
    none = optimal_gap(objective, cost, booked)
    return "optimal" if gap_of(certificate, cost) <= none else "bounded"


def in_its_order(status: Status) -> Status:
    """Return a status for a search that chose the order of the patients, too."""
    if status == "optimal":
        return "optimal in its order"
    return "bounded in its order" if status == "bounded" else status


def objective_from_dict(
    description: Mapping[str, Any],
    device: str = "cpu",
    dtype: torch.dtype = torch.float64,
    chunk_bytes: int | None = None,
) -> Objective:
    """Make the objective that `Objective.to_dict` described, to be computed as told."""
    for name in ("session", "weights"):
        if name not in description:
            raise InvalidInput(name, None, "given")
    waiting, tardiness = penalties_from_dict(description.get("penalties") or {})
    return Objective(
        ClinicSession.from_dict(description["session"]),
        Weights.from_dict(description["weights"]),
        description.get("idle_definition", "session"),
        device=device,
        dtype=dtype,
        chain=description.get("chain"),
        step=description.get("step"),
        waiting_penalty=waiting,
        tardiness_penalty=tardiness,
        value_per_patient=description.get("value_per_patient"),
        chunk_bytes=chunk_bytes,
    )


def read_result(path: Path) -> dict[str, Any]:
    """Return the contents of a result file; raise `InvalidInput` if it is not one."""
    try:
        contents = parse_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput("result file", str(path), f"a readable file ({reason})") from None
    except ValueError as error:
        raise InvalidInput("result file", str(path), f"a JSON file ({error})") from None
    if not isinstance(contents, dict) or "schedule" not in contents:
        raise InvalidInput("result file", str(path), "a result.json of Bailey")
    _check_one_list(contents["schedule"])
    return contents


def verify_result(contents: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a stored result; an empty list means that its claims are true.

    Performance, bound, gap, status and certificate of the schedule are computed again from the
    session in the file alone; how the result was found is not looked at.
    """
    objective = objective_from_dict(contents)
    constraints = Constraints.from_dict(contents.get("constraints"))
    feasible = FeasibleSchedules(objective.session, constraints, objective.free)
    _check_one_list(contents["schedule"])
    performance = objective(contents["schedule"]).row(0)
    schedule = [int(count) for count in contents["schedule"]]
    scale = scale_of(objective, performance["cost"], sum(schedule))
    # What was computed in single precision, which proves nothing, is compared in it.
    precision = SINGLE if contents.get("dtype") == "float32" else 1.0
    wrong = [
        f"{name} is {value:.12g}, not {contents.get(name)}"
        for name, value in performance.items()
        if not _number(contents.get(name))
        or not agree(
            value, contents[name], precision * (scale if name == "cost" else max(1.0, abs(value)))
        )
    ]
    if not feasible.contains(torch.tensor([contents["schedule"]]))[0]:
        wrong.append("the schedule does not meet the constraints")
    proof = contents.get("certificate")
    certificate = Certificate.from_dict(proof) if proof is not None else None
    if certificate is None:
        stated = (contents.get("lower_bound"), contents.get("gap"))
        if stated != (None, None) or contents.get("status") != "heuristic":
            wrong.append("without a certificate nothing is proved")
        return wrong
    wrong += verify(certificate, objective, constraints)
    if wrong:
        return wrong
    if not certificate.left_out and _schedule_of(certificate, objective, constraints) != schedule:
        wrong.append("the certificate is for another schedule")
    cost = float(performance["cost"])
    gap = gap_of(certificate, cost)
    for name, value in (("lower_bound", certificate.lower_bound), ("gap", gap)):
        if not _number(contents.get(name)) or not agree(value, contents[name], scale):
            wrong.append(f"{name} is {value:.12g}, not {contents.get(name)}")
    status = status_of(certificate, objective, cost, sum(schedule))
    if contents.get("status") not in (status, in_its_order(status)):
        wrong.append(f"status is {status}, not {contents.get('status')}")
    return wrong


def _schedule_of(
    certificate: Certificate, objective: Objective, constraints: Constraints
) -> list[int]:
    coordinates = Coordinates.of(objective.session, certificate.space, constraints, objective.free)
    schedule: list[int] = coordinates.schedules(np.array([certificate.point]))[0].tolist()
    return schedule


def _check_one_list(schedule: object) -> None:
    """Raise `InvalidInput` unless a stored schedule is one list; its entries are checked later."""
    flat = isinstance(schedule, list) and not any(isinstance(one, (list, dict)) for one in schedule)
    if not flat:
        raise InvalidInput("schedule", schedule, "one list of whole numbers")


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300
