//! Opaque secrets, and passwords.
