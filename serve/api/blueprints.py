"""Every part of the API."""

from serve.api.account import account
from serve.api.appointments import appointments
from serve.api.attendance import attendance
from serve.api.audit import audit
from serve.api.availability import availability
from serve.api.availability_preview import availability_preview
from serve.api.calendars import calendars
from serve.api.events import events
from serve.api.figures import figures
from serve.api.forecasts import forecasts
from serve.api.history import history
from serve.api.imports import imports
from serve.api.live import live
from serve.api.messages import messages
from serve.api.patients import patients
from serve.api.practice import practice
from serve.api.providers import providers
from serve.api.publishing import publishing
from serve.api.runs import runs
from serve.api.schedules import schedules
from serve.api.seats import seats
from serve.api.templates import templates
from serve.api.tokens import tokens
from serve.api.unsubscribing import unsubscribing
from serve.api.users import users
from serve.api.visit_types import visit_types
from serve.api.waiting_list import waiting_list
from serve.api.webhooks import webhooks
from serve.fhir.endpoints import fhir

BLUEPRINTS = (
    account,
    appointments,
    attendance,
    audit,
    availability,
    availability_preview,
    calendars,
    events,
    figures,
    forecasts,
    history,
    imports,
    live,
    messages,
    patients,
    practice,
    providers,
    publishing,
    runs,
    schedules,
    seats,
    templates,
    tokens,
    unsubscribing,
    users,
    visit_types,
    waiting_list,
    webhooks,
    fhir,
)
