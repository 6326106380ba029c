"""``python -m opt``: search, verify or stress a result, or price a file of schedules."""

import os
import sys
from dataclasses import astuple
from pathlib import Path
from typing import Any

import hydra
import torch
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from objective import ClinicSession, InvalidInput
from objective.errors import whole_number
from opt.configuration import behaviour_from, device_from, objective_from, search_from, workers_from
from opt.constraints import Constraints
from opt.display import (
    measures_of,
    performance_table,
    print_result,
    progress_display,
    stdout_console,
    stress_table,
)
from opt.feasible import FeasibleSchedules
from opt.files import write_csv, write_files
from opt.optimise import optimise
from opt.published import matching_rows
from opt.readers import read_schedules
from opt.registry import BASELINES
from opt.report.report import write_report
from opt.result import Result, read_result, verify_result
from opt.stress import MEASURES, PUNCTUAL_ONLY, stress

#: What comes with an extra of the package, by its name in Hydra's configuration.
EXTRAS = {
    "hydra/launcher/joblib": "joblib",
    "hydra/launcher/ray": "ray",
    "hydra/sweeper/optuna": "optuna",
}
#: Exit statuses.
WRONG_INPUT, NOT_VERIFIED = 2, 1


def main() -> None:
    """Run the command; print errors in one line."""
    arguments = sys.argv[1:]
    # The full error is raised here instead of printed by Hydra, so that it can be put plainly.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    # A clinic's computations are nobody else's business: Ray reports its use unless told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        if any(argument.startswith("verify=") for argument in arguments):
            if len(arguments) > 1:
                raise InvalidInput("verify", " ".join(arguments), "the only argument")
            sys.exit(verify_file(Path(arguments[0].removeprefix("verify="))))
        run()
    except KeyboardInterrupt:
        sys.exit(130)
    except (HydraException, OmegaConfBaseException, OSError, ValueError) as error:
        # InvalidInput is a ValueError, and so is what Hydra raises for a group without a choice.
        print(f"error: {plain_message(error)}", file=sys.stderr)
        sys.exit(WRONG_INPUT)


@hydra.main(version_base="1.3", config_path="pkg://conf", config_name="config")
def run(configuration: DictConfig) -> float | None:
    """Run one job of Hydra; its cost is what a sweeper may minimise."""
    settings: Any = OmegaConf.to_container(configuration, resolve=True, throw_on_missing=True)
    directory = Path(HydraConfig.get().runtime.output_dir)
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
        print(
            f"Verified: {path}: cost {contents['cost']:.9f}; no schedule costs less than "
            f"{contents['lower_bound']:.9f} (gap {contents['gap']:.1g})."
        )
    return 0


def start_of_day(text: Any) -> int:
    """Return a time like 09:00 as minutes after midnight."""
    allowed = "a time in quotes from '00:00' to '23:59'"
    hours, _, minutes = str(text).partition(":")
    if not (hours.isdigit() and minutes.isdigit()):
        raise InvalidInput("start", text, allowed)
    hour = whole_number("start", int(hours), 0, 23)
    return 60 * hour + whole_number("start", int(minutes), 0, 59)


def plain_message(error: Exception) -> str:
    """Return an error's message; for an unknown key, with the keys there are."""
    cause = error.__cause__
    message = str(error).strip()
    for name, extra in EXTRAS.items():
        if f"Could not find '{name}'" in message:
            return f"{name} is not installed: pip install 'bailey[{extra}]'"
    parent = getattr(cause, "parent_node", None)
    if isinstance(parent, DictConfig) and "not in struct" in str(cause):
        choices = ", ".join(map(str, parent.keys()))
        first = message.splitlines()[0]
        return f"{first}\nKey '{getattr(cause, 'key', '')}' is unknown; there are: {choices}"
    if isinstance(error, OSError) and error.filename:
        return f"cannot use {error.filename}: {error.strerror}"
    return message


if __name__ == "__main__":
    main()
