"""Every part of the API."""

from serve.api.practice import practice
from serve.api.runs import runs
from serve.api.schedules import schedules

BLUEPRINTS = (practice, runs, schedules)
