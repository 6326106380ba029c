"""The pages of the provider."""

from serve.web.area import Area
from serve.web.provider.blueprint import pages
from serve.web.texts import marked

AREA = Area("provider", marked("My clinic"), pages, menu=())
