//! What is inside the encryption, and who signed it.

super::diagnoses! {
"TOKEN_SIGNATURE_INVALID" {
"INNER_IS_PLAIN_CLAIMS": "Encrypted but not signed", "The claims themselves were encrypted. Anybody can do that with the platform's public key, so it proves nothing.", "Sign the claims with your private key first, then encrypt the signed token.";
"INNER_HAS_WHITESPACE": "The signed token inside has spaces or line breaks", "A newline was encrypted with it.", "Encrypt the signed token exactly as the library returned it.";
"INNER_QUOTED": "The signed token inside stands in quotes", "It was written as JSON before it was encrypted.", "Encrypt the text itself, without `JSON.stringify` or its like.";
"INNER_JWS_JSON_SERIALIZATION": "The signed token inside uses a JSON serialization", "The library was asked for the general or flattened form.", "Ask for the compact serialization.";
"INNER_UNSIGNED_JWT": "The token inside has no signature part", "An unsecured JWT, or the signature was cut off.", "Sign with RS256 and keep all three parts.";
"INNER_NOT_A_JWS": "The content is not a signed token", "Something else than a compact JWS was encrypted.", "Sign the claims, then encrypt the result: three parts with two dots.";
"INNER_IS_ENCRYPTED": "The content is another encrypted token", "The token was encrypted twice, or encrypted without being signed.", "Sign once, encrypt once.";
"INNER_NESTED_TWICE": "The signed content is another token", "A finished token was signed again.", "Sign the claims themselves.";
"JWS_BASE64_NOT_BASE64URL": "The signed token is in base64 instead of base64url", "Its parts were put together by hand with `+`, `/` or `=`.", "Use base64url without padding before you sign.";
"JWS_NOT_CANONICAL_BASE64URL": "A part of the signed token is not base64url", "The parts were put together by hand, or changed after signing.", "Encrypt the signed token exactly as the library returned it.";
"JWS_HEADER_NOT_JSON": "The signature header is not a JSON object", "The header was put together by hand.", "Let the library write the header.";
"JWS_HEADER_DUPLICATE_MEMBER": "The signature header has a member twice", "The header was put together as text.", "Let the library write the header.";
"JWS_ALG_MISSING": "The signature header has no alg", "The header was put together by hand.", "Set `alg` to `RS256`.";
"JWS_ALG_NONE": "The content is not signed", "`alg` is `none`: anybody could have written it.", "Sign with your private key and `RS256`.";
"JWS_ALG_SYMMETRIC": "Signed with a shared secret", "`HS256` and its like were used, perhaps with a public key as the secret. Public keys are no secrets.", "Sign with your RSA private key and `RS256`.";
"JWS_ALG_MISSPELLED": "The alg of the signature header is misspelled", "The name of the algorithm in another notation, such as `rs256`, `RSA256` or `SHA256withRSA`.", "Write exactly `RS256`.";
"JWS_ALG_OTHER_HASH": "Signed with another hash than SHA-256", "`RS384`, `RS512` and their like are not accepted.", "Set `alg` to `RS256`.";
"JWS_ALG_NOT_SWITCHED_ON": "This signature algorithm is not switched on for the project", "`PS256`, `ES256` and `EdDSA` are for the strict profile, and the project has not chosen this one.", "Switch it on in the project's settings, or use `RS256`.";
"JWS_ALG_NOT_ALLOWED": "The alg of the signature header is not accepted", "The provider chose an algorithm that Signet does not have.", "Set `alg` to `RS256`.";
"JWS_ALG_NOT_OF_KEY": "The key is registered for another algorithm", "A key verifies one algorithm only; the header names another.", "Sign with the algorithm of the registered key, or register a key for this one.";
"JWS_PADDING_MIXED_UP": "RS256 and PS256 are mixed up", "The signature is right with the other of the two RSA paddings.", "Sign with PKCS#1 v1.5 for `RS256` and with PSS for `PS256`.";
"JWS_CRIT_NOT_ALLOWED": "The signature header has crit", "It demands an extension that Signet does not have.", "Leave `crit` out.";
"JWS_HEADER_KEY_NOT_ALLOWED": "The signature header brings or points to a key", "`jwk`, `jku`, `x5u` or `x5c` is in the header. A key that comes with the token proves nothing.", "Leave it out, register the key with the project and name it by `kid`.";
"JWS_PARAMETER_NOT_ALLOWED": "The signature header has a parameter that is not accepted", "A header was copied from another kind of token.", "Keep `alg`, `typ` and `kid`.";
"JWS_TYP_NOT_ALLOWED": "The typ of the signature header belongs to another kind of token", "Access tokens (`at+jwt`) and others must not pass as visitor tokens; the strict profile takes `visitor+jwt` alone.", "Set `typ` to `visitor+jwt`, which both profiles accept.";
"JWS_TYP_MISSING": "The signature header has no typ", "The strict profile wants it.", "Set `typ` to `visitor+jwt`.";
"JWS_CTY_NOT_ALLOWED": "The cty of the signature header is not accepted", "The content of the signed token is claims.", "Leave `cty` out of the inner header; the outer one may say `JWT`.";
"JWS_KEY_ID_INVALID": "The kid of the signature header is not usable", "It is not a text of 1 to 255 printable characters.", "Write the key id under which the key is registered.";
"JWS_KEY_ID_MISSING": "The signature header has no kid", "The strict profile wants the signing key named.", "Write the key id under which the key is registered, or its thumbprint.";
"JWS_KEY_UNKNOWN": "The kid names no active key of the project", "The key is not registered, or under another id.", "Register the public key with this key id, or write the registered one into the header.";
"JWS_KEY_ID_IS_PLATFORM_KEY": "The kid of the signature header is that of the platform's key", "The two key ids were mixed up.", "The platform's `kid` goes into the outer header, your own key's into the inner one.";
"JWS_KEY_ID_MISMATCH": "The signature is right, but the kid names another key", "An active key of the project signed the token; the header names a different one.", "Write the key id of the key that signs, above all after a rotation.";
"JWS_SIGNED_BY_RETIRED_KEY": "Signed with a key that was revoked", "The provider still signs with a key that the project no longer accepts.", "Sign with the active key. If that one should still be good, register a new pair: revoked keys do not come back.";
"JWS_KEY_PENDING": "Signed with a key that is not active yet", "The key is registered, but was not activated.", "Activate the key in the project's settings.";
"JWS_KEY_OF_ANOTHER_PROJECT": "Signed with a key of another of your projects", "The page has one project's site id, the provider signs with another's key.", "Use the site id and the key of the same project, or register this key here too.";
"PROJECT_HAS_NO_ACTIVE_KEY": "The project has no active key", "No public key was registered, or all were revoked.", "Register the public half of your provider's key.";
"JWS_SIGNATURE_MISSING": "The signature is empty", "The third part has nothing in it.", "Sign with your private key and `RS256`.";
"JWS_SIGNATURE_IS_DER": "The ES256 signature is in DER form", "`openssl` and Java give signatures in ASN.1; tokens hold the 64 bytes of r and s.", "Convert it, or use the library's own ES256 (in Java `SHA256withECDSAinP1363Format`).";
"JWS_SIGNATURE_ENCODED_TWICE": "The signature was encoded twice", "Its bytes are themselves hexadecimal or base64 text.", "Encode the raw signature once, in base64url.";
"JWS_SIGNATURE_INVALID": "The signature does not verify with any active key of the project", "The provider signs with another private key than the registered public one belongs to, or the token was changed after signing.", "Compare fingerprints: `signet keys list` shows the registered ones, `signet token inspect --customer-key` tries a key offline.";
}
}
