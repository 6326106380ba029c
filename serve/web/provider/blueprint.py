"""Where the pages of the provider are."""

from flask import Blueprint

pages = Blueprint("provider", __name__, url_prefix="/provider")
