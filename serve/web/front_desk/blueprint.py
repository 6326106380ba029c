"""Where the pages of the front desk are."""

from flask import Blueprint

pages = Blueprint("front_desk", __name__, url_prefix="/desk")
