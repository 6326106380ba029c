"""Every part of the API."""

from serve.api.appointments import appointments
from serve.api.attendance import attendance
from serve.api.practice import practice
from serve.api.schedules import schedules
from serve.api.seats import seats
from serve.api.waiting_list import waiting_list

BLUEPRINTS = (practice, schedules, seats, appointments, attendance, waiting_list)
