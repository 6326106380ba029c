"""Where the pages of long work are, of administrators and analysts alike."""

from flask import Blueprint

pages = Blueprint("work", __name__, url_prefix="/work")
