"""The report of a comparison of models."""

from pathlib import Path

import pandas as pd
from markdown_it import MarkdownIt
from markupsafe import Markup
from rich.console import Console
from rich.table import Table

from forecast.data.moments import moment_text
from forecast.evaluation import Evaluation
from objective.pages.figure import Figure, blank_plot
from objective.pages.page import write_page
from objective.pages.style import ACCENT, NEUTRAL

#: What a quantity is called, where its name in the registry says it less well.
QUANTITY_WORDS = {
    "no_show": "no-shows",
    "consultation": "consultation times",
    "preference": "what patients prefer",
}


def winner_text(evaluation: Evaluation) -> str:
    """Return which model won, and by what, in a sentence."""
    means = evaluation.losses.mean().sort_values()
    name = evaluation.champion
    text = f"{_words(name).capitalize()} won with {evaluation.score} {means[name]:.4f}"
    others = means.drop(name)
    if len(others):
        text += f"; {_words(str(others.index[0]))} follows with {others.iloc[0]:.4f}"
    if evaluation.best != evaluation.champion:
        text += f". {_words(evaluation.best).capitalize()} is better, but is for comparison only"
    return text + "."


def certainty_text(evaluation: Evaluation, behind: pd.DataFrame | None) -> str:
    """Return whether others may be as good as the winner, in a sentence.

    Parameters
    ----------
    evaluation
        How the models did.
    behind
        By how much each one's score is above the champion's: (models, behind, low, high).
    """
    if behind is None:
        return "The held-out period is one block of cases: how sure this is cannot be told."
    others = behind.drop(evaluation.champion)
    near = others[(others["low"] <= 0) & (others["high"] >= 0)].index
    if not len(others):
        return "No other model was compared with it."
    if not len(near):
        return "The 95 % intervals of its differences to all others exclude 0."
    names = ", ".join(_words(str(name)) for name in near)
    return f"The 95 % interval of its difference to {names} includes 0: that may be chance."


def print_evaluation(
    console: Console, evaluation: Evaluation, behind: pd.DataFrame | None = None
) -> None:
    """Print the scores, the winner, and what else is to be said.

    With ``behind``, as `certainty_text` takes it, also how sure the differences are.
    """
    table = Table()
    for number, heading in enumerate(_headings(evaluation, behind)):
        table.add_column(heading, justify="right" if number else "left")
    for row in _rows(evaluation, behind):
        table.add_row(*row)
    console.print(table)
    for sentence in (_answer(evaluation, behind), *evaluation.sentences):
        console.print(sentence, highlight=False, soft_wrap=True)


def write_evaluation(
    directory: Path,
    evaluation: Evaluation,
    behind: pd.DataFrame | None = None,
    card: str | None = None,
) -> None:
    """Write scores.csv, a CSV of every further table, and report.html.

    With ``behind``, as `certainty_text` takes it, also differences.csv; ``card`` is the champion's
    model card, as Markdown.
    """
    evaluation.scores.to_csv(directory / "scores.csv", index_label="model")
    if behind is not None:
        behind.to_csv(directory / "differences.csv", index_label="model")
    for name, table in evaluation.tables.items():
        table.to_csv(directory / f"{name}.csv", index=False)
    write_page(
        directory / "report.html",
        "evaluation.html.j2",
        [scores_figure(evaluation, behind), *evaluation.figures],
        "forecast.report",
        evaluation=evaluation,
        quantity=QUANTITY_WORDS.get(evaluation.quantity, _words(evaluation.quantity)),
        learned=moment_text(evaluation.split.train_until),
        winner=_answer(evaluation, behind),
        card=None if card is None else Markup(MarkdownIt("js-default").render(card)),
    )


def scores_figure(evaluation: Evaluation, behind: pd.DataFrame | None = None) -> Figure:
    """Show the score by which the champion is chosen, the best on top."""
    means = evaluation.losses.mean().sort_values(ascending=False)
    plot = blank_plot(f"{evaluation.score} (lower is better)", "")
    plot.add_bar(
        x=means.to_numpy(),
        y=[_words(str(name)) for name in means.index],
        orientation="h",
        marker_color=[ACCENT if name == evaluation.champion else NEUTRAL for name in means.index],
        text=[f"{value:.4f}" for value in means],
        textposition="outside",
        cliponaxis=False,
    )
    return Figure(
        key="scores",
        heading="Which model forecasts best?",
        sentence=winner_text(evaluation),
        plot=plot,
        columns=_headings(evaluation, behind),
        rows=_rows(evaluation, behind),
    )


def _answer(evaluation: Evaluation, behind: pd.DataFrame | None) -> str:
    certainty = "" if behind is None else " " + certainty_text(evaluation, behind)
    return winner_text(evaluation) + certainty


def _headings(evaluation: Evaluation, behind: pd.DataFrame | None) -> list[str]:
    more = [] if behind is None else ["behind the winner", "95 % interval"]
    return ["model", *map(str, evaluation.scores.columns), *more]


def _rows(evaluation: Evaluation, behind: pd.DataFrame | None) -> list[list[str]]:
    rows = []
    for name, values in evaluation.scores.iterrows():
        row = [_words(str(name)), *(f"{value:.4f}" for value in values)]
        if behind is not None:
            one = behind.loc[str(name)]
            row += [f"{one['behind']:.4f}", f"{one['low']:.4f} to {one['high']:.4f}"]
        rows.append(row)
    return rows


def _words(name: str) -> str:
    return name.replace("_", " ")
