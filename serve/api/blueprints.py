"""Every part of the API."""

from serve.api.imports import imports
from serve.api.practice import practice
from serve.api.schedules import schedules

BLUEPRINTS = (imports, practice, schedules)
