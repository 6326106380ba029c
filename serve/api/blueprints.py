"""Every part of the API."""

from serve.api.account import account
from serve.api.audit import audit
from serve.api.patients import patients
from serve.api.practice import practice
from serve.api.schedules import schedules
from serve.api.tokens import tokens
from serve.api.users import users

BLUEPRINTS = (account, audit, patients, practice, schedules, tokens, users)
