"""Orders of patients who differ."""

from collections.abc import Sequence
from dataclasses import replace

from objective import ClinicSession


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
