//! What can go wrong with a keystore.

use std::io;
use std::path::PathBuf;

use signet_token::KeyError;

/// A keystore could not be opened, made or written.
#[derive(Debug, thiserror::Error)]
pub enum KeystoreError {
    /// The passphrase is empty.
    #[error("the keystore passphrase is empty")]
    PassphraseEmpty,
    /// The file could not be read.
    #[error("reading the keystore {path}")]
    Read {
        /// Where the keystore should be.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file could not be written.
    #[error("writing the keystore {path}")]
    Write {
        /// Where the keystore should be.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is not a keystore, or cut short.
    #[error("the file is not a keystore, or only a part of one: restore it from a backup")]
    NotAKeystore,
    /// Written by a newer program.
    #[error(
        "the keystore has format version {found}, this program knows versions up to {known}: use a newer program"
    )]
    UnsupportedVersion {
        /// The version in the file.
        found: u32,
        /// The newest version this program reads.
        known: u32,
    },
    /// The file's checksum does not match.
    #[error("the keystore is damaged: restore it from a backup")]
    Damaged,
    /// The passphrase does not open it.
    #[error("the passphrase does not open the keystore (or someone altered the file)")]
    WrongPassphrase,
    /// The passphrase is another one than when the keystore was opened.
    #[error(
        "the keystore's passphrase was changed while this process has it open: restart with the new one. The keys it has go on working"
    )]
    PassphraseChanged,
    /// The cost of the key derivation is outside what is accepted.
    #[error("the keystore's key derivation cost is not acceptable")]
    CostOutOfRange,
    /// A key could not be made or read.
    #[error("a key of the keystore is not usable")]
    Key(#[from] KeyError),
    /// The system's random generator failed.
    #[error("no randomness is available")]
    Randomness,
    /// No key with this id.
    #[error("the keystore has no such key")]
    KeyNotFound,
    /// The last active key cannot be taken away.
    #[error("the keystore needs one active key")]
    LastActiveKey,
    /// The key still decrypts for tokens that may be on their way.
    #[error("the key is active: make a new one for its algorithm, or retire it, first")]
    StillActive,
    /// Another process wrote the file since this one read it.
    #[error(
        "another process changed the keystore {path} since it was opened: nothing was written, open it again"
    )]
    ChangedMeanwhile {
        /// Where the keystore is.
        path: PathBuf,
    },
    /// The threads of the pool could not be started.
    #[error("starting the threads for private key operations")]
    Threads(#[source] io::Error),
}
