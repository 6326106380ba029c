"""Calendar feeds: made, shown once, and ended; of patients and of providers alike."""

from uuid import UUID

from serve.api.calendars import get_calendar_feeds
from serve.api.call import Call
from serve.api.pages import PageIn
from serve.models import CalendarFeed
from serve.web.names import everything


def feeds_of(call: Call, patient_id: UUID | None) -> list[CalendarFeed]:
    """Return the reader's feeds of a patient, or those of the own sessions, that are not ended."""
    found = everything(get_calendar_feeds, call.to("calendar_feed.read"), PageIn())
    return [
        one
        for one in found
        if one.revoked_at is None
        and (one.patient_id == patient_id if patient_id is not None else one.provider_id)
    ]
