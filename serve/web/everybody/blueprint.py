"""Where the pages of everybody are."""

from flask import Blueprint

pages = Blueprint("everybody", __name__)
