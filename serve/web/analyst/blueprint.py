"""Where the pages of the analyst are."""

from flask import Blueprint

pages = Blueprint("analyst", __name__, url_prefix="/analysis")
