"""``python -m opt``: search, verify or stress a result, or price a file of schedules."""

import sys
from dataclasses import astuple
from pathlib import Path
from typing import Any

import hydra
import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from objective import ClinicSession, InvalidInput
from objective.commands.errors import plain_errors, start_of_day
from objective.commands.files import write_csv
from objective.commands.progress import stdout_console
from objective.errors import whole_number
from opt.configuration import (
    behaviour_from,
    device_from,
    objective_from,
    refuse_unused,
    search_from,
    workers_from,
)
from opt.constraints import Constraints
from opt.display import measures_of, performance_table, print_result, progress_display, stress_table
from opt.feasible import FeasibleSchedules
from opt.files import write_files
from opt.forecast_value.command import value_forecasts
from opt.optimise import optimise
from opt.published import matching_rows
from opt.readers import read_schedules
from opt.registry import BASELINES
from opt.replay.command import replay_sessions
from opt.report.report import write_report
from opt.result import Result, read_result, verify_result
from opt.stress import MEASURES, PUNCTUAL_ONLY, stress

#: Exit status of a result that does not verify.
NOT_VERIFIED = 1
#: What is done instead of a search, at most one of them.
FROM_FILES = ("replay", "forecast_value", "evaluate", "stress")
#: What means nothing where sessions and their laws come from files.
UNUSED = (
    "session",
    "service_time",
    "strategy",
    "stopping",
    "behaviour",
    "value_per_patient",
    "chain",
    "checkpoint",
    "resume",
)


def main() -> None:
    """Run the command; print errors in one line."""
    arguments = sys.argv[1:]
    with plain_errors():
        if any(argument.startswith("verify=") for argument in arguments):
            if len(arguments) > 1:
                raise InvalidInput("verify", " ".join(arguments), "the only argument")
            sys.exit(verify_file(Path(arguments[0].removeprefix("verify="))))
        run()


@hydra.main(version_base="1.3", config_path="pkg://conf", config_name="config")
def run(configuration: DictConfig) -> float | None:
    """Run one job of Hydra; its cost is what a sweeper may minimise."""
    settings: Any = OmegaConf.to_container(configuration, resolve=True, throw_on_missing=True)
    directory = Path(HydraConfig.get().runtime.output_dir)
    if settings["replay"] is not None or settings["forecast_value"] is not None:
        past_sessions(settings, directory)
        return None
    if settings["stress"] is not None:
        stress_file(settings, directory)
        return None
    if settings["evaluate"] is not None:
        evaluate_file(settings, directory)
        return None
    return search(settings, directory).cost


def search(settings: dict[str, Any], directory: Path) -> Result:
    """Search, write the files of the run and print the result beside the baselines."""
    job = search_from(settings)
    start = start_of_day(settings["start"])
    console = stdout_console()
    checkpoint = settings["resume"] or (
        directory / "checkpoint.pt" if settings["checkpoint"] else None
    )
    with workers_from(settings) as workers, progress_display(console) as on_progress:
        result = optimise(
            job.objective,
            job.strategy,
            job.stopping,
            job.seed,
            on_progress,
            checkpoint=checkpoint,
            resume=settings["resume"] is not None,
            constraints=job.constraints,
            workers=workers,
        )
    baselines = {
        name: optimise(job.objective, name, constraints=job.constraints) for name in BASELINES
    }
    rows = {name: baseline.performance.row(0) for name, baseline in baselines.items()}
    published = matching_rows(settings["published"], settings)
    write_files(directory, result, rows, published)
    print_result(console, result, rows, start, published)
    tables = "".join(f", {one.name}.csv" for one in result.findings if one.table()[0])
    console.print(
        f"Written to {directory}: result.json, schedule.csv, history.csv{tables}", highlight=False
    )
    if settings["report"]:
        path = directory / "report.html"
        write_report(path, result, baselines, start)
        console.print(f"Report: {path.resolve()}", highlight=False)
    return result


def past_sessions(settings: dict[str, Any], directory: Path) -> None:
    """Replay past sessions, or value the forecasts that were made of them."""
    given = [name for name in FROM_FILES if settings[name] is not None]
    if len(given) > 1:
        raise InvalidInput(given[1], settings[given[1]], f"null where {given[0]} is given")
    refuse_unused(HydraConfig.get().overrides.task, UNUSED, f"it follows from the {given[0]}")
    start = start_of_day(settings["start"])
    whole_number("seed", settings["seed"], 0, 2**63 - 1)
    experiment = replay_sessions if given == ["replay"] else value_forecasts
    with workers_from(settings) as workers:
        experiment(settings, directory, start, workers)


def evaluate_file(settings: dict[str, Any], directory: Path) -> None:
    """Price the schedules of a file: print them and write evaluated.csv."""
    objective = objective_from(settings)
    constraints = Constraints.from_dict(settings["constraints"])
    feasible = FeasibleSchedules(objective.session, constraints, objective.free)
    path = Path(str(settings["evaluate"]))
    names, schedules = read_schedules(path, objective.session)
    performance = objective(schedules)
    rows = {name: performance.row(index) for index, name in enumerate(names)}
    columns = list(next(iter(rows.values())))
    stdout_console().print(performance_table(rows, measures_of(objective)))
    met = feasible.contains(torch.tensor(schedules))
    if not met.all():
        broken = ", ".join(name for name, one in zip(names, met.tolist(), strict=True) if not one)
        print(f"These do not meet the constraints: {broken}")
    lines = [[name, *(row[column] for column in columns)] for name, row in rows.items()]
    write_csv(directory / "evaluated.csv", ["schedule", *columns], lines)
    print(f"Written to {directory / 'evaluated.csv'}")


def stress_file(settings: dict[str, Any], directory: Path) -> None:
    """Simulate the schedule of a result under stress: print the rows and write stress.csv."""
    if settings["evaluate"] is not None:
        raise InvalidInput("stress", settings["stress"], "given without evaluate")
    behaviour, days = behaviour_from(settings)
    contents = read_result(Path(str(settings["stress"])))
    rows = stress(contents, behaviour, days, settings["seed"], device_from(settings)["name"])
    console = stdout_console()
    console.print(stress_table(rows))
    if ClinicSession.from_dict(contents["session"]).priority:
        console.print(PUNCTUAL_ONLY, highlight=False)
    columns = [part for name in MEASURES for part in (name, f"{name}_standard_error")]
    lines = [
        [row.name, *(number for name in MEASURES for number in astuple(getattr(row, name)))]
        for row in rows
    ]
    write_csv(directory / "stress.csv", ["behaviour", *columns], lines)
    print(f"Written to {directory / 'stress.csv'}")


def verify_file(path: Path) -> int:
    """Check a result from its file alone; return the exit status."""
    contents = read_result(path)
    wrong = verify_result(contents)
    if wrong:
        print(f"NOT VERIFIED: {path}")
        for line in wrong:
            print(f"  {line}")
        return NOT_VERIFIED
    if contents["certificate"] is None:
        print(
            f"Verified: {path}: cost {contents['cost']:.9f}; without a certificate, nothing more."
        )
    else:
        order = " in this order of the patients" if contents["session"].get("order") else ""
        print(
            f"Verified: {path}: cost {contents['cost']:.9f}; no schedule{order} costs less than "
            f"{contents['lower_bound']:.9f} (gap {contents['gap']:.1g})."
        )
    return 0


if __name__ == "__main__":
    main()
