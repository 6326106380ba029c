"""``task=generate``: write the tables of a history, which usually is a made-up one, to files."""

from pathlib import Path
from typing import Any

from forecast.data.sources import history_from
from forecast.data.writing import checked_format, write_history
from objective.commands.progress import stdout_console
from objective.errors import known_keys


def generate(settings: dict[str, Any], directory: Path) -> None:
    """Write the tables of the group ``data``, as CSV or Parquet files."""
    names = ("name", "folder", "format")
    given = known_keys("task", settings["task"], names, required=names)
    kind = checked_format("task.format", given["format"])
    history = history_from(settings, directory)
    folder = directory / "history" if given["folder"] is None else Path(str(given["folder"]))
    paths = write_history(history, folder, kind)
    console = stdout_console()
    for name, path in paths.items():
        console.print(f"{len(getattr(history, name)):>9,} rows: {path}", highlight=False)
    country = "" if history.country is None else f" data.country={history.country}"
    told = f"Read it with: python -m forecast data=files data.folder={folder}{country}"
    console.print(told, highlight=False, soft_wrap=True)
