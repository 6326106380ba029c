"""Where the pages of the administrator are."""

from flask import Blueprint

pages = Blueprint("administrator", __name__, url_prefix="/practice")
