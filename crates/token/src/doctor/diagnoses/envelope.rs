//! Size, shape, encryption header, decryption.

super::diagnoses! {
"TOKEN_MALFORMED" {
"TOKEN_EMPTY": "The token is empty", "The provider's answer was empty, or the page passed an empty text on.", "Log the length of what your endpoint answers, and answer an error status when no token can be made.";
"TOKEN_TOO_LARGE": "The token is longer than 8 KiB", "Claims hold more than Signet uses, often a whole profile or permissions.", "Put only userId and the documented members of visitorData into the token.";
"TOKEN_HAS_WHITESPACE": "The token has spaces or line breaks", "It was read from a file with a newline at its end, or wrapped into lines on its way.", "Trim the text where it is written; `openssl` and `base64` need options against line breaks.";
"TOKEN_QUOTED": "The token stands in quotes", "The endpoint answers a JSON text, and the page passes it on without parsing it.", "Read the answer with `response.json()`, or answer `text/plain`.";
"TOKEN_HAS_BEARER_PREFIX": "The token begins with a word such as `Bearer`", "The value of an Authorization header was passed on whole.", "Pass on only what follows the space.";
"TOKEN_URL_ENCODED": "The token is percent-encoded", "It went through a URL or a form and was not decoded.", "Decode it once, or do not encode it: its characters need none.";
"TOKEN_ENCODED_TWICE": "The whole token was encoded in base64 once more", "A library already gave the compact form and the code encoded that again.", "Return the compact form, five parts with dots between them, as it is.";
"TOKEN_WRAPPED_IN_JSON": "The token lies inside a JSON object", "The page passed on the endpoint's whole answer instead of the member that holds the token.", "Pass on the member, for example `(await response.json()).token`.";
"TOKEN_IS_A_PLACEHOLDER": "This is the name of a missing value, not a token", "JavaScript wrote `undefined`, `null` or an object or promise where a text belongs, often for want of an `await`.", "Await the token, and look at what the callback of `activate` returns.";
"TOKEN_IS_HTML": "This is a web page, not a token", "The token endpoint answered with a sign-in or error page, usually after a redirect.", "Answer status 401 to people who are not signed in, and check `response.ok` in the page.";
"TOKEN_IS_A_KEY": "This is a key, not a token", "A PEM file or JWK was pasted or sent where a token belongs.", "If it was a private key, treat it as disclosed and make a new pair. Send the token.";
"TOKEN_IS_PLAIN_CLAIMS": "The claims are neither signed nor encrypted", "The provider sent the JSON it should have signed.", "Sign the claims with your private key, then encrypt the result to the platform's key.";
"TOKEN_NOT_ENCRYPTED": "The token is signed but not encrypted", "Only the inner step was done. Everybody on the way could read the visitor's claims.", "Encrypt the signed token to the platform's public key (`RSA-OAEP-256`, `A256GCM`) and send that.";
"LAYERS_SWAPPED": "Signed on the outside, encrypted on the inside", "The claims were encrypted first and the result was signed.", "The other way round: sign the claims, then encrypt the signed token.";
"JWE_JSON_SERIALIZATION": "The token uses a JSON serialization", "The library was asked for the general or flattened form.", "Ask for the compact serialization: one text of five parts.";
"JWE_WRONG_PART_COUNT": "The token does not have five parts", "It is no encrypted token, or two were joined, or something was cut out.", "A compact JWE is five parts with four dots. Send it unchanged.";
"TOKEN_TRUNCATED": "The end of the token is missing", "It was cut on its way: a header, cookie or database column with a limit such as 1,024 or 4,096 characters.", "Send the token in a body, or raise the limit, and put fewer claims into it.";
"BASE64_NOT_BASE64URL": "The parts are in base64 instead of base64url", "The parts were put together by hand with the standard alphabet (`+`, `/`).", "Use base64url without padding (RFC 4648 section 5), or let the library make the compact form.";
"BASE64_PADDED": "The parts end in `=`", "The encoder adds padding, which compact tokens do not have.", "Strip the `=` from the end of each part before you encrypt and sign, since the headers are authenticated as written.";
"JWE_NOT_CANONICAL_BASE64URL": "A part is not base64url", "A character was changed or lost, or the text was decoded and encoded by something that is not exact.", "Send the token unchanged from the library that made it.";
"JWE_HEADER_NOT_JSON": "The encryption header is not a JSON object", "The first part is something else in base64url.", "Let the library write the header.";
"JWE_HEADER_DUPLICATE_MEMBER": "The encryption header has a member twice", "The header was put together as text.", "Let the library write the header.";
"JWE_ALG_MISSING": "The encryption header has no alg", "The header was put together by hand.", "Set `alg` to `RSA-OAEP-256`.";
"JWE_ALG_RSA_OAEP_SHA1": "Encrypted with RSA-OAEP instead of RSA-OAEP-256", "`RSA-OAEP` is the older algorithm with SHA-1, and the default of several libraries.", "Choose `RSA-OAEP-256`. In Java: `JWEAlgorithm.RSA_OAEP_256`; with raw ciphers set SHA-256 for the digest and for MGF1.";
"JWE_ALG_RSA1_5": "Encrypted with PKCS#1 v1.5", "`RSA1_5` is the default of old libraries and can be attacked.", "Choose `RSA-OAEP-256`.";
"JWE_ALG_SYMMETRIC": "Encrypted with a shared secret", "`dir` and the `A…KW` algorithms need a secret that both sides have. There is none.", "Encrypt to the platform's public key with `RSA-OAEP-256`.";
"JWE_ALG_MISSPELLED": "The alg of the encryption header is misspelled", "The constant's name was written instead of its value, for example `RSA_OAEP_256` with underscores, or in lower case.", "Write exactly `RSA-OAEP-256`.";
"JWE_ALG_NOT_SWITCHED_ON": "This key management is not switched on for the project", "`ECDH-ES+A256KW` is for the strict profile, and the project has not chosen it for this curve.", "Switch it on in the project's settings, or use `RSA-OAEP-256`.";
"JWE_ALG_NOT_ALLOWED": "The alg of the encryption header is not accepted", "The provider chose an algorithm the project does not accept.", "Set `alg` to `RSA-OAEP-256`.";
"JWE_ENC_MISSING": "The encryption header has no enc", "The header was put together by hand.", "Set `enc` to `A256GCM`.";
"JWE_ENC_MISSPELLED": "The enc of the encryption header is misspelled", "The name of the cipher in another notation, such as `AES-256-GCM` or `A256_GCM`.", "Write exactly `A256GCM`.";
"JWE_ENC_NOT_ALLOWED": "The enc of the encryption header is not A256GCM", "Libraries often default to `A128CBC-HS256` or `A128GCM`.", "Set `enc` to `A256GCM`.";
"JWE_ZIP_NOT_ALLOWED": "The encryption header asks for compression", "The provider switched `zip` on.", "Leave `zip` out: tokens are short, and compression leaks what they hold.";
"JWE_CRIT_NOT_ALLOWED": "The encryption header has crit", "It demands an extension that Signet does not have.", "Leave `crit` out.";
"JWE_HEADER_KEY_NOT_ALLOWED": "The encryption header brings or points to a key", "`jwk`, `jku`, `x5u` or `x5c` is in the header.", "Leave it out; name the platform's key by `kid`.";
"JWE_PARAMETER_NOT_ALLOWED": "The encryption header has a parameter of another algorithm", "A header was copied from another kind of token.", "Keep `alg`, `enc`, `kid` and `cty`, and nothing else.";
"JWE_EPK_MISSING": "The encryption header has no epk", "`ECDH-ES+A256KW` needs the ephemeral public key in the header.", "Let the library make the header.";
"JWE_EPK_INVALID": "The epk of the encryption header is not usable", "It is on another curve than the project accepts, or not a point of its curve.", "Use the platform's published key and let the library make the ephemeral one.";
"JWE_PARTY_INFO_INVALID": "apu or apv is not base64url text", "They were written as plain text.", "Encode them in base64url, or leave them out.";
"JWE_TYP_NOT_ALLOWED": "The typ of the encryption header is not JWT", "The header was written for another kind of token.", "Set `typ` to `JWT` or leave it out.";
"JWE_CTY_NOT_ALLOWED": "The cty of the encryption header is not JWT", "`cty` says what is inside; some providers write a media type of their own.", "Set `cty` to `JWT` or leave it out.";
"JWE_KEY_ID_INVALID": "The kid of the encryption header is not usable", "It is not a text of 1 to 255 printable characters.", "Copy the `kid` of the platform's key from `/.well-known/jwks.json`.";
"JWE_KEY_ID_MISSING": "The encryption header has no kid", "The strict profile wants the platform's key named.", "Copy the `kid` of the platform's key from `/.well-known/jwks.json`.";
}
"TOKEN_UNDECRYPTABLE" {
"JWE_ENCRYPTED_TO_RETIRED_KEY": "Encrypted to a platform key that is retired", "The provider keeps a copy of a public key that has been replaced.", "Fetch `/.well-known/jwks.json` again, and do so regularly.";
"JWE_ENCRYPTED_TO_CUSTOMER_KEY": "Encrypted to your own key instead of the platform's", "The `kid` is that of a key your project signs with. Two public keys were mixed up.", "Encrypt to the platform's key from `/keys/platform.pem`; sign with yours.";
"JWE_KEY_UNKNOWN": "Encrypted to a key that this platform does not have", "The `kid` is none of this platform's: a key of another installation, of staging, or long destroyed.", "Fetch `/.well-known/jwks.json` of the platform that the page loads its tag from.";
"JWE_ENCRYPTED_KEY_LENGTH": "The encrypted key has an impossible length", "An RSA-encrypted key is as long as the key: 256, 384 or 512 bytes.", "Encode the raw bytes, not their hexadecimal or base64 text.";
"JWE_IV_LENGTH": "The initialization vector is not 12 bytes long", "A256GCM takes 96 bits; other modes take 16 bytes.", "Make 12 random bytes for every token.";
"JWE_TAG_CUT": "The last part is too short: the end of the token is missing", "It was cut on its way: a header, cookie or database column with a limit such as 1,024 or 4,096 characters.", "Send the token in a body, or raise the limit, and put fewer claims into it.";
"JWE_TAG_LENGTH": "The authentication tag is longer than 16 bytes", "The tag was left at the end of the ciphertext, or encoded twice.", "Split the last 16 bytes from the cipher's output and make them the fifth part.";
"TOKEN_UNDECRYPTABLE": "The token cannot be decrypted", "Encrypted to another key than its header says, with SHA-1 in OAEP or MGF1 under the name of `RSA-OAEP-256`, without the header as additional data, or damaged on its way. Nobody is told which.", "Compare the platform key's fingerprint with yours, check that OAEP and MGF1 both use SHA-256, and that the first part is the additional authenticated data.";
}
"SERVICE_UNAVAILABLE" {
"CUSTODY_UNAVAILABLE": "The platform's keys could not be reached", "It says nothing about the token.", "Try again. If it lasts, the platform's operator finds the cause in the log.";
}
"RATE_LIMITED" {
"CUSTODY_OVERLOADED": "Too many tokens at once", "The queue in front of the platform's key is full. It says nothing about the token.", "Try again in a second.";
}
}
