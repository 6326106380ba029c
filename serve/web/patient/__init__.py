"""The pages of the patient."""

from serve.web.area import Area
from serve.web.patient.blueprint import pages
from serve.web.texts import marked

AREA = Area("patient", marked("My visits"), pages, menu=())
