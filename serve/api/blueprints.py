"""Every part of the API."""

from serve.api.practice import practice
from serve.api.schedules import schedules

BLUEPRINTS = (practice, schedules)
