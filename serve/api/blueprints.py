"""Every part of the API."""

from serve.api.figures import figures
from serve.api.history import history
from serve.api.imports import imports
from serve.api.practice import practice
from serve.api.schedules import schedules

BLUEPRINTS = (figures, history, imports, practice, schedules)
