"""All parts of the pages, in the order of the menu."""

from serve.web.administrator import AREA as ADMINISTRATOR
from serve.web.analyst import AREA as ANALYST
from serve.web.front_desk import AREA as FRONT_DESK
from serve.web.patient import AREA as PATIENT
from serve.web.provider import AREA as PROVIDER

AREAS = (PATIENT, PROVIDER, FRONT_DESK, ADMINISTRATOR, ANALYST)
