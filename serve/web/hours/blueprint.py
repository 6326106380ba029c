"""Where the pages of providers' availability are: of one's own, or of all to an administrator."""

from flask import Blueprint

pages = Blueprint("hours", __name__, url_prefix="/hours")
