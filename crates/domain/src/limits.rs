//! The limits of PRODUCT section 13, published in the documents and enforced with clear errors.

use std::time::Duration;

/// Longest visitor token, in bytes.
pub const TOKEN_BYTES: usize = 8 * 1024;
/// Longest message, in characters (Unicode scalar values).
pub const MESSAGE_CHARACTERS: usize = 10_000;
/// Longest name, in characters.
pub const NAME_CHARACTERS: usize = 255;
/// Longest `userId`, in characters.
pub const USER_ID_CHARACTERS: usize = 255;
/// Most entries in a page of history or a connection.
pub const PAGE: usize = 100;
/// How long a visitor has to confirm their identity once an agent asks for it.
pub const IDENTITY_REQUEST: Duration = Duration::from_mins(5);
/// Longest `extID`, in characters.
pub const CLAIMED_ID_CHARACTERS: usize = 50;
/// Most members of a page's custom data.
pub const CUSTOM_DATA_ENTRIES: usize = 50;
/// Longest name of one, in characters.
pub const CUSTOM_DATA_KEY_CHARACTERS: usize = 64;
/// Longest text in one, in characters; as long as a member of `visitorData`.
pub const CUSTOM_DATA_CHARACTERS: usize = 1_024;
/// Names and values of a page's custom data together, in bytes.
pub const CUSTOM_DATA_BYTES: usize = 16 * 1024;
/// Default visitor session lifetime.
pub const SESSION_LIFETIME: Duration = Duration::from_hours(1);
/// Default for how far the clocks of token provider and platform may differ.
pub const TOKEN_LEEWAY: Duration = Duration::from_secs(5);
/// The most that a project may set there. Every second of it is a second longer that an expired token is accepted, and
/// servers that keep time at all differ by less.
pub const TOKEN_LEEWAY_MAX: Duration = Duration::from_mins(1);
/// Default for the longest time a token may still be valid in the compatible profile.
pub const TOKEN_LIFETIME_COMPATIBLE: Duration = Duration::from_hours(24);
/// The same in the strict profile, where it is also the longest time from `iat` to `exp`.
pub const TOKEN_LIFETIME_STRICT: Duration = Duration::from_mins(1);
