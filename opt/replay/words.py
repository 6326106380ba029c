"""Comparisons of schedules on real days in words."""

from collections.abc import Sequence

from opt.replay.bootstrap import Interval
from opt.replay.comparison import Comparison
from opt.replay.reasons import ORDER, OTHERS
from opt.replay.replay import IN_USE, OPTIMISED, Replay
from opt.replay.settings import ReplaySettings

PARTS = ("waiting", "idle", "tardiness")
#: More sessions than this nobody has; how many more then does not matter.
MOST_SESSIONS = 10_000
#: Weighted minutes below which a reason is not told: they are written as none.
SMALLEST_TOLD = 0.005


def label(name: str) -> str:
    """Return the name of a schedule for people."""
    return name.replace("_", " ")


def share_text(share: Interval | None) -> str:
    """Return a percentage in words, also of that of a cost of nothing."""
    return "not defined" if share is None else f"{share.mean:+.1f} %"


def share_ends(share: Interval | None) -> str:
    """Return the interval of a percentage in words, also of that of a cost of nothing."""
    return "not defined" if share is None else f"{share.low:+.1f} to {share.high:+.1f} %"


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def verdict(outcome: Replay) -> list[str]:
    """Return whether the optimised schedule is better than every baseline, and if not, why."""
    comparison, baselines = outcome.comparison, outcome.baselines
    against = {name: comparison.difference(OPTIMISED, name) for name in baselines}
    dearer = [name for name, one in against.items() if one.mean >= 0]
    unsure = [name for name, one in against.items() if one.mean < 0 <= one.high]
    best = comparison.best(list(baselines))
    confidence = f"{100 * comparison.bootstrap.confidence:g} %"
    costs = (
        f"on the {len(comparison.sessions)} sessions replayed the optimised schedule costs "
        f"{comparison.mean(OPTIMISED).mean:.2f} weighted minutes a session; the best of the "
        f"others, {label(best)}, costs {comparison.mean(best).mean:.2f}, a difference of "
        f"{against[best].text(signed=True)}"
    )
    if dearer:
        losses = [f"{label(name)}, by {against[name].text()}" for name in dearer]
        sentences = [
            f"The optimised schedule is not better than every baseline: {costs}.",
            f"It does not cost less than {listed(losses)}.",
        ]
    elif unsure:
        told = listed([label(name) for name in unsure])
        sentences = [
            f"The optimised schedule is better than every baseline on average, but not beyond "
            f"chance: {costs}.",
            f"The {confidence} interval of the difference includes 0 against {told}.",
        ]
    else:
        sentences = [
            f"The optimised schedule is better than every baseline: {costs}.",
            f"The {confidence} interval of the difference is below 0 against each of them.",
        ]
    reasons = [_why(outcome, name, against[name]) for name in [*dearer, *unsure]]
    return [*sentences, *reasons]


def _why(outcome: Replay, name: str, difference: Interval) -> str:
    """Return what made the difference against a baseline what it is."""
    comparison, reasons = outcome.comparison, outcome.reasons[name]
    words = [f"Why, beside {label(name)}: {_parts(comparison, name)}"]
    changes = reasons.changes
    largest = max(changes, key=lambda reason: changes[reason])
    if reasons.expected is not None:
        words.append(f"expected was {reasons.expected:+z.2f}, and it is {reasons.realised:+z.2f}")
    if changes[largest] >= SMALLEST_TOLD:
        told = f"what costs it most beside the other, {changes[largest]:.2f}, is this: {largest}"
        words.append(f"{told} ({_detail(outcome, largest)})")
    if difference.low <= 0 <= difference.high and difference.mean:
        half = (difference.high - difference.low) / 2
        sessions = len(comparison.sessions) * (half / abs(difference.mean)) ** 2
        needed = f"about {_rounded(sessions)}" if sessions < MOST_SESSIONS else "far more"
        words.append(
            f"sessions differ so much that {needed} of them would be needed to tell a difference "
            f"of {abs(difference.mean):.2f} from chance"
        )
    return "; ".join(words) + "."


def _detail(outcome: Replay, reason: str) -> str:
    """Return the numbers behind a reason."""
    if reason == ORDER:
        thirds = [f"{one:.1f}" for one in outcome.thirds]
        return f"they take {listed(thirds)} min in the first, second and last third of a session"
    if reason == OTHERS:
        return f"{outcome.realised:.2f} min on average, expected were {outcome.predicted:.2f}"
    return "a long one is followed by other long ones"


def _parts(comparison: Comparison, name: str) -> str:
    told = []
    for part in PARTS:
        change = float(comparison.differences(OPTIMISED, name, part).mean())
        told.append(f"{abs(change):.2f} min {'more' if change > 0 else 'less'} {words_of(part)}")
    return f"it has {listed(told)} a session"


def words_of(measure: str) -> str:
    """Return what a measure is called in a sentence."""
    names = {"waiting": "waiting per patient", "idle": "idle time", "tardiness": "overtime"}
    return names.get(measure, measure)


def about(outcome: Replay, settings: ReplaySettings) -> list[str]:
    """Return how the replay was made."""
    first, last = outcome.learnt_from[0], outcome.learnt_from[-1]
    learnt = f"Learnt once, from the {first} sessions before the first one replayed"
    if settings.learn_again_every is not None:
        learnt = (
            f"Learnt again every {settings.learn_again_every} sessions, from the {first} to {last} "
            "sessions before, never from a later one"
        )
    law = "the measured ones themselves" if settings.law == "empirical" else f"a {settings.law} law"
    differ = [] if settings.classes is None else [label(settings.classes)]
    differ += [] if settings.parts == 1 else [f"part of the session ({settings.parts} parts)"]
    classes = "all patients are alike"
    if differ:
        classes = f"patients differ by {listed(differ)}, in the order they were served"
    sentences = [f"{learnt}; consultations follow {law}, and {classes}."]
    if IN_USE not in outcome.comparison.names:
        sentences.append(
            f"The file has no appointments: the rule {label(settings.rule_in_use)} stands for the "
            "schedule in use."
        )
    return sentences


def _rounded(number: float) -> str:
    """Return a number of sessions to two digits."""
    return f"{float(f'{number:.2g}'):,.0f}"
