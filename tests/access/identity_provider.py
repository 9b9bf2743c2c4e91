"""A small OpenID Connect provider: real HTTP, real signatures, and lies on request."""

import base64
import hashlib
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "viaduc", "a-secret-of-many-characters-for-these-tests"


class Provider(ThreadingHTTPServer):
    """What it says of people, and how it lies, is set by the test."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.issuer = f"http://127.0.0.1:{self.server_address[1]}"
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.claims: dict[str, Any] = {}
        self.lie: dict[str, Any] = {}
        self.asked: dict[str, dict[str, str]] = {}

    def answer_to(self, address: str) -> str:
        """Where the browser is sent back to, after somebody signed in."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.asked)}"
        self.asked[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, nonce: str) -> str:
        """The word it gives."""
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "s-1", "iat": now, "exp": now + 300, "nonce": nonce}
        claims |= self.claims | self.lie.get("claims", {})
        if self.lie.get("unsigned"):
            parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
            return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."
        if self.lie.get("shared_secret"):
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
        key = RSAKey.generate_key(2048, {"kid": "one"}) if self.lie.get("other_key") else self.key
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)


class Desk(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        issuer = self.server.issuer
        match urlsplit(self.path).path:
            case "/.well-known/openid-configuration":
                named = self.server.lie.get("calls_itself", issuer)
                self.tell({"issuer": named, "authorization_endpoint": f"{issuer}/ask",
                           "token_endpoint": f"{issuer}/token", "jwks_uri": f"{issuer}/keys"})  # fmt: skip
            case "/keys":
                self.tell({"keys": [self.server.key.as_dict(private=False)]})
            case _:
                self.tell({}, 404)

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        asked = self.server.asked.pop(sent["code"][0], None)
        who = base64.b64decode(self.headers.get("authorization", "").removeprefix("Basic ")).decode()
        proof = base64.urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", [""])[0].encode()).digest())
        challenge = proof.rstrip(b"=").decode()
        if asked is None or who != f"{CLIENT}:{SECRET}":
            self.tell({"error": "invalid_client"}, 401)
        elif (asked["code_challenge"], asked["code_challenge_method"]) != (challenge, "S256"):
            self.tell({"error": "invalid_grant"}, 400)
        else:
            token = self.server.token(asked["nonce"])
            self.tell({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def tell(self, told: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test says what it saw."""
