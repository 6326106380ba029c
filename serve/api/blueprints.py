"""Every part of the API."""

from serve.api.forecasts import forecasts
from serve.api.practice import practice
from serve.api.runs import runs
from serve.api.schedules import schedules

BLUEPRINTS = (forecasts, practice, runs, schedules)
