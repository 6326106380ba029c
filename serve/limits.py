"""How often somebody may ask, and how much may be sent."""

import hashlib

from flask import Flask, Response, current_app, request, session
from flask_limiter import ApplicationLimit, Limit, Limiter
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from serve.auth.tokens import ALGORITHM
from serve.errors import Malformed
from serve.settings import Settings

#: Attempts to sign in from one address; an account is locked on its own.
SIGN_INS = "10 per minute; 100 per hour"
#: Paths at which a password or a code is tried.
SIGN_IN_PATHS = (
    *(f"/api/v1/account/{one}" for one in ("sign-in", "invitation", "password")),
    "/sign-in",
    "/invitation",
    "/account/password",
)
#: Requests for one link, whoever has it; a calendar program asks some times an hour.
OF_LINK = "30 per minute"
#: What a machine asks about the service itself, and what pages load.
FREE = ("/healthz", "/readyz", "/metrics", "/static/")

#: Longest body, bytes; and that of the paths that take more: ten thousand schedules of five
#: hundred intervals, and files to import.
BODY, LONG_BODY = 2**20, 16 * 2**20
LONG_BODIES = ("/api/v1/schedules", "/api/v1/imports", "/api/v1/runs", "/practice/imports")
#: The one path that takes bundles of resources.
BUNDLES = "/fhir/r4"
#: Longest path with its query, characters.
ADDRESS = 8_192


def limit(app: Flask, settings: Settings) -> None:
    """Let an application refuse what is too much: requests (429), bodies (413), addresses (414)."""
    app.config["MAX_CONTENT_LENGTH"] = LONG_BODY

    @app.before_request
    def check_size() -> None:
        if not request.path.startswith(LONG_BODIES) and request.path.rstrip("/") != BUNDLES:
            request.max_content_length = BODY
        # No name here has a NUL, and no database would take one.
        asked = request.full_path
        if len(asked) > ADDRESS:
            raise Malformed(414, f"The address is longer than {ADDRESS} characters.")
        if "\x00" in request.path or "%00" in request.query_string.decode("latin-1"):
            raise Malformed(400, "The address has a character that no address has.")

    if not settings.rate_limit:
        return

    @app.after_request
    def wait_only_if_refused(response: Response) -> Response:
        if response.status_code != 429:
            response.headers.pop("Retry-After", None)
        return response

    Limiter(
        who,
        app=app,
        storage_uri=settings.rate_limit_storage,
        strategy="moving-window",
        headers_enabled=True,
        application_limits=[
            ApplicationLimit(settings.rate_limit, exempt_when=lambda: request.path.startswith(FREE))
        ],
        default_limits=[
            Limit(SIGN_INS, key_function=address, exempt_when=_no_sign_in, methods=("POST",)),
            Limit(OF_LINK, key_function=_link, exempt_when=_no_link),
        ],
        # A store that is away for a while must not stop the clinic.
        in_memory_fallback_enabled=not settings.rate_limit_storage.startswith("memory"),
    )


def address() -> str:
    """Return where a request comes from, as far as the proxies are believed."""
    return f"address:{request.remote_addr}"


def who() -> str:
    """Return whose request it is: a user's who is signed in or has a token of ours, or an address'.

    A token's signature is checked, not whether it was revoked: a made-up one opens no new account
    of requests.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        try:
            key = OctKey.import_key(current_app.config["SECRET_KEY"])
            return f"user:{jwt.decode(token.strip(), key, algorithms=[ALGORITHM]).claims['sub']}"
        except (JoseError, KeyError, ValueError, TypeError, AttributeError):
            return address()
    if "_user_id" in session:
        return f"user:{str(session['_user_id']).partition('.')[0]}"
    return address()


def _link() -> str:
    """Return which link is followed, in a form that opens nothing."""
    return f"link:{hashlib.sha256(request.path.encode()).hexdigest()}"


def _no_link() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return not getattr(view, "linked", False)


def _no_sign_in() -> bool:
    return request.path not in SIGN_IN_PATHS
