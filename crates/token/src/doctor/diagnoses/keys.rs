//! Registering keys, and settings of the project.

super::diagnoses! {
"PROJECT_NOT_SET_UP" {
"PROJECT_NOT_SET_UP": "The project cannot verify tokens", "The site id is unknown, or no active key is registered.", "Check the `sid` of the snippet, and register the public half of your provider's key.";
"KEY_PEM_LITERAL_NEWLINES": "The PEM has the two characters \\n where line breaks belong", "It came from an environment variable or a JSON file in which line breaks are escaped.", "Replace `\\n` by line breaks when you read it: `key.replace(/\\\\n/g, \"\\n\")`.";
"KEY_UNREADABLE": "The text is not a readable key", "It is cut off, or in a format that is not accepted.", "Paste a PEM file from `-----BEGIN` to `-----END`, or a JWK.";
"KEY_NOT_RSA": "The key is not an RSA key", "A key of another type where only RSA is possible.", "Make an RSA key of 2048 bits: `signet keys generate`.";
"KEY_TYPE_NOT_ACCEPTED": "The key's type or curve is not accepted", "It is on another curve than P-256 or Ed25519.", "Make an RSA key of 2048 bits: `signet keys generate`.";
"KEY_SMALL_ORDER": "Anybody can sign for this key", "It is a point of small order, which no generator makes.", "Make a new pair.";
"KEY_IS_PRIVATE": "This is a private key", "It was pasted where the public one belongs, and must be taken for disclosed.", "Make a new pair and give only the public half: `openssl rsa -in rsaPrivateKey.pem -pubout`.";
"KEY_IS_CERTIFICATE": "This is a certificate", "A bare public key is wanted.", "Extract it: `openssl x509 -in certificate.pem -pubkey -noout`.";
"KEY_TOO_SMALL": "The key has fewer than 2048 bits", "It can be broken.", "Make a key of 2048 bits or more.";
"KEY_TOO_LARGE": "The key has more than 4096 bits", "Each verification would cost too much.", "Make a key of 2048 to 4096 bits.";
"KEY_EXPONENT_UNSAFE": "The key's public exponent is not safe", "It is even, below 65537, or above 32 bits.", "Make a key with the exponent 65537, which is every tool's default.";
"KEY_SMALL_FACTOR": "The key's modulus has a small factor", "It is damaged, or its generator is broken.", "Make a new pair.";
"KEY_ROCA_WEAK": "The key can be factored (CVE-2017-15361)", "It was made by a chip with a flawed generator.", "Make a new pair in software.";
"KEY_WRONG_USE": "The key is marked for another use", "`use` or `key_ops` of the JWK says so.", "Register a key for signing.";
"KEY_WRONG_ALGORITHM": "The key is marked for another algorithm", "`alg` of the JWK says so.", "Register a key for RS256, or for an algorithm the project has switched on.";
"KEY_ID_INVALID": "The key id is not usable", "It is not a text of 1 to 255 printable characters.", "Choose a short name, such as a date.";
"KEY_INCONSISTENT": "The halves of the key do not belong together", "The file is damaged or was put together from two.", "Make a new pair.";
"KEY_GENERATION_FAILED": "A key could not be made", "The system could not give randomness or memory.", "Try again.";
}
"ORIGIN_NOT_ALLOWED" {
"ORIGIN_NOT_ALLOWED": "The page's origin is not on the project's list", "Scheme, host and port must be those of an entry; `www.` is another host.", "Add the page's origin to the project: `signet project set-origins`.";
}
"SESSION_KEY_REQUIRED" {
"SESSION_KEY_REQUIRED": "The client brought no key, and the project demands one", "The chat's page has no TLS, so the browser makes no key; or a client of your own sent no `proofKey`; or a program opened a session, which cannot be for a key.", "Serve Signet over https, let your client bring a key, or switch the demand off: `signet project set --require-session-key off`.";
}
"OPTION_INVALID" {
"OPTION_INVALID": "The page offered neither of the two authentication options", "`authenticationOption` is misspelled or its `type` unknown.", "Return `{ authenticationOption: { type: 'SECURED_AUTHENTICATION', token } }` or `{ authenticationOption: { type: 'ANONYMOUS' } }`.";
}
}
