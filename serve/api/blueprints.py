"""Every part of the API."""

from serve.api.account import account
from serve.api.appointments import appointments
from serve.api.attendance import attendance
from serve.api.audit import audit
from serve.api.availability import availability
from serve.api.availability_preview import availability_preview
from serve.api.figures import figures
from serve.api.forecasts import forecasts
from serve.api.history import history
from serve.api.imports import imports
from serve.api.patients import patients
from serve.api.practice import practice
from serve.api.providers import providers
from serve.api.publishing import publishing
from serve.api.runs import runs
from serve.api.schedules import schedules
from serve.api.seats import seats
from serve.api.templates import templates
from serve.api.tokens import tokens
from serve.api.users import users
from serve.api.visit_types import visit_types
from serve.api.waiting_list import waiting_list
from serve.fhir.endpoints import fhir

BLUEPRINTS = (
    account,
    appointments,
    attendance,
    audit,
    availability,
    availability_preview,
    fhir,
    figures,
    forecasts,
    history,
    imports,
    patients,
    practice,
    providers,
    publishing,
    runs,
    schedules,
    seats,
    templates,
    tokens,
    users,
    visit_types,
    waiting_list,
)
