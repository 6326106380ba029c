"""Where the pages of the patient are."""

from flask import Blueprint

pages = Blueprint("patient", __name__, url_prefix="/my")
