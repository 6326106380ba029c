"""Read what the pipeline left behind into pandas: the schedule, the runs and the history.

Run it in the folder of the pipeline after `dvc repro`; every frame is printed, and can be worked
with when the script is run by `python -i read_results.py`.
"""

import json
from pathlib import Path

import mlflow
import pandas as pd

# The schedule that was found, and how it compares with the rules that clinics use.
result = json.loads(Path("optimise/result.json").read_text(encoding="utf-8"))
patients = pd.Series(result["schedule"], name="patients").rename_axis("interval")
measures = ["waiting", "idle", "tardiness", "cost"]
schedules = pd.DataFrame(
    {"optimal": {name: result[name] for name in measures}, **result["baselines"]}
).T[measures]

# Every model that learned, with its scores; the newest first.
mlflow.set_tracking_uri("sqlite:///mlflow.db")
runs = mlflow.search_runs(search_all_experiments=True)
scores = runs.filter(regex="^(run_id|start_time|tags.mlflow.runName|metrics\\.)")

# The history, as it was checked.
history = {path.stem: pd.read_parquet(path) for path in Path("history").glob("*.parquet")}
visits = history["visits"].set_index("scheduled_at")
happened = visits[visits["status"].isin(["completed", "no_show"])]
weeks = happened.resample("W")["status"].agg(["size", lambda status: (status == "no_show").mean()])
weeks.columns = pd.Index(["visits", "no_show_rate"])

for name, frame in {
    "patients by interval": patients[patients > 0].to_frame(),
    "schedules, minutes": schedules,
    "runs": scores,
    "weeks": weeks,
}.items():
    print(f"\n{name}\n{frame.to_string(max_rows=12, max_cols=8)}")
