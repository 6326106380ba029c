"""The pages of the front desk."""

from serve.web.area import Area
from serve.web.front_desk.blueprint import pages
from serve.web.texts import marked

AREA = Area("front_desk", marked("Front desk"), pages, menu=())
