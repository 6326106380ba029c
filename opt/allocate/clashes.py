"""Requests that must be served and cannot be, and the capacities that stand in the way."""

import time
from collections.abc import Collection, Sequence

from objective import InvalidInput
from opt.allocate.model import Column, solve_model
from opt.allocate.options import Capacity, Options
from opt.allocate.reasons import no_option
from opt.clash import smallest_clash

#: Seconds for one question whether some requests can be served together; after them they may be.
QUESTION_SECONDS = 5.0
#: A relative gap that any plan meets.
ANY = 1e9


def refuse_clash(options: Options) -> None:
    """Raise `InvalidInput` if the requests that must be served cannot all be.

    The message names the fewest of them that clash, and the capacities that are needed for that.
    """
    requests = options.problem.requests
    demanded = [number for number, request in enumerate(requests) if request.must_serve]
    for number in demanded:
        alone = no_option(options, number)
        if alone is not None:
            allowed = f"possible; it is not: {alone[1]}"
            raise InvalidInput(f"request {requests[number].id!r}, must_serve", True, allowed)
    every = list(options.limits)
    if not demanded or _possible(options, demanded, every):
        return
    clash = smallest_clash(demanded, lambda some: _possible(options, some, every))
    relevant = sorted({key for one in clash for place in options.of[one] for key, _ in place.takes})
    needed = smallest_clash(relevant, lambda some: _possible(options, clash, some))
    names = ", ".join(requests[one].id for one in sorted(clash))
    limits = "; ".join(_words(key, options.limits[key]) for key in sorted(needed))
    raise InvalidInput(
        "requests",
        "contradictory",
        f"possible together; these must be served and cannot all be: {names}, with {limits}",
    )


def _possible(options: Options, demanded: Sequence[int], limited: Collection[Capacity]) -> bool:
    """Return whether some requests can be served together within some capacities."""
    columns: list[Column] = [
        (place, option) for place, number in enumerate(demanded) for option in options.of[number]
    ]
    kinds = [[number] for number in demanded]
    deadline = time.monotonic() + QUESTION_SECONDS
    # Any plan will do.
    solved = solve_model(options, kinds, columns, ANY, deadline, set(limited))
    return not solved.infeasible


def _words(key: Capacity, limit: float) -> str:
    """Return a capacity in words."""
    if key.kind == "minutes":
        return f"{key.name} having {limit:g} minutes on {key.half_day.words}"
    if key.kind == "seats":
        return f"{key.name} having {limit:g} seats on {key.half_day.words}"
    if key.kind == "patient":
        return f"{key.name} being in one place at a time on {key.half_day.words}"
    return f"{limit:g} of {key.name} on {key.half_day.words}"
