"""Every part of the API."""

from serve.api.availability import availability
from serve.api.availability_preview import availability_preview
from serve.api.practice import practice
from serve.api.publishing import publishing
from serve.api.schedules import schedules
from serve.api.templates import templates

BLUEPRINTS = (
    practice,
    schedules,
    availability,
    availability_preview,
    templates,
    publishing,
)
