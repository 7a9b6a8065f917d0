"""Makes strict visitor tokens with joserfc, one for each pair of keys. See ../README.md for what is read and written."""

import json
import sys

from joserfc import jwe, jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

SIGNERS = {"RS256": RSAKey, "PS256": RSAKey, "ES256": ECKey, "EdDSA": OKPKey}
RECIPIENTS = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}

order = json.load(sys.stdin)
for signer in order["signers"]:
    key = SIGNERS[signer["alg"]].import_key(signer["pem"])
    header = {"alg": signer["alg"], "typ": order["typ"], "kid": signer["kid"]}
    inner = jws.serialize_compact(header, order["claims"], key, algorithms=[signer["alg"]])
    for jwk in order["recipients"]:
        header = {"alg": jwk["alg"], "enc": "A256GCM", "cty": "JWT", "kid": jwk["kid"]}
        recipient = RECIPIENTS[jwk["kty"]].import_key(jwk)
        token = jwe.encrypt_compact(header, inner, recipient, algorithms=[jwk["alg"], "A256GCM"])
        print(f"{signer['alg']}/{jwk['alg']}/{jwk.get('crv', 'RSA')}", token)
