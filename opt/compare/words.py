"""A comparison in words: which strategy to take, how sure that is, and what was measured."""

from collections.abc import Mapping, Sequence
from typing import Any

from opt.compare.comparison import Comparison
from opt.compare.paired import paired_difference
from opt.compare.plan import Contender
from opt.compare.standings import Standing, final_gaps, overall_standing, ranked, soonest
from opt.registry import is_deterministic

#: Columns of a table of standings, after the name of the strategy.
COLUMNS = (
    "Median gap",
    "Least gap",
    "Largest gap",
    "Within 0.5 %",
    "Within 1 %",
    "Evaluations to 1 %",
    "Seconds to 1 %",
    "Evaluations in all",
    "Seconds in all",
    "Proved",
)
#: Of these, those that the terminal shows.
SHORT = (0, 2, 3, 5, 6, 9)


def percent(share: float) -> str:
    """Return a gap in per cent, two digits behind the point."""
    return f"{100 * share + 0.0:.2f} %"


def amount(number: float | None, digits: int = 0) -> str:
    """Return an amount with thousands apart; never for None."""
    return "never" if number is None else f"{number:,.{digits}f}"


def seconds(number: float | None) -> str:
    """Return seconds with two significant digits; never for None."""
    if number is None:
        return "never"
    return f"{number:.1f}" if number >= 1 else f"{number:.2g}"


def standing_cells(standing: Standing | None) -> list[str]:
    """Return the cells of `COLUMNS`."""
    if standing is None:
        return ["refused", *[""] * (len(COLUMNS) - 1)]
    return [
        *(percent(gap) for gap in standing.gaps),
        f"{100 * standing.closer:.0f} %",
        f"{100 * standing.close:.0f} %",
        amount(standing.evaluations),
        seconds(standing.seconds),
        amount(standing.spent[0]),
        seconds(standing.spent[1]),
        f"{100 * standing.proved:.0f} %",
    ]


def answer(comparison: Comparison) -> list[str]:
    """Return sentences that say which strategy to take."""
    order = ranked(comparison)
    first = order[0]
    standing = overall_standing(comparison, first)
    if standing is None:
        return ["No strategy took any of the instances."]
    sentences = [_take(comparison, first, standing)]
    refused = len(comparison.plan.instances) - len(final_gaps(comparison, first))
    if refused:
        sentences.append(f"It refuses {refused} of {len(comparison.plan.instances)} instances.")
    quick = soonest(comparison, "seconds")
    if quick is not None and quick is not first:
        there = overall_standing(comparison, quick)
        assert there is not None
        sentences.append(
            f"If 1 % is near enough, {quick.label} is there soonest, in every run: in the median "
            f"after {seconds(there.seconds)} s and {amount(there.evaluations)} evaluations"
            + (
                f" ({first.label}: {seconds(standing.seconds)} s and "
                f"{amount(standing.evaluations)})."
                if standing.evaluations is not None
                else "."
            )
        )
    return sentences


def differences(comparison: Comparison) -> Mapping[str, str]:
    """Return how each strategy but the first ends beside the first, in words, by label."""
    first, *others = ranked(comparison)
    gaps = final_gaps(comparison, first)
    words = {}
    for other in others:
        certain = is_deterministic(first.strategy) and is_deterministic(other.strategy)
        difference = paired_difference(gaps, final_gaps(comparison, other), certain)
        words[other.label] = (
            difference.in_words(other.label, first.label)
            if difference
            else f"{other.label} and {first.label} have no instance in common"
        )
    return words


def reference_text(comparison: Comparison, instance: str) -> str:
    """Return what gaps on an instance are measured against."""
    reference = comparison.references[instance]
    if reference.certified:
        return f"certified optimum {reference.cost:.6f}"
    words = f"best known {reference.cost:.6f}, not certified"
    if reference.lower_bound is not None:
        words += (
            f"; no schedule costs less than {reference.lower_bound:.6f}, which is "
            f"{percent(-reference.gap(reference.lower_bound))} lower"
        )
    return words


def measured_text(comparison: Comparison) -> str:
    """Return what was run where, under which rule."""
    plan = comparison.plan
    limits = [
        words.format(value)
        for name, words in (
            ("evaluations", "{:,} evaluations"),
            ("seconds", "{:g} s"),
            ("stall", "{:,} iterations without a better schedule"),
            ("gap", "a proved gap of {:g}"),
        )
        if (value := plan.stopping.get(name)) is not None
    ]
    rule = f", at the latest after {' or '.join(limits)}" if limits else ""
    drawn = [one for one in plan.contenders if not is_deterministic(one.strategy)]
    runs = "every strategy runs once, since none draws random numbers"
    if drawn:
        runs = f"strategies that draw random numbers run with {plan.seeds} seeds, the others once"
    return (
        f"A run ends when the strategy is done{rule}; {runs}. Seconds were measured on "
        f"{'; '.join(comparison.machines)}, and on another machine they are others; evaluations "
        "(schedules priced) are the same everywhere."
    )


def parameters_text(contender: Contender) -> str:
    """Return a strategy's parameters."""
    told = ", ".join(f"{name} {_plain(value)}" for name, value in contender.parameters.items())
    name = contender.strategy.name
    return (f"{name}, " if contender.label != name else "") + (told or "no parameters")


def refusals(comparison: Comparison) -> list[str]:
    """Return which strategy refuses which instance, and why."""
    return [
        f"{contender.label} on {instance.name}: {reason}"
        for contender in comparison.plan.contenders
        for instance in comparison.plan.instances
        if (reason := comparison.outcomes(instance.name, contender)[0].refused)
    ]


def _take(comparison: Comparison, first: Contender, standing: Standing) -> str:
    reached = final_gaps(comparison, first)
    certified = all(comparison.references[name].certified for name in reached)
    goal = "the certified optimum" if certified else "the certified optimum or the best known cost"
    where = "every run" if standing.runs > 1 else "its run"
    spent = f"{amount(standing.spent[0])} evaluations and {seconds(standing.spent[1])} s"
    if standing.gaps[2] <= 0:
        proof = ", and proves it" if standing.proved == 1 else ""
        return f"Take {first.label}: it reaches {goal} in {where}{proof} (median {spent})."
    return (
        f"Take {first.label}: in the median its runs end {percent(standing.gaps[0])} above {goal}, "
        f"at most {percent(standing.gaps[2])}; {100 * standing.closer:.0f} % of them end within "
        f"0.5 % (median {spent})."
    )


def _plain(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(map(str, value))
    return "none" if value is None else str(value)
