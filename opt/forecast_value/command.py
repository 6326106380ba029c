"""The value of forecasts of a composed configuration: its files, its table and its report."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from objective.commands.files import write_json
from objective.commands.progress import counted_display, stdout_console
from opt.constraints import Constraints
from opt.forecast_value.figures import quality_figure, value_figure
from opt.forecast_value.session_files import read_session_files
from opt.forecast_value.settings import ForecastValueSettings
from opt.forecast_value.value import (
    CLINIC,
    INDIVIDUAL,
    LEVELS,
    STEPS,
    ForecastValue,
    forecast_value,
)
from opt.forecast_value.words import expected_saving, saved, verdict
from opt.replay.figures import (
    appointments_figure,
    cost_figure,
    differences_figure,
    parts_figure,
    sessions_figure,
)
from opt.replay.files import (
    how_it_is_measured,
    tell,
    write_comparison_page,
)
from opt.replay.planning import proved
from opt.replay.valuation import Valuation
from opt.replay.words import share_text
from opt.workers import Workers

MADE_UP = (
    "These sessions are made up, by the seed: individual forecasts know {:.0%} of the variance "
    "within a class, by construction."
)
PUBLISHED = (
    "Published for comparison, other patients and another cost: schedules by predicted "
    "consultations cost up to 15.0 % less than one patient per mean consultation, and more than "
    "4.7 % less than schedules by new and returning patients (Scientific Reports 14, 27731, 2024)."
)


def value_forecasts(
    settings: Mapping[str, Any], directory: Path, start: int, workers: Workers | None = None
) -> ForecastValue:
    """Value the forecasts of session files, or made-up ones; write what was found.

    The files are forecast_value.json, forecast_value.csv and report.html; ``start`` is when
    sessions begin, minutes after midnight; ``workers`` compute the schedules.
    """
    chosen = ForecastValueSettings.from_dict(settings["forecast_value"])
    valuation = Valuation.from_settings(settings)
    constraints = Constraints.from_dict(settings["constraints"])
    seed = settings["seed"]
    path = Path(chosen.file) if chosen.file else directory / "sessions.json"
    if chosen.file is None:
        write_json(path, chosen.synthetic.contents(seed))
    console = stdout_console()
    with counted_display(console, "schedules") as on_progress:
        outcome = forecast_value(
            read_session_files(path), chosen, valuation, constraints, seed, workers, on_progress
        )
    words = verdict(outcome)
    if chosen.file is None:
        words.append(MADE_UP.format(chosen.synthetic.informativeness))
    contents = _contents(outcome, chosen, valuation, words)
    tell(console, directory, "forecast_value", outcome.comparison, INDIVIDUAL, words, contents)
    if settings["report"]:
        report = directory / "report.html"
        _write_report(report, outcome, valuation, seed, words, start)
        console.print(f"Report: {report.resolve()}", highlight=False)
    return outcome


def _contents(
    outcome: ForecastValue, settings: ForecastValueSettings, valuation: Valuation, words: list[str]
) -> dict[str, Any]:
    comparison = outcome.comparison
    values = []
    for more, less in STEPS:
        minutes, share = saved(outcome, more, less)
        values.append(
            {
                "with": more,
                "instead_of": less,
                "saved": asdict(minutes),
                "per_cent": share and asdict(share),
                "expected": expected_saving(outcome, more, less),
            }
        )
    return {
        "verdict": words,
        **comparison.to_dict(),
        "value_of_information": values,
        "quality": {level: asdict(one) for level, one in outcome.quality.items()},
        "minutes": outcome.minutes,
        "no_show": outcome.no_show,
        "settings": asdict(settings),
        "valuation": valuation.to_dict(),
        "seed": comparison.seed,
        "valued": [
            {
                "session": session,
                "schedules": {
                    name: {"status": plan.status, "appointments": plan.appointments.tolist()}
                    for name, plan in outcome.plans[place].items()
                },
            }
            for place, session in enumerate(comparison.sessions)
        ],
    }


def _write_report(
    path: Path,
    outcome: ForecastValue,
    valuation: Valuation,
    seed: int,
    words: list[str],
    start: int,
) -> None:
    comparison = outcome.comparison
    (common, _), *_ = Counter(comparison.patients).most_common(1)
    shown = comparison.patients.index(common)
    appointments = {name: plan.appointments for name, plan in outcome.plans[shown].items()}
    figures = [
        value_figure(outcome),
        cost_figure(comparison, INDIVIDUAL),
        differences_figure(comparison, INDIVIDUAL),
        parts_figure(comparison),
        quality_figure(outcome),
        sessions_figure(comparison, INDIVIDUAL, CLINIC, "over-time"),
        appointments_figure(appointments, INDIVIDUAL, start),
    ]
    numbers = []
    for more, less in STEPS:
        minutes, share = saved(outcome, more, less)
        what = f"{more} over {less}".replace("_", " ")
        numbers.append((share_text(share), f"{what} ({minutes.mean:+.2f})"))
    plans = [plans[level] for plans in outcome.plans for level in LEVELS]
    write_comparison_page(
        path,
        comparison,
        INDIVIDUAL,
        figures,
        title=f"value of forecasts on {len(comparison.sessions)} sessions",
        heading=f"What forecasts are worth, on {len(comparison.sessions)} sessions that took place",
        answer=words,
        numbers=numbers,
        notes=[
            "Every level books the same patients in the same order: as averages of the clinic, as "
            "members of their class, and by a forecast of their own. The rules go by the clinic's "
            "averages.",
            *how_it_is_measured(valuation, seed, comparison),
            f"Of the schedules of the three levels, {proved(plans)}.",
            PUBLISHED,
        ],
    )
