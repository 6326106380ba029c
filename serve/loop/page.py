"""The page at the end: who waited, who idled and who stayed late, under which plan."""

from pathlib import Path

from objective.pages.page import write_page
from serve.loop.comparing import MEASURES, Quarters
from serve.loop.figures import drift_words, figures_of, promised_words

PAGE = "loop.html"


def write_quarters(folder: Path, quarters: Quarters) -> Path:
    """Write the page; return its path."""
    page = folder / PAGE
    write_page(
        page, "loop.html.j2", figures_of(quarters), "serve.loop",
        quarters=quarters, verdicts=verdicts(quarters), drift=drift_words(quarters),
        promised=promised_words(quarters),
    )  # fmt: skip
    return page


def verdicts(quarters: Quarters) -> list[str]:
    """Return how Bailey compares with each rule, also where it is not better."""
    ours = quarters.mean(quarters.plans[0], "cost")
    found = []
    for plan in quarters.plans[1:]:
        difference = quarters.difference(plan, "cost")
        share = 100 * difference.mean / quarters.mean(plan, "cost")
        if difference.sign > 0:
            words = f"costs less than the {plan} rule: by {share:.1f} %"
        elif difference.sign < 0:
            words = f"costs more than the {plan} rule: by {-share:.1f} %"
        else:
            words = f"is not surely better than the {plan} rule: {share:+.1f} % less"
        sentence = f"Bailey ({ours:.1f} weighted minutes a session) {words}, "
        sentence += f"{difference.text(signed=True)} minutes a session."
        found.append(" ".join([sentence, *_exceptions(quarters, plan)]))
    return found


def _exceptions(quarters: Quarters, plan: str) -> list[str]:
    """Return in which parts of the quarter and measures Bailey is not surely better than a rule."""
    alone = {
        phase.name: quarters.difference(plan, "cost", phase.weeks) for phase in quarters.phases
    }
    unsure = [f"{name} {one.text(True)}" for name, one in alone.items() if one.sign <= 0]
    less = [
        f"{name}: by {-one.mean:.1f} minutes ({-one.high:.1f} to {-one.low:.1f})"
        for name in MEASURES
        if (one := quarters.difference(plan, name)).sign < 0
    ]
    words = []
    if unsure:
        words.append(f"Taken alone these parts of the quarter are not sure: {'; '.join(unsure)}.")
    if less:
        words.append(f"Under the rule there is less of {'; of '.join(less)}.")
    return words
