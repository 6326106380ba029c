"""What ``python -m forecast task=...`` does, a module for each task."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from forecast.tasks.acceptance import acceptance
from forecast.tasks.evaluate import evaluate
from forecast.tasks.generate import generate
from forecast.tasks.past_sessions import write_past_sessions
from forecast.tasks.predict import predict
from forecast.tasks.prepare import prepare
from forecast.tasks.session import session
from forecast.tasks.train import train


def _task(name: str) -> Callable[[dict[str, Any], Path], float | None]:
    """Return a task whose module, which needs MLflow, is read when it is done."""

    def do(settings: dict[str, Any], directory: Path) -> float | None:
        function: Callable[[dict[str, Any], Path], float | None]
        function = getattr(import_module(f"forecast.tasks.{name}"), name)
        return function(settings, directory)

    return do


#: Every task by its name: it takes the composed settings and the folder of the run, and returns the
#: number that a sweeper may minimise.
TASKS: dict[str, Callable[[dict[str, Any], Path], float | None]] = {
    "train": train,
    "evaluate": evaluate,
    "generate": generate,
    "prepare": prepare,
    "predict": predict,
    "past_sessions": write_past_sessions,
    "acceptance": acceptance,
    "session": session,
    "promote": _task("promote"),
    "rollback": _task("rollback"),
    "drift": _task("drift"),
}
