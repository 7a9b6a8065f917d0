"""Makes visitor tokens with joserfc and jwcrypto. See ../README.md for what is read and written."""

import json
import sys

from joserfc import jwe as joserfc_jwe
from joserfc import jws as joserfc_jws
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import RSAKey
from jwcrypto import jwe as jwcrypto_jwe
from jwcrypto import jwk as jwcrypto_jwk
from jwcrypto import jws as jwcrypto_jws
from jwcrypto import jwt as jwcrypto_jwt

private_key, public_key, customer_key_id, platform_key_id, claims, escaped_claims = sys.stdin.read().split("\n")[:6]
private_pem = f"-----BEGIN PRIVATE KEY-----\n{private_key}\n-----END PRIVATE KEY-----\n"
public_pem = f"-----BEGIN PUBLIC KEY-----\n{public_key}\n-----END PUBLIC KEY-----\n"
OUTER = {"alg": "RSA-OAEP-256", "enc": "A256GCM"}


def with_joserfc():
    signing_key = RSAKey.import_key(private_pem)
    encryption_key = RSAKey.import_key(public_pem)

    def nest(inner_header, outer_header, payload):
        inner = joserfc_jws.serialize_compact(inner_header, payload, signing_key, algorithms=["RS256"])
        return joserfc_jwe.encrypt_compact(outer_header, inner, encryption_key, algorithms=["RSA-OAEP-256", "A256GCM"])

    yield "joserfc-minimal", nest({"alg": "RS256"}, OUTER, claims)
    yield "joserfc-escaped", nest({"alg": "RS256"}, OUTER, escaped_claims)
    yield "joserfc-full", nest(
        {"alg": "RS256", "typ": "JWT", "kid": customer_key_id},
        {**OUTER, "cty": "JWT", "kid": platform_key_id},
        claims,
    )
    # jwt.encode adds typ by itself.
    inner = joserfc_jwt.encode({"alg": "RS256"}, json.loads(claims), signing_key)
    yield (
        "joserfc-jwt",
        joserfc_jwe.encrypt_compact({**OUTER, "cty": "JWT"}, inner, encryption_key, algorithms=["RSA-OAEP-256", "A256GCM"]),
    )


def with_jwcrypto():
    signing_key = jwcrypto_jwk.JWK.from_pem(private_pem.encode())
    encryption_key = jwcrypto_jwk.JWK.from_pem(public_pem.encode())

    def nest(inner_header, outer_header, payload):
        inner = jwcrypto_jws.JWS(payload)
        inner.add_signature(signing_key, None, json.dumps(inner_header), None)
        outer = jwcrypto_jwe.JWE(inner.serialize(compact=True), json.dumps(outer_header), recipient=encryption_key)
        return outer.serialize(compact=True)

    yield "jwcrypto-minimal", nest({"alg": "RS256"}, OUTER, claims)
    yield "jwcrypto-full", nest(
        {"alg": "RS256", "typ": "JWT", "kid": customer_key_id},
        {**OUTER, "cty": "JWT", "typ": "JWT", "kid": platform_key_id},
        claims,
    )
    # The JWT class, nested as its documentation shows.
    inner = jwcrypto_jwt.JWT(header={"alg": "RS256"}, claims=json.loads(claims))
    inner.make_signed_token(signing_key)
    outer = jwcrypto_jwt.JWT(header=OUTER, claims=inner.serialize())
    outer.make_encrypted_token(encryption_key)
    yield "jwcrypto-jwt", outer.serialize()


for maker in (with_joserfc, with_jwcrypto):
    for name, token in maker():
        print(name, token)
