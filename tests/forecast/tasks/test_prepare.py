"""``task=generate`` and ``task=prepare`` as a user runs them, and bad input as a user sees it."""

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.forecast.data.clinics import forecast, visits

SMALL = ["data.weeks=4", "data.providers=1"]


def run_folder(cwd: Path) -> Path:
    """Return the folder of the last run."""
    return sorted(cwd.glob("outputs/*/*"))[-1]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_made_up_history_is_written_read_and_prepared(kind: str, tmp_path: Path):
    """And is the same at the end as at the beginning, by the hash of all rows."""
    made = forecast(
        "task=generate", f"task.format={kind}", "task.folder=made", *SMALL, cwd=tmp_path
    )
    assert made.returncode == 0, made.stderr
    assert "python -m forecast data=files data.folder=made data.country=GB-ENG" in made.stdout
    assert sorted(one.name for one in (tmp_path / "made").iterdir()) == [
        f"{name}.{kind}" for name in ("arrivals", "consultations", "offers", "visits")
    ]
    direct = forecast("task=prepare", "task.folder=direct", *SMALL, cwd=tmp_path)
    again = forecast(
        "task=prepare", "task.folder=again", "data=files", "data.folder=made",
        "data.country=GB-ENG", cwd=tmp_path,
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    first, second = (
        json.loads((tmp_path / name / "summary.json").read_text()) for name in ("direct", "again")
    )
    assert first == second
    assert first["fingerprint"] in direct.stdout
    assert first["tables"]["visits"]["rows"] == len(
        pd.read_parquet(tmp_path / "again" / "visits.parquet")
    )
    assert first["country"] == "GB-ENG"
    assert first["gaps"] == []


def test_prepare_puts_bad_rows_aside_and_counts_them(tmp_path: Path):
    """In the table it prints, in the summary, and in a file."""
    frame = pd.concat([visits(), visits()[:1]]).astype(object)
    frame.iloc[1, frame.columns.get_loc("status")] = "perhaps"
    frame.to_csv(tmp_path / "visits.csv", index=False)
    done = forecast(
        "task=prepare", "data=files", "data.visits=visits.csv", "on_error=quarantine", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    folder = run_folder(tmp_path)
    summary = json.loads((folder / "history" / "summary.json").read_text())["tables"]["visits"]
    assert (summary["rows"], summary["put_aside"]) == (4, 2)
    assert summary["problems"]["visit_id must be no other row's visit_id"] == 1
    assert "2 of 6 rows cannot be used" in done.stdout + done.stderr
    aside = pd.read_csv(folder / "quarantine" / "visits.csv")
    assert aside["row"].tolist() == [2, 6]


def write(folder: Path, frame: pd.DataFrame) -> list[str]:
    """Write visits; return the arguments by which the command reads them."""
    frame.to_csv(folder / "visits.csv", index=False)
    return ["task=prepare", "data=files", "data.visits=visits.csv"]


def changed(column: str, value: object, row: int = 0) -> pd.DataFrame:
    """Return visits with one value changed."""
    frame = visits().astype(object)
    frame.loc[row, column] = value
    return frame


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (visits().drop(columns="status"), "visits.status is missing"),
        (changed("scheduled_at", "soon"), "visits.scheduled_at, row 1 is 'soon'"),
        (changed("booked_at", "2024-03-05 09:00"), "it must be not after scheduled_at"),
        (changed("ended_at", "2024-03-04 09:00"), "it must be not before started_at"),
        (pd.concat([visits(), visits()]), "row 1 has it"),
        (visits().assign(age=[1, 2, float("inf"), 4, 5]), "visits.age, row 3 is 'inf'"),
        (visits()[:0], "at least one row"),
    ],
)
def test_bad_input_is_told_in_words(frame: pd.DataFrame, message: str, tmp_path: Path):
    """Without a traceback, with exit status 2, and before anything is written."""
    done = forecast(*write(tmp_path, frame), cwd=tmp_path)
    assert done.returncode == 2
    assert "error: " in done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (run_folder(tmp_path) / "history").exists()


def test_a_gap_of_weeks_is_told(tmp_path: Path):
    """In words; the command goes on."""
    frame = visits()
    frame.loc[4, "status"] = "no_show"
    done = forecast(*write(tmp_path, frame), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "visits: nothing from 2024-03-05 to 2024-03-20, 15 days." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["task=prepare", "on_error=ignore"], "stop or quarantine"),
        (["task=generate", "task.format=xlsx"], "parquet or csv"),
        (["task=prepare", "data=database", "data.url=sqlite:///nowhere.db"], "data.url"),
        (["task=prepare", "data=files"], "the files of one or more of"),
        (["task=prepare", "data.country=Atlantis"], "a country whose holidays are known"),
        (["task=prepare", "data.weeks=0"], "data.weeks"),
    ],
)
def test_options_that_cannot_be_are_refused(arguments: list[str], message: str, tmp_path: Path):
    """In one line."""
    done = forecast(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_database_is_prepared(tmp_path: Path):
    """The same as its tables in files."""
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{tmp_path / 'clinic.db'}")
    visits().to_sql("visits", engine, index=False)
    engine.dispose()
    of_files = forecast(*write(tmp_path, visits()), "task.folder=one", cwd=tmp_path)
    of_tables = forecast(
        "task=prepare", "data=database", "data.url=sqlite:///clinic.db", "task.folder=other",
        cwd=tmp_path,
    )  # fmt: skip
    assert of_files.returncode == of_tables.returncode == 0, of_files.stderr + of_tables.stderr
    one, other = (
        json.loads((tmp_path / name / "summary.json").read_text()) for name in ("one", "other")
    )
    assert one == other
