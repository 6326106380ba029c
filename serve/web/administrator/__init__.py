"""The pages of the administrator."""

from serve.web.administrator.blueprint import pages
from serve.web.area import Area
from serve.web.texts import marked

AREA = Area("administrator", marked("Practice"), pages, menu=())
