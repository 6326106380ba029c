"""Signing in with an OpenID Connect provider: the authorisation-code flow, with PKCE and a nonce.

The provider says who somebody is; whether that is a user here, and what the user may do, is
decided here. Nobody becomes a user by signing in elsewhere.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, Response, current_app, request
from joserfc.errors import JoseError
from requests import RequestException
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import ServiceUnavailable

from objective import InvalidInput
from serve.auth.trail import write_down
from serve.database import lock
from serve.errors import NotFound, SignInNeeded
from serve.models import ExternalIdentity, User
from serve.settings import Settings

NAME = "openid"
#: Seconds that the provider may take for an answer.
PATIENCE = 10
#: Algorithms by which an identity may be signed: those that only the provider can sign with.
SIGNATURES = ("RS256", "PS256", "ES256", "EdDSA", "RS384", "PS384", "ES384", "RS512", "PS512")
#: Longest subject that a provider may name (OpenID Connect Core, 2).
LONGEST_SUBJECT = 255

FAILED = "The sign-in at the provider failed, or was begun in another browser: begin again."
UNKNOWN = "Nobody here has this account: ask your practice for access."


def register_openid(app: Flask) -> None:
    """Let an application sign users in with the provider of its settings, if it names one.

    Raises
    ------
    InvalidInput
        If the provider is not reached by HTTPS and not on this machine.
    """
    settings: Settings = app.config["SETTINGS"]
    if not settings.oidc_issuer:
        return
    address = urlsplit(settings.oidc_issuer)
    here = address.hostname in ("localhost", "127.0.0.1", "::1")
    if address.scheme != "https" and not (address.scheme == "http" and here):
        raise InvalidInput("BAILEY_OIDC_ISSUER", "another address", "an address by https")
    OAuth(app).register(
        NAME,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        server_metadata_url=f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid email",
            "code_challenge_method": "S256",
            "default_timeout": PATIENCE,
        },
    )


def to_provider(back: str) -> Response:
    """Return the way to the provider, from where the browser comes back to an address."""
    client = _client()
    try:
        answer: Response = client.authorize_redirect(back)
    except (RequestException, ValueError) as error:
        raise ServiceUnavailable("The sign-in provider does not answer.") from error
    return answer


def claims_from_provider() -> Mapping[str, Any]:
    """Return what the provider says of who comes back from it.

    Raises
    ------
    SignInNeeded
        If the state, the code, the identity's signature or one of its claims is not right.
    """
    client, settings = _client(), current_app.config["SETTINGS"]
    refused = SignInNeeded(FAILED)
    # Against a provider that passes the browser on to another one (RFC 9207).
    if request.args.get("iss", settings.oidc_issuer) != settings.oidc_issuer:
        raise refused
    try:
        known = client.load_server_metadata()
        offered = known.get("id_token_signing_alg_values_supported", ["RS256"])
        known["id_token_signing_alg_values_supported"] = [
            one for one in offered if one in SIGNATURES
        ]
        expected = {
            "iss": {"essential": True, "value": settings.oidc_issuer},
            "aud": {"essential": True, "value": settings.oidc_client_id},
        }
        token = client.authorize_access_token(claims_options=expected)
        claims = dict(token.get("userinfo") or {})
        if claims.get("sub") and "email" not in claims and "userinfo_endpoint" in known:
            more = client.userinfo(token=token)
            claims = {**more, **claims} if more.get("sub") == claims["sub"] else {}
    except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError):
        raise refused from None
    except RequestException as error:
        raise ServiceUnavailable("The sign-in provider does not answer.") from error
    if not isinstance(claims.get("sub"), str) or not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
        raise refused
    return claims


def user_with(session: Session, issuer: str, claims: Mapping[str, Any]) -> User | None:
    """Return the active user that an identity is; None if it is nobody's.

    An identity that was not seen before becomes that of the user with its e-mail address, if the
    provider has verified that.
    """
    identity = session.scalar(
        select(ExternalIdentity).where(
            ExternalIdentity.issuer == issuer, ExternalIdentity.subject == claims["sub"]
        )
    )
    user = None
    if identity is not None:
        user = session.get(User, identity.user_id)
    elif claims.get("email_verified") is True and isinstance(claims.get("email"), str):
        found = session.scalar(select(User).where(User.email == claims["email"].lower()))
        user = None if found is None else lock(session, User, found.id)
    if user is None or not user.active:
        write_down(session, "account.sign_in_failed", user, details={"provider": issuer})
        return None
    if identity is None:
        session.add(ExternalIdentity(user_id=user.id, issuer=issuer, subject=claims["sub"]))
        write_down(session, "account.link", user, "session", {"provider": issuer})
    write_down(session, "account.sign_in", user, "session", {"provider": issuer})
    return user


def _client() -> Any:
    oauth = current_app.extensions.get("authlib.integrations.flask_client")
    if oauth is None:
        raise NotFound("way to sign in")
    return oauth.create_client(NAME)
