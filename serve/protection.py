"""What protects every answer: headers for browsers, and which proxies are believed."""

import base64
import hashlib
import re
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from serve.events.where import stream_address
from serve.settings import Settings

#: For answers that are data: a browser loads nothing for them and shows them in no frame.
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
#: For pages: what comes with the service and the stream of events; no script and no style that is
#: written into a page.
OURS = (
    "default-src 'none'; script-src 'self'; style-src 'self' {empty}; img-src 'self' data:; "
    "connect-src 'self'{stream}; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'"
)
#: An element without text: plotly makes one, and adds its rules by script.
EMPTY = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
#: For the page about the API, and for the small pages that links in mails open.
WRITTEN = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self'{scripts}; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'"
)
SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
A_YEAR = "max-age=31536000"


def protect(app: Flask, settings: Settings, documentation: str) -> None:
    """Give an application's answers their headers, and let it believe its proxies.

    Parameters
    ----------
    documentation
        Path of the page about the API, whose own scripts alone may run in it.
    """
    # Two slashes are an address of nothing, and not of what one slash names.
    app.url_map.merge_slashes = False
    proxies = int(settings.proxies)
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        policy = NOTHING
        if response.mimetype == "text/html":
            policy = OURS.format(empty=EMPTY, stream=_stream(settings))
            if request.path.startswith(documentation):
                policy = WRITTEN.format(scripts=_scripts_of(response))
            elif request.path.startswith("/api/"):
                policy = WRITTEN.format(scripts="")
        response.headers.setdefault("Content-Security-Policy", policy)
        if request.path.startswith(("/api/v1/", "/fhir/")) or response.mimetype == "text/html":
            # What somebody saw is not shown to who sits down next at the same browser.
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers.setdefault("X-Robots-Tag", "noindex, nofollow, noarchive")
        if settings.secure_cookies == "true":
            response.headers.setdefault("Strict-Transport-Security", A_YEAR)
        return response


def _stream(settings: Settings) -> str:
    """Return the origin of the stream of events, as a policy has it after others."""
    address = stream_address(settings, request.host_url)
    if address is None:
        return ""
    parts = urlsplit(address)
    # A host comes from the request: nothing but what a host may be gets into a header.
    if not re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", parts.netloc):
        return ""
    return f" {parts.scheme}://{parts.netloc}"


def _scripts_of(response: Response) -> str:
    """Return the hashes of the scripts in a page, as a policy has them."""
    if response.direct_passthrough:
        return ""
    hashes = [hashlib.sha256(script).digest() for script in SCRIPT.findall(response.get_data())]
    return "".join(f" 'sha256-{base64.b64encode(one).decode()}'" for one in hashes)
