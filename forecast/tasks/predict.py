"""``task=predict``: a kept model forecasts many cases at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.cases import ForecastsCases
from forecast.data.chunks import TableWriter, count_rows, read_chunks
from forecast.data.moments import moment_from
from forecast.data.sources import history_from
from forecast.kept_models import kept_model
from forecast.quantities import checked_quantity
from objective import InvalidInput
from objective.commands.progress import changing_line, counted_display, stdout_console
from objective.errors import known_keys, whole_number


def predict(settings: dict[str, Any], directory: Path) -> None:
    """Write the predictions of a kept model for the cases of a file, or of the history."""
    names = ("name", "model", "cases", "moment", "file", "chunk")
    given = known_keys("task", settings["task"], names, required=names)
    rows = whole_number("task.chunk", given["chunk"], 1, 100_000_000)
    quantity = checked_quantity(settings)
    fitted = kept_model(settings, given["model"], quantity, "task.model").fitted
    if not isinstance(fitted, ForecastsCases):
        allowed = "a kept model that forecasts case by case, such as those of no_show"
        raise InvalidInput("task.model", str(given["model"]), allowed)
    path = Path(str(given["file"]))
    if path.name != str(given["file"]):
        raise InvalidInput("task.file", str(given["file"]), "a name without a folder")
    known = history_from(settings, directory)
    if given["moment"] is not None:
        known = known.known_at(moment_from("task.moment", given["moment"]))
    if given["cases"] is None:
        waiting = fitted.waiting(known)
        cases: Iterator[pd.DataFrame] = _parts(waiting, rows)
        total: int | None = len(waiting)
    else:
        file = Path(str(given["cases"]))
        cases, total = read_chunks(file, fitted.table(), rows), count_rows(file)
    predicted = fitted.predictor(known)
    console = stdout_console()
    with TableWriter(directory / path) as writer:
        if total is None:
            with changing_line(console) as show:
                for part in cases:
                    writer.write(predicted(part))
                    show(lambda: f"{writer.rows:,} cases")
        else:
            with counted_display(console, "cases") as count:
                for part in cases:
                    writer.write(predicted(part))
                    count(writer.rows, total)
    if not writer.rows:
        raise InvalidInput("task.cases", given["cases"], "a table with cases to forecast")
    console.print(f"{writer.rows:,} predictions: {writer.path}", highlight=False)


def _parts(table: pd.DataFrame, rows: int) -> Iterator[pd.DataFrame]:
    for first in range(0, len(table), rows):
        yield table.iloc[first : first + rows]
