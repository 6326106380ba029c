"""``task=prepare``: read and check a history once, and keep it as Parquet files with a summary."""

from pathlib import Path
from typing import Any

from forecast.data.sources import history_from
from forecast.data.summary import print_summary, summary_of
from forecast.data.writing import write_history
from objective.commands.files import write_json
from objective.commands.progress import stdout_console
from objective.errors import known_keys


def prepare(settings: dict[str, Any], directory: Path) -> None:
    """Write the checked tables of the group ``data`` as Parquet files, and summary.json."""
    names = ("name", "folder")
    given = known_keys("task", settings["task"], names, required=names)
    history = history_from(settings, directory)
    folder = directory / "history" if given["folder"] is None else Path(str(given["folder"]))
    write_history(history, folder, "parquet")
    summary = {"on_error": settings["on_error"], **summary_of(history, directory)}
    write_json(folder / "summary.json", summary)
    console = stdout_console()
    print_summary(console, summary)
    console.print(f"Written to {folder}: Parquet files, summary.json", highlight=False)
