# Tested with Python 3.11 and joserfc 1.8 by crates/signet/tests/it/providers.rs. Needs `pip install joserfc`.
"""Makes the tokens with which a site's backend tells Signet who is signed in."""

import json
import time
import unicodedata
import uuid
from collections.abc import Callable, Mapping

from joserfc import jwe, jws
from joserfc.jwk import RSAKey

VISITOR_DATA = {"address", "city", "country", "email", "firstName", "lastName", "phoneNumber", "zipCode"}
DAY = 86_400


class TokenProvider:
    """Make one and keep it; it reads the keys once.

    private_key:      yours, PEM: PKCS#8 or traditional, as openssl and `signet keys generate` write it
    platform_key:     Signet's public key, PEM, from /keys/platform.pem
    issuer:           `iss`: your site's name, such as https://www.example.com
    lifetime:         seconds that a token is good for
    audience:         `aud`: your site id; the strict profile needs it
    key_id:           `kid` of your key, as registered; the strict profile needs it
    platform_key_id:  `kid` of Signet's key, from /.well-known/jwks.json; the strict profile needs it
    claim_prefix:     the project's claim prefix
    clock:            seconds since 1970, for tests
    """

    def __init__(
        self,
        private_key: str,
        platform_key: str,
        *,
        issuer: str,
        lifetime: int = 60,
        audience: str | None = None,
        key_id: str | None = None,
        platform_key_id: str | None = None,
        claim_prefix: str = "https://iadvize.com/",
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not issuer:
            raise ValueError("an issuer is needed")
        if not isinstance(lifetime, int) or not 1 <= lifetime <= DAY:
            raise ValueError("the lifetime is 1 to 86400 seconds")
        self._signing_key = RSAKey.import_key(private_key)
        self._platform_key = RSAKey.import_key(platform_key)
        self._issuer, self._audience, self._lifetime = issuer, audience, lifetime
        self._prefix, self._clock = claim_prefix, clock
        self._inner_header = {"alg": "RS256", "typ": "visitor+jwt", **({"kid": key_id} if key_id else {})}
        self._outer_header = {
            "alg": "RSA-OAEP-256",
            "enc": "A256GCM",
            "cty": "JWT",
            **({"kid": platform_key_id} if platform_key_id else {}),
        }

    def issue(self, user_id: str, visitor_data: Mapping[str, str | None] | None = None) -> str:
        """A token for the person who is signed in now.

        Take `user_id` from your own checked session, never from the request: 1 to 255 characters, unique, never given
        to somebody else. `visitor_data` is shown to agents; members that are None are left out. Raises ValueError for
        what Signet would refuse.
        """
        if not isinstance(user_id, str) or not 1 <= len(user_id) <= 255 or _has_controls(user_id):
            raise ValueError("a user id is a string of 1 to 255 printable characters")
        issued_at = int(self._clock())
        claims: dict[str, object] = {f"{self._prefix}userId": user_id}
        if data := _checked(visitor_data or {}):
            claims[f"{self._prefix}visitorData"] = data
        claims["iss"] = self._issuer
        if self._audience:
            claims["aud"] = self._audience
        claims |= {"iat": issued_at, "exp": issued_at + self._lifetime, "jti": str(uuid.uuid4())}
        signed = jws.serialize_compact(self._inner_header, json.dumps(claims), self._signing_key, algorithms=["RS256"])
        algorithms = ["RSA-OAEP-256", "A256GCM"]
        return jwe.encrypt_compact(self._outer_header, signed, self._platform_key, algorithms=algorithms)


def _has_controls(text: str) -> bool:
    return any(unicodedata.category(character) == "Cc" for character in text)


def _checked(visitor_data: Mapping[str, str | None]) -> dict[str, str]:
    data = {name: value for name, value in visitor_data.items() if value is not None}
    for name, value in data.items():
        if name not in VISITOR_DATA:
            raise ValueError(f"visitorData has no member {name}")
        if not isinstance(value, str) or len(value) > 1024:
            raise ValueError(f"{name} is a string of at most 1,024 characters")
    return data
