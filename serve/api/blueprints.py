"""Every part of the API."""

from serve.api.availability import availability
from serve.api.availability_preview import availability_preview
from serve.api.practice import practice
from serve.api.schedules import schedules

BLUEPRINTS = (
    practice,
    schedules,
    availability,
    availability_preview,
)
