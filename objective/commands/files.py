"""JSON and CSV files."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_json(path: Path, contents: Mapping[str, Any]) -> None:
    """Write plain names and numbers to a file."""
    text = json.dumps(contents, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def write_csv(path: Path, header: list[str], rows: list[list[Any]]) -> None:
    """Write a CSV file with a header."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
