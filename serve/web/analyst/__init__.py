"""The pages of the analyst."""

from serve.web.analyst.blueprint import pages
from serve.web.area import Area
from serve.web.texts import marked

AREA = Area("analyst", marked("Analysis"), pages, menu=())
