"""The folder of a comparison: its plan, and the runs that are finished, each in a file."""

import json
import os
from pathlib import Path

from objective import InvalidInput
from objective.commands.json_text import parse_json
from opt.compare.job import Job, Outcome
from opt.compare.plan import Plan, read_plan, slug


class Folder:
    """Keeps outcomes so that an interrupted comparison can go on.

    Every file appears complete or not at all.

    Parameters
    ----------
    path
        A folder that exists.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def write_plan(self, plan: Plan) -> None:
        """Keep the plan."""
        (self.path / "runs").mkdir(exist_ok=True)
        _write(self.path / "plan.json", json.dumps(plan.to_dict(), indent=1))

    def read_plan(self) -> Plan:
        """Return the plan; raise `InvalidInput` if there is none."""
        return read_plan(self.path / "plan.json")

    def keep(self, job: Job, outcome: Outcome) -> None:
        """Keep the outcome of a job."""
        _write(self._file(job), json.dumps(outcome.to_dict(), allow_nan=False))

    def kept(self, job: Job) -> Outcome | None:
        """Return the outcome of a job, None if it has not been done.

        Raises
        ------
        InvalidInput
            If the file of the run is not what a comparison writes.
        """
        path = self._file(job)
        try:
            return Outcome.from_dict(parse_json(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (KeyError, TypeError, ValueError, AttributeError):
            allowed = "the file of a finished run; without it the run is done again"
            raise InvalidInput("resume", str(path), allowed) from None

    def _file(self, job: Job) -> Path:
        name = f"{slug(job.instance)}.{slug(job.label)}.{job.seed}.json"
        return self.path / "runs" / name


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_text(text + "\n", encoding="utf-8")
    os.replace(unfinished, path)
