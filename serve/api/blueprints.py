"""Every part of the API."""

from serve.api.availability import availability
from serve.api.availability_preview import availability_preview
from serve.api.practice import practice
from serve.api.providers import providers
from serve.api.publishing import publishing
from serve.api.schedules import schedules
from serve.api.templates import templates
from serve.api.visit_types import visit_types

BLUEPRINTS = (
    availability,
    availability_preview,
    practice,
    providers,
    publishing,
    schedules,
    templates,
    visit_types,
)
