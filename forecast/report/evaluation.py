"""The report of a comparison of models."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from forecast.evaluation import Evaluation
from objective.pages.figure import Figure, blank_plot
from objective.pages.page import write_page
from objective.pages.style import ACCENT, NEUTRAL


def winner_text(evaluation: Evaluation) -> str:
    """Return which model won, and by what, in a sentence."""
    means = evaluation.losses.mean().sort_values()
    name = evaluation.champion
    text = f"{_words(name)} won with {evaluation.score} {means[name]:.4f}"
    others = means.drop(name)
    if len(others):
        text += f"; {_words(str(others.index[0]))} follows with {others.iloc[0]:.4f}"
    if evaluation.best != evaluation.champion:
        text += f". {_words(evaluation.best)} is better, but is for comparison only"
    return text + "."


def print_evaluation(console: Console, evaluation: Evaluation) -> None:
    """Print the scores, the winner, and what else is to be said."""
    table = Table()
    table.add_column("model")
    for score in evaluation.scores.columns:
        table.add_column(str(score), justify="right")
    for name, row in evaluation.scores.iterrows():
        table.add_row(_words(str(name)), *(f"{value:.4f}" for value in row))
    console.print(table)
    for sentence in (winner_text(evaluation), *evaluation.sentences):
        console.print(sentence, highlight=False)


def write_evaluation(directory: Path, evaluation: Evaluation) -> None:
    """Write scores.csv, a CSV of every further table, and report.html."""
    evaluation.scores.to_csv(directory / "scores.csv", index_label="model")
    for name, table in evaluation.tables.items():
        table.to_csv(directory / f"{name}.csv", index=False)
    write_page(
        directory / "report.html",
        "evaluation.html.j2",
        [scores_figure(evaluation), *evaluation.figures],
        "forecast.report",
        evaluation=evaluation,
        winner=winner_text(evaluation),
    )


def scores_figure(evaluation: Evaluation) -> Figure:
    """Show the score by which the champion is chosen, the best on top."""
    scores = evaluation.scores
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
        columns=["model", *map(str, scores.columns)],
        rows=[
            [_words(str(name)), *(f"{value:.4f}" for value in row)]
            for name, row in scores.iterrows()
        ],
    )


def _words(name: str) -> str:
    return name.replace("_", " ")
