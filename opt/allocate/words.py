"""An allocation in words."""

from opt.allocate.allocation import Allocation


def outcome_text(allocation: Allocation) -> str:
    """Return how many have a place, and how far from the best that is."""
    requests, served = len(allocation.problem.requests), len(allocation.assignments)
    if not requests:
        return "Nobody asks for a place."
    text = f"{served} of {requests} requests have a place"
    if allocation.termination == "optimal":
        return f"{text}; no other allocation is better."
    if allocation.objective == float("inf"):
        return f"{text}, but not all who must be served: none such was found before the time limit."
    end = " The time limit ended the search." if allocation.termination == "time limit" else ""
    return f"{text}; no other allocation is more than {100 * allocation.gap:.2f} % better.{end}"


def greedy_text(allocation: Allocation) -> str:
    """Return how places by urgency alone would compare."""
    if not allocation.objective or max(allocation.greedy, allocation.objective) == float("inf"):
        return ""
    more = 100 * (allocation.greedy / allocation.objective - 1)
    return f"Places by urgency, one request after the other, would cost {more:.1f} % more."
