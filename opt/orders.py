"""Orders of patients who differ."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from math import factorial, prod

import numpy as np

from objective import ClinicSession

#: The kind of the patient at each place, (patients,), by `kinds_of` a session.
Order = tuple[int, ...]


def kinds_of(session: ClinicSession) -> list[int]:
    """Return which kind each patient is, (patients,), counted from 0 as they first appear.

    Patients of one kind are alike in everything: law, no-show and waiting weight.
    """
    traits = list(zip(session.kinds, session.waiting_weights.tolist(), strict=True))
    numbers = {trait: number for number, trait in enumerate(dict.fromkeys(traits))}
    return [numbers[trait] for trait in traits]


def in_order(session: ClinicSession, kinds: Sequence[int]) -> ClinicSession:
    """Return the session with its patients in another order.

    ``kinds`` (patients,) are the kinds, by `kinds_of` the session, of the patients in that order;
    those of one kind stay as they were among themselves.
    """
    if session.order is None:
        return session
    waiting: dict[int, list[str]] = {}
    for kind, name in zip(kinds_of(session), session.order, strict=True):
        waiting.setdefault(kind, []).append(name)
    queues = {kind: iter(names) for kind, names in waiting.items()}
    return replace(session, order=[next(queues[kind]) for kind in kinds])


def number_of_orders(order: Order) -> int:
    """Return in how many orders patients of these kinds can be."""
    return factorial(len(order)) // prod(map(factorial, Counter(order).values()))


def swaps(order: Order) -> list[Order]:
    """Return the orders in which two patients of different kinds have changed places."""
    found = []
    for one, other in combinations(range(len(order)), 2):
        if order[one] != order[other]:
            swapped = list(order)
            swapped[one], swapped[other] = order[other], order[one]
            found.append(tuple(swapped))
    return found


def smallest_variance_first(session: ClinicSession) -> Order:
    """Return the patients by the variance of the time that they take, no-shows included.

    Denton, Viapiano & Vogl (2007), doi:10.1007/s10729-006-9005-4.
    """
    kinds, roster = kinds_of(session), session.roster

    def variance(rank: int) -> float:
        law, shows = roster[rank].service_time, 1 - roster[rank].no_show
        return shows * law.mean**2 * (law.cv**2 + 1 - shows)

    return tuple(kinds[rank] for rank in sorted(range(len(kinds)), key=variance))


def starting_orders(session: ClinicSession, number: int, seed: int) -> list[Order]:
    """Return different orders: smallest variance first, the session's own, and random ones."""
    kinds, random = kinds_of(session), np.random.default_rng(seed)
    drawn = [tuple(random.permutation(kinds).tolist()) for _ in range(number - 2)]
    orders = [smallest_variance_first(session), tuple(kinds), *drawn]
    return list(dict.fromkeys(orders[:number]))
