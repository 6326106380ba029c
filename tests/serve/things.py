"""One row of each kind that a path can name, all of them of the same owner."""

from datetime import date, time, timedelta
from functools import cached_property
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from serve.calendars.access import make_feed
from serve.models import (
    ApiToken,
    Appointment,
    AuditEntry,
    AvailabilityException,
    AvailabilityRule,
    CalendarFeed,
    Carer,
    ClinicDay,
    Import,
    Location,
    Offer,
    OutboxMessage,
    Patient,
    Preference,
    Provider,
    Resource,
    Run,
    Seat,
    Template,
    User,
    UserRole,
    VisitType,
    WaitlistEntry,
    Webhook,
)
from tests.serve.conftest import NOW

#: So that no two sessions, seats or appointments overlap.
_numbers = count()
#: What a session is, as `opt.result.objective_from_dict` reads it.
OBJECTIVE = {
    "session": {
        "patients": 2,
        "intervals": 6,
        "interval_length": 10,
        "service_time": {"law": "exponential", "mean": 9.0},
    },
    "weights": {"waiting": 1, "idle": 1, "tardiness": 1},
}
#: What a schedule of it costs.
PERFORMANCE = {"waiting": 2.0, "idle": 42.0, "tardiness": 1.0, "cost": 45.0}


class Things:
    """Rows of a practice, made when first asked for; ``things.seat`` is what ``seat_id`` names.

    Parameters
    ----------
    session
        The transaction.
    practice_id
        The practice.
    roles
        Roles of the user who owns them: cares for the patient, is the provider, made the run.
    """

    def __init__(self, session: Session, practice_id: UUID, roles: tuple[str, ...]) -> None:
        self.session, self.practice_id, self.roles = session, practice_id, roles
        self.starts = NOW + timedelta(days=7, hours=next(_numbers))

    @classmethod
    def names(cls) -> set[str]:
        """Return the names of all kinds of rows."""
        return {name for name, one in vars(cls).items() if isinstance(one, cached_property)}

    def id(self, name: str) -> str:
        """Return the identifier of a row, as a path has it."""
        return str(getattr(self, name).id)

    def _add(self, row: Any) -> Any:
        self.session.add(row)
        self.session.flush()
        return row

    @cached_property
    def user(self) -> User:
        """The owner."""
        made = User(practice_id=self.practice_id, email=f"{uuid4().hex}@people.example", name="U")
        made.roles = [UserRole(role=role) for role in self.roles]
        return self._add(made)

    @cached_property
    def provider(self) -> Provider:
        """The provider that the owner is."""
        made = self._add(Provider(practice_id=self.practice_id, name=f"Dr {uuid4().hex}"))
        self.user.provider_id = made.id
        self.session.flush()
        return made

    @cached_property
    def patient(self) -> Patient:
        """The patient that the owner is, and cares for."""
        made = Patient(practice_id=self.practice_id, name="Pat", user_id=self.user.id)
        self._add(made)
        self._add(Carer(user_id=self.user.id, patient_id=made.id))
        return made

    @cached_property
    def preference(self) -> Preference:
        """What the patient prefers: nothing."""
        return self._add(Preference(patient_id=self.patient.id))

    @cached_property
    def location(self) -> Location:
        """A location."""
        return self._add(Location(practice_id=self.practice_id, name=uuid4().hex))

    @cached_property
    def resource(self) -> Resource:
        """A room."""
        return self._add(
            Resource(
                practice_id=self.practice_id,
                location_id=self.location.id,
                kind="room",
                name=uuid4().hex,
            )
        )

    @cached_property
    def visit_type(self) -> VisitType:
        """A type of visit."""
        return self._add(
            VisitType(
                practice_id=self.practice_id,
                name=uuid4().hex,
                minutes=10,
                interval_minutes=10,
                service_time={"law": "exponential", "mean": 9.0},
            )
        )

    @cached_property
    def template(self) -> Template:
        """A template, priced by hand."""
        return self._add(
            Template(
                practice_id=self.practice_id,
                visit_type_id=self.visit_type.id,
                name=uuid4().hex,
                objective=OBJECTIVE,
                schedule=[1, 0, 0, 1, 0, 0],
                performance=PERFORMANCE,
                known="priced",
            )
        )

    @cached_property
    def rule(self) -> AvailabilityRule:
        """Mondays from nine to ten."""
        return self._add(
            AvailabilityRule(
                provider_id=self.provider.id,
                visit_type_id=self.visit_type.id,
                location_id=self.location.id,
                first_date=date(2026, 3, 2),
                starts=time(9),
                minutes=60,
                recurrence="FREQ=WEEKLY;BYDAY=MO",
            )
        )

    @cached_property
    def exception(self) -> AvailabilityException:
        """A date on which the provider is away."""
        return self._add(
            AvailabilityException(provider_id=self.provider.id, day=date(2026, 3, 9), kind="away")
        )

    @cached_property
    def clinic_day(self) -> ClinicDay:
        """A session of an hour, a week from now."""
        return self._add(
            ClinicDay(
                practice_id=self.practice_id,
                provider_id=self.provider.id,
                visit_type_id=self.visit_type.id,
                location_id=self.location.id,
                template_id=self.template.id,
                day=self.starts.date(),
                starts_at=self.starts,
                ends_at=self.starts + timedelta(minutes=60),
                interval_minutes=10,
                objective=OBJECTIVE,
            )
        )

    def _seat(self, interval: int) -> Seat:
        starts = self.starts + timedelta(minutes=10 * interval)
        return self._add(
            Seat(
                clinic_day_id=self.clinic_day.id,
                interval=interval,
                number=0,
                starts_at=starts,
                ends_at=starts + timedelta(minutes=10),
            )
        )

    def _appointment(self, seat: Seat, **more: Any) -> Appointment:
        return self._add(
            Appointment(
                practice_id=self.practice_id,
                patient_id=self.patient.id,
                visit_type_id=self.visit_type.id,
                seat_id=seat.id,
                starts_at=seat.starts_at,
                ends_at=seat.ends_at,
                **more,
            )
        )

    @cached_property
    def seat(self) -> Seat:
        """The first seat of the session, which nobody has."""
        return self._seat(0)

    @cached_property
    def appointment(self) -> Appointment:
        """The second seat, booked for the patient."""
        return self._appointment(self._seat(1), status="booked", booked_at=NOW)

    @cached_property
    def message(self) -> OutboxMessage:
        """A notice of the appointment that could not be sent."""
        return self._add(
            OutboxMessage(
                practice_id=self.practice_id,
                appointment_id=self.appointment.id,
                channel="email",
                kind="confirmation",
                due_at=NOW,
                try_at=NOW,
                state="failed",
            )
        )

    @cached_property
    def entry(self) -> WaitlistEntry:
        """The patient on the waiting list."""
        return self._add(
            WaitlistEntry(
                practice_id=self.practice_id,
                patient_id=self.patient.id,
                visit_type_id=self.visit_type.id,
                earliest=date(2026, 3, 3),
                latest=date(2026, 6, 3),
            )
        )

    @cached_property
    def offer(self) -> Offer:
        """The third seat, kept for the patient."""
        until = NOW + timedelta(hours=2)
        hold = self._appointment(self._seat(2), status="held", held_until=until)
        self.entry.status = "offered"
        return self._add(
            Offer(entry_id=self.entry.id, seat_id=hold.seat_id, hold_id=hold.id, ends_at=until)
        )

    @cached_property
    def token(self) -> ApiToken:
        """A token of the owner."""
        return self._add(
            ApiToken(
                user_id=self.user.id,
                name="token",
                scopes=["practice.read"],
                expires_at=NOW + timedelta(days=1),
            )
        )

    @cached_property
    def calendar_feed(self) -> CalendarFeed:
        """The owner's feed of the patient, whose secret is in ``calendar_secret``."""
        made, self.calendar_secret = make_feed(
            self.session, self.user, "feed", NOW, patient_id=self.patient.id
        )
        return made

    @cached_property
    def webhook(self) -> Webhook:
        """A webhook of the practice, for events that do not happen here."""
        return self._add(
            Webhook(practice_id=self.practice_id, url="https://9.9.9.9/hook", kinds=["run.failed"])
        )

    @cached_property
    def delivery(self) -> OutboxMessage:
        """A message to the webhook, which was sent."""
        return self._add(
            OutboxMessage(
                practice_id=self.practice_id, channel="webhook", kind="run.failed", state="sent",
                webhook_id=self.webhook.id, event_id=next(_numbers), due_at=NOW, try_at=NOW,
                sent_at=NOW,
            )
        )  # fmt: skip

    @cached_property
    def run(self) -> Run:
        """A run that the owner asked for."""
        return self._add(
            Run(
                practice_id=self.practice_id,
                user_id=self.user.id,
                kind="optimisation",
                request=OBJECTIVE,
            )
        )

    @cached_property
    def import_(self) -> Import:
        """An import by the owner."""
        return self._add(
            Import(
                practice_id=self.practice_id,
                user_id=self.user.id,
                table="patients",
                fingerprint=uuid4().hex,
            )
        )

    @cached_property
    def audit_entry(self) -> AuditEntry:
        """An access by the owner."""
        return self._add(
            AuditEntry(
                practice_id=self.practice_id,
                user_id=self.user.id,
                by="token",
                action="practice.read",
            )
        )


def row_name(parameter: str) -> str | None:
    """Return which of the `Things` a parameter such as ``seat_id`` names; None for none."""
    name = parameter.removesuffix("s").removesuffix("_id")
    name = {"import": "import_", "room": "resource"}.get(name, name)
    return name if parameter != name and name in Things.names() else None
