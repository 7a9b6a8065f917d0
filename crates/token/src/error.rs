//! Every way a visitor token can fail, with two names for each.
//!
//! The browser learns a coarse [`PublicCode`]. The brand, who is entitled to the truth, learns the fine code:
//! one stable word per thing the verifier can tell apart. Neither carries anything the token contained.
//! Codes are never renamed or reused; a test pins the list.

use std::fmt;

/// The coarse codes a browser may see for a visitor token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PublicCode {
    /// Not a compact JWE of at most 8 KiB with the headers of the project's profile.
    TokenMalformed,
    /// Not encrypted to one of our keys, or damaged.
    TokenUndecryptable,
    /// The content is not a JWS that verifies with an active key of the project.
    TokenSignatureInvalid,
    /// A claim is missing or breaks its rule.
    TokenClaimsInvalid,
    /// `exp` has passed.
    TokenExpired,
    /// A single-use token was used before.
    TokenReplayed,
    /// The queue in front of the private key is full.
    RateLimited,
    /// Key custody cannot be reached.
    ServiceUnavailable,
}

impl PublicCode {
    /// The code as it travels, `TOKEN_MALFORMED` and so on.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokenMalformed => "TOKEN_MALFORMED",
            Self::TokenUndecryptable => "TOKEN_UNDECRYPTABLE",
            Self::TokenSignatureInvalid => "TOKEN_SIGNATURE_INVALID",
            Self::TokenClaimsInvalid => "TOKEN_CLAIMS_INVALID",
            Self::TokenExpired => "TOKEN_EXPIRED",
            Self::TokenReplayed => "TOKEN_REPLAYED",
            Self::RateLimited => "RATE_LIMITED",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
        }
    }
}

impl fmt::Display for PublicCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Declares a fieldless error enum whose variants each have a fine code and a message.
macro_rules! faults {
    ($(#[$meta:meta])* $name:ident { $($variant:ident => $code:literal, $message:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
        pub enum $name {
            $(#[doc = $message] #[error($message)] $variant,)+
        }

        impl $name {
            /// Every variant, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable fine code.
            pub const fn fine_code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }
        }
    };
}

faults! {
    /// What is wrong with the outside of a token, found without any key.
    EnvelopeFault {
        Empty => "TOKEN_EMPTY", "the token is empty";
        TooLarge => "TOKEN_TOO_LARGE", "the token is longer than 8 KiB";
        NotEncrypted => "TOKEN_NOT_ENCRYPTED", "the token is signed but not encrypted, its claims were readable to anyone";
        JsonSerialization => "JWE_JSON_SERIALIZATION", "the token uses a JSON serialization instead of the compact one";
        WrongPartCount => "JWE_WRONG_PART_COUNT", "the token does not have five parts";
        NotCanonicalBase64 => "JWE_NOT_CANONICAL_BASE64URL", "a part of the token is not canonical base64url";
        HeaderNotJson => "JWE_HEADER_NOT_JSON", "the encryption header is not a JSON object";
        HeaderDuplicateMember => "JWE_HEADER_DUPLICATE_MEMBER", "the encryption header has a member twice";
        AlgMissing => "JWE_ALG_MISSING", "the encryption header has no alg";
        AlgNotAllowed => "JWE_ALG_NOT_ALLOWED", "the encryption header's alg is not one that the project accepts";
        EncMissing => "JWE_ENC_MISSING", "the encryption header has no enc";
        EncNotAllowed => "JWE_ENC_NOT_ALLOWED", "the encryption header's enc is not A256GCM";
        CompressionNotAllowed => "JWE_ZIP_NOT_ALLOWED", "the encryption header asks for compression";
        CritNotAllowed => "JWE_CRIT_NOT_ALLOWED", "the encryption header has crit";
        HeaderKeyNotAllowed => "JWE_HEADER_KEY_NOT_ALLOWED", "the encryption header brings or points to a key";
        ParameterNotAllowed => "JWE_PARAMETER_NOT_ALLOWED", "the encryption header has a parameter of another algorithm";
        EphemeralKeyMissing => "JWE_EPK_MISSING", "the encryption header has no epk, which its alg needs";
        EphemeralKeyInvalid => "JWE_EPK_INVALID", "the encryption header's epk is not a public key on a curve that the project accepts";
        PartyInfoInvalid => "JWE_PARTY_INFO_INVALID", "the encryption header's apu or apv is not base64url text";
        TypNotAllowed => "JWE_TYP_NOT_ALLOWED", "the encryption header's typ is not JWT";
        CtyNotAllowed => "JWE_CTY_NOT_ALLOWED", "the encryption header's cty is not JWT";
        KeyIdInvalid => "JWE_KEY_ID_INVALID", "the encryption header's kid is not a string of 1 to 255 printable characters";
        KeyIdMissing => "JWE_KEY_ID_MISSING", "the encryption header has no kid, which the strict profile needs";
    }
}

faults! {
    /// What is wrong with the signed token inside, found after decryption.
    SignatureFault {
        NotAJws => "INNER_NOT_A_JWS", "the decrypted content is not a compact JWS";
        Encrypted => "INNER_IS_ENCRYPTED", "the decrypted content is another encrypted token";
        NestedAgain => "INNER_NESTED_TWICE", "the signed content is another token instead of claims";
        NotCanonicalBase64 => "JWS_NOT_CANONICAL_BASE64URL", "a part of the signed token is not canonical base64url";
        HeaderNotJson => "JWS_HEADER_NOT_JSON", "the signature header is not a JSON object";
        HeaderDuplicateMember => "JWS_HEADER_DUPLICATE_MEMBER", "the signature header has a member twice";
        AlgMissing => "JWS_ALG_MISSING", "the signature header has no alg";
        AlgNone => "JWS_ALG_NONE", "the content is not signed: the signature header's alg is none";
        AlgSymmetric => "JWS_ALG_SYMMETRIC", "the signature header's alg is a MAC, for which a public key would be the secret";
        AlgNotAllowed => "JWS_ALG_NOT_ALLOWED", "the signature header's alg is not one that the project accepts";
        AlgNotOfKey => "JWS_ALG_NOT_OF_KEY", "the signature header's alg is accepted, but is not the algorithm of the key";
        CritNotAllowed => "JWS_CRIT_NOT_ALLOWED", "the signature header has crit";
        HeaderKeyNotAllowed => "JWS_HEADER_KEY_NOT_ALLOWED", "the signature header brings or points to a key";
        ParameterNotAllowed => "JWS_PARAMETER_NOT_ALLOWED", "the signature header has a parameter that is not accepted";
        TypNotAllowed => "JWS_TYP_NOT_ALLOWED", "the signature header's typ belongs to another kind of token";
        TypMissing => "JWS_TYP_MISSING", "the signature header has no typ, which the strict profile needs";
        CtyNotAllowed => "JWS_CTY_NOT_ALLOWED", "the signature header's cty is not accepted";
        KeyIdInvalid => "JWS_KEY_ID_INVALID", "the signature header's kid is not a string of 1 to 255 printable characters";
        KeyIdMissing => "JWS_KEY_ID_MISSING", "the signature header has no kid, which the strict profile needs";
        KeyUnknown => "JWS_KEY_UNKNOWN", "the signature header's kid names no active key of the project";
        NoActiveKey => "PROJECT_HAS_NO_ACTIVE_KEY", "the project has no active key";
        SignatureMissing => "JWS_SIGNATURE_MISSING", "the signature is empty";
        SignatureInvalid => "JWS_SIGNATURE_INVALID", "the signature does not verify with any active key of the project";
    }
}

faults! {
    /// What is wrong with the claims of a token whose signature verified.
    ClaimsFault {
        NotJson => "CLAIMS_NOT_JSON", "the claims are not a JSON object";
        DuplicateMember => "CLAIMS_DUPLICATE_MEMBER", "a member stands twice in the claims";
        TooDeep => "CLAIMS_TOO_DEEP", "the claims are nested too deeply";
        PrefixMissing => "CLAIM_PREFIX_MISSING", "userId or visitorData stands without the project's claim prefix";
        UserIdMissing => "USER_ID_MISSING", "the userId claim is missing";
        UserIdNotAString => "USER_ID_NOT_A_STRING", "the userId claim is not a string";
        UserIdEmpty => "USER_ID_EMPTY", "the userId claim is empty";
        UserIdTooLong => "USER_ID_TOO_LONG", "the userId claim is longer than 255 characters";
        UserIdNotPrintable => "USER_ID_NOT_PRINTABLE", "the userId claim contains control characters";
        IssuerMissing => "ISSUER_MISSING", "the iss claim is missing";
        IssuerNotAString => "ISSUER_NOT_A_STRING", "the iss claim is not a string of 1 to 1,024 characters";
        IssuerNotAllowed => "ISSUER_NOT_ALLOWED", "the iss claim is not on the project's list";
        ExpMissing => "EXP_MISSING", "the exp claim is missing";
        ExpNotAnInteger => "EXP_NOT_AN_INTEGER", "the exp claim is not a whole number of seconds";
        ExpInMilliseconds => "EXP_IN_MILLISECONDS", "the exp claim is in milliseconds instead of seconds";
        ExpOutOfRange => "EXP_OUT_OF_RANGE", "the exp claim is not a plausible time";
        ExpBeforeIat => "EXP_BEFORE_IAT", "the exp claim is not later than iat";
        LifetimeTooLong => "LIFETIME_TOO_LONG", "the token lives longer than the project allows";
        NbfInvalid => "NBF_NOT_AN_INTEGER", "the nbf claim is not a whole number of seconds";
        NotYetValid => "TOKEN_NOT_YET_VALID", "the nbf claim lies in the future";
        IatInvalid => "IAT_NOT_AN_INTEGER", "the iat claim is not a whole number of seconds";
        IatMissing => "IAT_MISSING", "the iat claim is missing, which the strict profile needs";
        IssuedInTheFuture => "IAT_IN_THE_FUTURE", "the iat claim lies in the future";
        ClockSkewSuspected => "CLOCK_SKEW_SUSPECTED", "iat or nbf lies minutes ahead: the provider's clock is probably fast";
        AudienceInvalid => "AUDIENCE_NOT_A_STRING", "the aud claim is not a string or an array of strings";
        AudienceMismatch => "AUDIENCE_MISMATCH", "the aud claim does not contain the site id";
        AudienceMissing => "AUDIENCE_MISSING", "the aud claim is missing, which the strict profile needs";
        TokenIdInvalid => "JTI_INVALID", "the jti claim is not a string of 1 to 255 characters";
        TokenIdMissing => "JTI_MISSING", "the jti claim is missing, which the strict profile needs";
        VisitorDataNotAnObject => "VISITOR_DATA_NOT_AN_OBJECT", "the visitorData claim is not an object";
        VisitorDataNotAString => "VISITOR_DATA_NOT_A_STRING", "a documented member of visitorData is not a string";
        VisitorDataTooLong => "VISITOR_DATA_TOO_LONG", "a documented member of visitorData is longer than 1,024 characters";
    }
}

/// Why a visitor token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TokenError {
    /// Size, shape or outer headers; no key was used.
    #[error("token is malformed: {0}")]
    Malformed(#[from] EnvelopeFault),
    /// Anything inside key unwrap and content decryption. Deliberately without detail.
    #[error("token could not be decrypted")]
    Undecryptable,
    /// The content is not signed by an active key of the project.
    #[error("token content is not signed by the project: {0}")]
    Signature(#[from] SignatureFault),
    /// A claim is missing or breaks its rule.
    #[error("token claims are not acceptable: {0}")]
    Claims(#[from] ClaimsFault),
    /// `exp` has passed, leeway included.
    #[error("token has expired")]
    Expired,
    /// Key custody cannot be reached.
    #[error("key custody is not available")]
    Unavailable,
    /// The queue in front of the private key is full.
    #[error("key custody is overloaded")]
    Overloaded,
}

impl TokenError {
    /// What the browser is told.
    pub const fn code(&self) -> PublicCode {
        match self {
            Self::Malformed(_) => PublicCode::TokenMalformed,
            Self::Undecryptable => PublicCode::TokenUndecryptable,
            Self::Signature(_) => PublicCode::TokenSignatureInvalid,
            Self::Claims(_) => PublicCode::TokenClaimsInvalid,
            Self::Expired => PublicCode::TokenExpired,
            Self::Unavailable => PublicCode::ServiceUnavailable,
            Self::Overloaded => PublicCode::RateLimited,
        }
    }

    /// What the brand is told: one stable word per thing that can be told apart.
    pub const fn fine_code(&self) -> &'static str {
        match self {
            Self::Malformed(fault) => fault.fine_code(),
            Self::Undecryptable => "TOKEN_UNDECRYPTABLE",
            Self::Signature(fault) => fault.fine_code(),
            Self::Claims(fault) => fault.fine_code(),
            Self::Expired => "TOKEN_EXPIRED",
            Self::Unavailable => "CUSTODY_UNAVAILABLE",
            Self::Overloaded => "CUSTODY_OVERLOADED",
        }
    }
}
