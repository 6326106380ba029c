"""Orders in which a point's coordinates rise and fall without leaving the constraints."""

import numpy as np

from objective import ClinicSession, ServiceTime
from opt.constraints import Constraints
from opt.coordinates import Coordinates
from opt.greedy_chain import greedy_chain

LAW = ServiceTime.exponential(5.0)
KINDS = (
    ("a", None),
    ("p", None),
    ("a", Constraints(capacity=2, minimum_gap=1, maximum_gap=4)),
    ("p", Constraints(capacity=[1, 2, 2, 0, 3, 1, 2], minimum={1: 1}, fixed={2: 2})),
)


def test_every_point_of_a_greedy_chain_meets_the_constraints():
    """Every coordinate moves once, ties and bounds included, for random points and directions."""
    random = np.random.default_rng(0)
    for trial in range(400):
        space, constraints = KINDS[trial % len(KINDS)]
        patients = int(random.integers(2, 7)) if constraints is None else 4
        session = ClinicSession(patients, 7, 5.0, LAW)
        coordinates = Coordinates.of(session, space, constraints)
        system = coordinates.system
        shape = (1, system.dimension)
        point = system.below(np.sort(random.integers(0, coordinates.height + 1, shape)))[0]
        size = system.dimension
        direction = random.choice([random.normal(size=size), random.integers(-1, 2, size)])
        chain = greedy_chain(system, point, np.asarray(direction, float))
        assert sorted(map(abs, chain)) == list(range(1, size + 1))
        for side in (1, -1):
            moved = point.copy()
            for step in chain:
                if np.sign(step) == side:
                    moved[abs(step) - 1] += side
                    assert coordinates.contains(moved[None])[0]


def test_the_steepest_coordinates_move_first():
    """Among equals the later rises first and the earlier falls first."""
    coordinates = Coordinates.of(ClinicSession(4, 9, 5.0, LAW), "a")
    point = np.array([1, 3, 5, 7])
    chain = greedy_chain(coordinates.system, point, np.array([0.5, -2.0, 0.5, -1.0]))
    assert chain == (3, 1, -2, -4)


def test_a_tight_constraint_holds_its_coordinates_in_order():
    """Of two patients in one interval the second rises first, whatever the direction says."""
    coordinates = Coordinates.of(ClinicSession(2, 9, 5.0, LAW), "a")
    chain = greedy_chain(coordinates.system, np.array([4, 4]), np.array([2.0, 1.0]))
    assert chain == (2, 1)
    chain = greedy_chain(coordinates.system, np.array([0, 0]), np.array([-2.0, -1.0]))
    assert chain == (2, 1)
