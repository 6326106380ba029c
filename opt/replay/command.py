"""The replay of a composed configuration: its files, its table and its report."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from objective.commands.progress import counted_display, stdout_console
from opt.constraints import Constraints
from opt.replay.figures import (
    appointments_figure,
    cost_figure,
    differences_figure,
    parts_figure,
    reasons_figure,
    sessions_figure,
)
from opt.replay.files import (
    how_it_is_measured,
    tell,
    write_comparison_page,
)
from opt.replay.past_sessions import read_past_sessions
from opt.replay.planning import proved
from opt.replay.replay import IN_USE, OPTIMISED, Replay, replay
from opt.replay.settings import ReplaySettings
from opt.replay.valuation import Valuation
from opt.replay.words import about, label, share_text, verdict
from opt.workers import Workers

MADE_UP = "These sessions are made up, by the seed: they show what a replay looks like, no clinic."


def replay_sessions(
    settings: Mapping[str, Any], directory: Path, start: int, workers: Workers | None = None
) -> Replay:
    """Replay the sessions of a file, or made-up ones; write replay.json, replay.csv, report.html.

    ``start`` is when sessions begin, minutes after midnight; ``workers`` compute the schedules.
    """
    chosen = ReplaySettings.from_dict(settings["replay"])
    valuation = Valuation.from_settings(settings)
    constraints = Constraints.from_dict(settings["constraints"])
    path = Path(chosen.file) if chosen.file else directory / "sessions.csv"
    if chosen.file is None:
        chosen.synthetic.table(settings["seed"]).to_csv(path, index=False)
    console = stdout_console()
    with counted_display(console, "sessions booked") as on_progress:
        outcome = replay(
            read_past_sessions(path),
            chosen,
            valuation,
            constraints,
            settings["seed"],
            workers,
            on_progress=on_progress,
        )
    words = verdict(outcome)
    if chosen.file is None:
        words.append(MADE_UP)
    contents = _contents(outcome, chosen, valuation, words)
    tell(console, directory, "replay", outcome.comparison, OPTIMISED, words, contents)
    if settings["report"]:
        report = directory / "report.html"
        _write_report(report, outcome, chosen, valuation, settings["seed"], words, start)
        console.print(f"Report: {report.resolve()}", highlight=False)
    return outcome


def _contents(
    outcome: Replay, settings: ReplaySettings, valuation: Valuation, words: list[str]
) -> dict[str, Any]:
    comparison = outcome.comparison
    differences = {}
    for name in outcome.baselines:
        share = comparison.per_cent(OPTIMISED, name)
        differences[name] = {
            "cost": asdict(comparison.difference(OPTIMISED, name)),
            "per_cent": share and asdict(share),
        }
    return {
        "verdict": words,
        **comparison.to_dict(),
        "optimised_minus": differences,
        "predicted_consultation": outcome.predicted,
        "realised_consultation": outcome.realised,
        "consultation_by_third": list(outcome.thirds),
        "reasons": {name: asdict(one) for name, one in outcome.reasons.items()},
        "settings": asdict(settings),
        "valuation": valuation.to_dict(),
        "seed": comparison.seed,
        "replayed": [
            {
                "session": session,
                "learnt_from": outcome.learnt_from[place],
                "status": outcome.plans[place][OPTIMISED].status,
                "appointments": {
                    name: times.tolist() for name, times in outcome.appointments[place].items()
                },
            }
            for place, session in enumerate(comparison.sessions)
        ],
    }


def _write_report(
    path: Path,
    outcome: Replay,
    settings: ReplaySettings,
    valuation: Valuation,
    seed: int,
    words: list[str],
    start: int,
) -> None:
    comparison = outcome.comparison
    used = IN_USE if IN_USE in outcome.baselines else settings.rule_in_use
    best = comparison.best(list(outcome.baselines))
    # A session of the most frequent size, the last of them, because it has learnt most.
    (common, _), *_ = Counter(comparison.patients).most_common(1)
    shown = max(place for place, number in enumerate(comparison.patients) if number == common)
    figures = [
        cost_figure(comparison, OPTIMISED),
        differences_figure(comparison, OPTIMISED),
        parts_figure(comparison),
        reasons_figure(outcome.reasons, OPTIMISED),
        *(
            sessions_figure(comparison, OPTIMISED, other, f"over-time-{place}")
            for place, other in enumerate(dict.fromkeys([used, best]))
        ),
        appointments_figure(_ordered(outcome, shown), OPTIMISED, start),
    ]
    change, mean = comparison.per_cent(OPTIMISED, used), comparison.mean(OPTIMISED)
    numbers = [
        (f"{mean.mean:.2f}", "cost of a session, optimised"),
        (share_text(change), f"beside the schedule in use ({label(used)})"),
        (share_text(comparison.per_cent(OPTIMISED, best)), f"beside the best, {label(best)}"),
        *(
            (f"{comparison.differences(OPTIMISED, used, part).mean():+.1f} min", text)
            for part, text in (
                ("waiting", "wait of a patient, beside in use"),
                ("idle", "idle time"),
                ("tardiness", "overtime"),
            )
        ),
    ]
    plans = [one[OPTIMISED] for one in outcome.plans]
    notes = [
        " ".join(about(outcome, settings)),
        *how_it_is_measured(valuation, seed, comparison),
        f"Of the optimised schedules, {proved(plans)}. What they were expected to cost is in the "
        "table of the first figure.",
    ]
    sessions, learnt = len(comparison.sessions), outcome.learnt_from[0]
    write_comparison_page(
        path,
        comparison,
        OPTIMISED,
        figures,
        title=f"replay of {sessions} sessions",
        heading=f"{sessions} past sessions under other schedules, learnt from {learnt} before",
        answer=words,
        numbers=numbers,
        notes=notes,
    )


def _ordered(outcome: Replay, place: int) -> dict[str, Any]:
    times = outcome.appointments[place]
    return {name: times[name] for name in outcome.comparison.names}
