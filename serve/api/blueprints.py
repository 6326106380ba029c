"""Every part of the API."""

from serve.api.practice import practice
from serve.api.providers import providers
from serve.api.schedules import schedules
from serve.api.visit_types import visit_types

BLUEPRINTS = (
    practice,
    providers,
    visit_types,
    schedules,
)
