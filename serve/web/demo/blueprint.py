"""Where the pages of a made-up practice are."""

from flask import Blueprint

pages = Blueprint("demo", __name__, url_prefix="/demo")
