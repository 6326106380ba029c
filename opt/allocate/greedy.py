"""Places by urgency, one request after the other: what a careful booking desk does."""

from collections.abc import Sequence

from opt.allocate.options import Option, Options, fits, take


def greedy(options: Options) -> list[Option | None]:
    """Return an option for each request, or None.

    Who must be served comes first, then the more urgent, then who has waited longer, then the order
    given. Each takes the cheapest place that is left, if it costs less than none.
    """
    problem = options.problem
    order = sorted(
        range(len(problem.requests)),
        key=lambda number: (
            not problem.requests[number].must_serve,
            -problem.requests[number].urgency,
            problem.waits_since(problem.requests[number]),
            number,
        ),
    )
    return filled(options, [None] * len(order), order)


def filled(
    options: Options, chosen: Sequence[Option | None], order: Sequence[int]
) -> list[Option | None]:
    """Return the same with a place for each request, in an order, that has none and finds one."""
    better, left = list(chosen), options.room(chosen)
    for number in order:
        if better[number] is not None:
            continue
        must = options.problem.requests[number].must_serve
        least = float("inf") if must else options.unserved(number)[0]
        places = [one for one in options.of[number] if one.cost < least and fits(one, left)]
        if places:
            best = min(places, key=lambda one: one.cost)
            better[number] = best
            take(best, left)
    return better
