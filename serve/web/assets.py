"""Scripts and styles that come with the package: kept by browsers until they change."""

import hashlib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Flask, Response, request, send_from_directory, url_for
from flask_compress import Compress

HERE = Path(__file__).parent / "static"
#: The one script that another package has.
PLOTLY = "plotly.min.js"
#: How long a browser keeps a file whose address names its content.
FOR_GOOD = "public, max-age=31536000, immutable"

assets = Blueprint("assets", __name__, template_folder="templates")


def serve_assets(app: Flask) -> None:
    """Let an application serve what its pages load; that and its pages compressed."""
    # Data are left as they are: their ETags are versions, which compressing would change.
    app.config["COMPRESS_MIMETYPES"] = ["text/html", "text/css", "text/javascript", "image/svg+xml"]
    app.config["COMPRESS_ALGORITHM"] = ["br", "gzip"]
    Compress(app)
    app.register_blueprint(assets)
    app.add_template_global(asset)


def asset(name: str) -> str:
    """Return the address of a file, which is another one when its content is."""
    return url_for("assets.static", filename=name, v=_version(name))


@assets.get("/static/<path:filename>")
def static(filename: str) -> Response:
    """Return a file; browsers keep what they ask for by its version."""
    response = send_from_directory(_folder(filename), filename)
    if request.args.get("v"):
        response.headers["Cache-Control"] = FOR_GOOD
    if response.status_code == 200:
        # In one piece it is compressed before it is sent, and not while.
        response.direct_passthrough = False
        response.make_sequence()
    return response


def _folder(filename: str) -> Path:
    return Path(str(files("plotly"))) / "package_data" if filename == PLOTLY else HERE


@lru_cache
def _version(filename: str) -> str:
    return hashlib.sha256((_folder(filename) / filename).read_bytes()).hexdigest()[:12]
