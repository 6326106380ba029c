"""Trainings as runs of MLflow, and its registry of models: which is in use, and which were."""

import os

# Read by MLflow when it is imported. A clinic's models are nobody else's business, and what MLflow
# says of its own work is not the answer that a command prints.
for _name, _value in {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
}.items():
    os.environ.setdefault(_name, _value)
