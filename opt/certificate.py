"""The proof that no schedule costs less than a bound, and its verification.

At the point z the cost g has the subgradients y_j that greedy chains yield: a chain raises some
coordinates of z by one, one after the other, and lowers the others, one after the other; the
successive differences of the cost along it, and minus those along the lowered part, are the entries
of y_j. Any mean y = sum lambda_j y_j is a subgradient too, so g(q) >= g(z) + y (q - z) for every
schedule q, and the smallest value of the right-hand side over all schedules is a lower bound (see
`opt.lower_bound`). Whoever found the chains and the weights, evaluating the chains again proves it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from objective import InvalidInput, Objective
from objective.errors import known_keys
from objective.session import MAX_INTERVALS, MAX_PATIENTS
from opt.constraints import Constraints
from opt.coordinates import Coordinates
from opt.demands import Space
from opt.difference import EmptyError, Points
from opt.lower_bound import lower_bound
from opt.validity import not_expressed, reasons_against

Array = NDArray[np.float64]

#: Share of the scale of a cost up to which numbers that should agree may differ, and share of the
#: number itself that is the rounding of its sum; see `agree`.
TOLERANCE, ROUNDING = 1e-9, 1e-13


@dataclass(frozen=True)
class Certificate:
    """A lower bound with its proof.

    Attributes
    ----------
    space
        Coordinates, ``a`` or ``p``.
    point
        The schedule in these coordinates.
    chains
        Each a list of all coordinates, counted from 1 in the order in which they are moved: k is
        raised, -k is lowered.
    weights
        The weight of each chain's subgradient; none negative, sum 1.
    cost, lower_bound
        Cost of the schedule, and what every schedule costs at least.
    left_out
        Demands that the coordinates cannot express: the bound holds without them, and so with them,
        but the point need not meet them.
    """

    space: Space
    point: tuple[int, ...]
    chains: tuple[tuple[int, ...], ...]
    weights: tuple[float, ...]
    cost: float
    lower_bound: float
    left_out: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the certificate as plain names and numbers."""
        return {
            "space": self.space,
            "point": list(self.point),
            "chains": [list(chain) for chain in self.chains],
            "weights": list(self.weights),
            "cost": self.cost,
            "lower_bound": self.lower_bound,
            "left_out": list(self.left_out),
        }

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "Certificate":
        """Make the certificate that `to_dict` described; raise `InvalidInput` for a broken one."""
        names = ("space", "point", "chains", "weights", "cost", "lower_bound")
        fields = known_keys("certificate", description, (*names, "left_out"), required=names)
        if fields["space"] not in ("a", "p"):
            raise InvalidInput("certificate.space", fields["space"], "'a' or 'p'")
        try:
            return Certificate(
                space=fields["space"],
                point=_whole(fields["point"]),
                chains=tuple(_whole(chain) for chain in fields["chains"]),
                weights=tuple(float(weight) for weight in fields["weights"]),
                cost=float(fields["cost"]),
                lower_bound=float(fields["lower_bound"]),
                left_out=tuple(map(str, fields.get("left_out", ()))),
            )
        except (TypeError, ValueError, OverflowError):
            raise InvalidInput("certificate", description, "lists of numbers") from None


def chain_points(point: Points, chain: Sequence[int]) -> Points:
    """Return the points along a chain, (dimension, dimension), without ``point`` itself.

    The raised part starts at the point, and so does the lowered part.
    """
    steps = np.array(chain, dtype=np.int64)
    moves = np.zeros((len(steps), len(point)), dtype=np.int64)
    moves[np.arange(len(steps)), np.abs(steps) - 1] = np.sign(steps)
    raised = np.where((steps > 0)[:, None], moves, 0).cumsum(0)
    lowered = np.where((steps < 0)[:, None], moves, 0).cumsum(0)
    return point + np.where((steps > 0)[:, None], raised, lowered)


def subgradient(chain: Sequence[int], costs: Array, cost: float) -> Array:
    """Return the subgradient of a chain with ``costs`` along it, at a point of ``cost``."""
    slopes = np.empty(len(chain))
    before = {1: cost, -1: cost}
    for step, here in zip(chain, costs.tolist(), strict=True):
        sign = 1 if step > 0 else -1
        slopes[abs(step) - 1] = sign * (here - before[sign])
        before[sign] = here
    return slopes


def verify(
    certificate: Certificate, objective: Objective, constraints: Constraints | None = None
) -> list[str]:
    """Return what is wrong with a certificate; an empty list means that it proves its bound.

    The chains are evaluated again; nothing is taken from the search.
    """
    constraints, space = constraints or Constraints(), certificate.space
    wrong = [f"{reason}: no proof" for reason in reasons_against(objective, space)]
    if not_expressed(objective.session, space, constraints) != list(certificate.left_out):
        wrong.append("the certificate leaves out other constraints than its coordinates have to")
    try:
        coordinates = Coordinates.of(objective.session, space, constraints, objective.free)
    except EmptyError:
        return [*wrong, "no schedule meets the constraints"]
    wrong = wrong or malformed(certificate, coordinates)
    if wrong:
        return wrong
    cost, bound = evaluated(
        certificate, coordinates, lambda schedules: objective(schedules).cost.tolist()
    )
    point = np.array([certificate.point], np.int64)
    scale = scale_of(objective, cost, int(coordinates.schedules(point).sum()))
    if not agree(cost, certificate.cost, scale):
        wrong.append(f"the schedule costs {cost:.12g}, not {certificate.cost:.12g}")
    if not agree(bound, certificate.lower_bound, scale):
        wrong.append(f"the chains prove {bound:.12g}, not {certificate.lower_bound:.12g}")
    return wrong


def malformed(certificate: Certificate, coordinates: Coordinates) -> list[str]:
    """Return why a certificate cannot be evaluated; empty if it can, whatever comes out."""
    point, weights = np.array(certificate.point, np.int64), np.array(certificate.weights)
    everything = list(range(1, coordinates.dimension + 1))
    if point.shape != (coordinates.dimension,) or not coordinates.contains(point[None])[0]:
        return ["the point is not a schedule of this session"]
    if len(weights) != len(certificate.chains):
        return ["there is not one weight per chain"]
    if coordinates.dimension:
        if not (weights >= 0).all() or not abs(weights.sum() - 1) < 1e-12:
            return ["the weights are negative somewhere or do not sum to 1"]
        if any(sorted(map(abs, chain)) != everything for chain in certificate.chains):
            return ["a chain does not move every coordinate once"]
    elif certificate.chains:
        return ["there is only one schedule, so no chain can move"]
    paths = [chain_points(point, chain) for chain in certificate.chains]
    if paths and not coordinates.contains(np.concatenate(paths)).all():
        return ["a chain leaves the schedules of this session"]
    return []


def evaluated(
    certificate: Certificate,
    coordinates: Coordinates,
    price: Callable[[Points], Sequence[float]],
) -> tuple[float, float]:
    """Return what the point of a certificate costs, and what its chains prove.

    ``price`` gives the costs of schedules (batch, intervals), all in one call.
    """
    point = np.array(certificate.point, np.int64)
    paths = [chain_points(point, chain) for chain in certificate.chains]
    cost, *along = price(coordinates.schedules(np.concatenate([point[None], *paths])))
    slopes = np.zeros(coordinates.dimension)
    for index, chain in enumerate(certificate.chains):
        part = np.array(along[index * len(chain) : (index + 1) * len(chain)])
        slopes += certificate.weights[index] * subgradient(chain, part, cost)
    return cost, lower_bound(cost, point, slopes, coordinates)


def agree(one: float, other: float, scale: float) -> bool:
    """Return whether two numbers that should be equal are, up to rounding.

    ``scale`` is the size beside which a difference is small; see `scale_of`. Larger numbers agree
    as far as their last digits can.
    """
    return bool(abs(one - other) <= max(TOLERANCE * scale, ROUNDING * abs(one)))


def scale_of(objective: Objective, cost: float, booked: int) -> float:
    """Return beside what a cost of a schedule of so many patients is small: at least a minute's.

    The value of the patients seen does not count, however large; it hides no minutes.
    """
    value = objective.value_per_patient or 0.0
    minutes = cost + value * float(objective.session.shows[:booked].sum())
    return max(objective.weights.minute, abs(minutes))


def _whole(values: Sequence[Any]) -> tuple[int, ...]:
    if any(isinstance(value, bool) or int(value) != value for value in values):
        raise ValueError("not whole numbers")
    if any(abs(value) > MAX_PATIENTS + MAX_INTERVALS for value in values):
        raise ValueError("larger than any coordinate")
    return tuple(int(value) for value in values)
