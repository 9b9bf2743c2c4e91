"""Signing in through an OpenID Connect provider: authorization code with PKCE, the identity token checked in full.

RFC 6749, RFC 7636 and OpenID Connect Core 1.0, section 3.1. Authlib speaks the protocol, joserfc reads the token.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.errors import NotSignedIn, Unavailable
from app.settings import Settings

LONGEST = 5.0
"""Seconds to wait for a word of the provider, and twice that for all it says: while it is slow, everything but this
sign-in works."""

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures that are believed: with the provider's published keys only, never a shared secret and never none."""

LEEWAY = 60


@dataclass(frozen=True)
class Journey:
    """What the browser keeps while it is at the provider, so that only the answer to its own question is taken."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def begin(cls) -> "Journey":
        """A question nobody has asked before."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @classmethod
    def read(cls, text: str) -> "Journey":
        """From a cookie, or NotSignedIn."""
        parts = text.split(".")
        if len(parts) != 3 or not all(parts):
            raise NotSignedIn("this sign-in was not begun here, or took too long; begin again")
        return cls(*parts)

    def written(self) -> str:
        """For a cookie."""
        return ".".join((self.state, self.nonce, self.verifier))


@dataclass(frozen=True)
class Vouched:
    """Whom the provider vouches for."""

    subject: str
    email: str | None
    """Only when the provider says that it is verified."""
    role: Literal["admin", "reader"] | None


def has_provider(settings: Settings) -> bool:
    """Whether a provider is set up."""
    return bool(settings.oidc_issuer and settings.oidc_client_id and settings.oidc_client_secret)


def address_to_ask(settings: Settings, *, journey: Journey, back: str) -> str:
    """Where to send the browser. Unavailable when the provider does not answer."""
    with _client(settings, back) as client:
        told = _discover(settings, client)
        address, _ = client.create_authorization_url(
            told["authorization_endpoint"], state=journey.state, nonce=journey.nonce, code_verifier=journey.verifier
        )
    return str(address)


def take_answer(settings: Settings, *, journey: Journey, back: str, query: Mapping[str, str]) -> Vouched:
    """Whom the provider vouches for, from the query it sent the browser back with.

    NotSignedIn when the answer is to another question, or the provider or the token says no; Unavailable when the
    provider does not answer.
    """
    if not secrets.compare_digest(query.get("state", "").encode(), journey.state.encode()):
        raise NotSignedIn("this answer belongs to another sign-in; begin again")
    if "code" not in query:
        raise NotSignedIn("the provider did not let you in")
    with _client(settings, back) as client:
        told = _discover(settings, client)
        if query.get("iss", told["issuer"]) != told["issuer"]:
            raise NotSignedIn("this answer comes from another provider")
        token = _fetch_token(client, told["token_endpoint"], query["code"], journey.verifier)
        keys = _fetch(client, told["jwks_uri"])
    claims = _read_token(settings, told["issuer"], token, keys, journey.nonce)
    return _vouched(settings, claims)


def _vouched(settings: Settings, claims: Mapping[str, Any]) -> Vouched:
    email = claims.get("email") if claims.get("email_verified") is True else None
    return Vouched(str(claims["sub"]), str(email) if email else None, _role(settings, claims))


def _role(settings: Settings, claims: Mapping[str, Any]) -> Literal["admin", "reader"] | None:
    said = claims.get(settings.oidc_role_claim) if settings.oidc_role_claim else None
    values = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    if settings.oidc_admin_value in values:
        return "admin"
    return "reader" if settings.oidc_reader_value in values else None


def _client(settings: Settings, back: str) -> Any:
    from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]  # noqa: PLC0415 - slow import

    from app.services.access.wire import Exchange  # noqa: PLC0415 - slow import

    return OAuth2Client(
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None,
        redirect_uri=back,
        scope="openid email",
        code_challenge_method="S256",
        transport=Exchange(LONGEST, 2 * LONGEST),
        follow_redirects=False,
    )


def _discover(settings: Settings, client: Any) -> dict[str, Any]:
    """What the provider says of itself; it must be the one that was asked."""
    issuer = (settings.oidc_issuer or "").rstrip("/")
    told = _fetch(client, f"{issuer}/.well-known/openid-configuration")
    if str(told.get("issuer", "")).rstrip("/") != issuer:
        raise Unavailable("the identity provider calls itself by another name than VIADUC_OIDC_ISSUER")
    return told


def _fetch(client: Any, address: str) -> dict[str, Any]:
    import httpx2  # noqa: PLC0415 - slow import

    try:
        answer = client.request("GET", address, withhold_token=True)
        answer.raise_for_status()
        told = answer.json()
    except (httpx2.HTTPError, ValueError) as error:
        raise Unavailable("the identity provider does not answer; sign in with a key or a link meanwhile") from error
    if not isinstance(told, dict):
        raise Unavailable("the identity provider does not answer as it should")
    return told


def _fetch_token(client: Any, address: str, code: str, verifier: str) -> str:
    import httpx2  # noqa: PLC0415 - slow import
    from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]  # noqa: PLC0415 - slow import

    try:
        token = client.fetch_token(address, code=code, code_verifier=verifier, grant_type="authorization_code")
    except AuthlibBaseError as error:
        raise NotSignedIn("the provider does not take this answer back; begin again") from error
    except (httpx2.HTTPError, ValueError) as error:
        raise Unavailable("the identity provider does not answer; sign in with a key or a link meanwhile") from error
    return str(token.get("id_token", ""))


def _read_token(settings: Settings, issuer: str, token: str, keys: Any, nonce: str) -> Mapping[str, Any]:
    """The claims of a token that was signed by the provider, for us, for this sign-in, and is not over."""
    from joserfc import jwt  # noqa: PLC0415 - slow import
    from joserfc.errors import JoseError  # noqa: PLC0415 - slow import
    from joserfc.jwk import KeySet  # noqa: PLC0415 - slow import

    wanted = jwt.JWTClaimsRegistry(
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": settings.oidc_client_id or ""},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=ALGORITHMS).claims
        wanted.validate(claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise NotSignedIn("the provider's word does not hold; begin again") from error
    if claims.get("azp", settings.oidc_client_id) != settings.oidc_client_id:
        raise NotSignedIn("the provider's word was given to another service")
    return dict(claims)
