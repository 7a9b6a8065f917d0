//! Taking keys into a token: `C_UnwrapKey`, so that no private key ever passes the module in the clear.
//!
//! For each key an RSA pair of the session is made in the token. To its public half an AES key is encrypted, which the token unwraps, and
//! with which it then unwraps the private key. Both are gone with the session.

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use cryptoki::context::Pkcs11;
use cryptoki::error::Error;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use signet_token::KeyFingerprint;

use super::Pkcs11Options;
use super::error::Pkcs11Error;
use super::token::{self, Access, find_key, oaep, public_half};
use crate::migration::{ImportError, ImportFuture, KeyImport, Placement, PortableKey};
use crate::transport::{TransportError, Wrapping};

/// A token that takes keys in, each under its label.
pub struct Pkcs11Import {
    module: Pkcs11,
    options: Pkcs11Options,
}

impl Pkcs11Import {
    /// Starts the module.
    ///
    /// # Errors
    /// [`Pkcs11Error::Module`].
    pub fn start(options: Pkcs11Options) -> Result<Self, Pkcs11Error> {
        Ok(Self { module: token::start(&options)?, options })
    }

    fn session(&self) -> Result<Session, Pkcs11Error> {
        token::sign_in(&self.module, &self.options, Access::Writes)
    }

    /// Labels are given newest first, keys come oldest first.
    fn label(&self, index: usize) -> Option<&str> {
        self.options.keys.iter().rev().nth(index).map(String::as_str)
    }

    fn plan_for(&self, keys: &[PortableKey]) -> Result<Vec<Placement>, ImportError> {
        let labels = self.options.keys.len();
        if labels != keys.len() {
            return Err(ImportError::Labels { keys: keys.len(), labels });
        }
        let session = self.session()?;
        let place = |(index, key): (usize, &PortableKey)| {
            let label = self.label(index).unwrap_or_default();
            let place = format!("label {label} of the token {}", self.options.token);
            let is_there = match find_key(&session, label)? {
                None => false,
                Some((_, found)) if *found.fingerprint() == key.info.key_id => true,
                Some(_) => return Err(ImportError::Taken(place)),
            };
            Ok(Placement { place, index, is_there })
        };
        keys.iter().enumerate().map(place).collect()
    }

    fn import(&self, key: &PortableKey, placement: &Placement) -> Result<(), ImportError> {
        let session = self.session()?;
        let label = self.label(placement.index).unwrap_or_default();
        let (public, private) = transport_pair(&session).map_err(not_taken_in)?;
        let recipient = public_half(&session, public, "for transport")?.to_encryption_key()?;
        let Wrapping { key: aes, wrapped } = Wrapping::draw(&recipient)?;
        let (iv, wrapped_pkcs8) = encrypt(aes.as_slice(), &key.pkcs8())?;
        let unwrap = |mechanism: &Mechanism<'_>, with, value: &[u8], template: &[Attribute]| {
            session.unwrap_key(mechanism, with, value, template).map_err(not_taken_in)
        };
        let aes = unwrap(&Mechanism::RsaPkcsOaep(oaep()), private, &wrapped, &aes_template())?;
        let taken_in =
            unwrap(&Mechanism::AesCbcPad(iv), aes, &wrapped_pkcs8, &rsa_template(label, &key.info.key_id))?;
        let found = public_half(&session, taken_in, label)?;
        if *found.fingerprint() == key.info.key_id {
            return Ok(());
        }
        session.destroy_object(taken_in).map_err(Pkcs11Error::call)?;
        Err(Pkcs11Error::SelfTest(label.to_owned()).into())
    }
}

fn not_taken_in(source: Error) -> ImportError {
    ImportError::NotTakenIn(Box::new(source))
}

/// The public and the private half of a pair that lives as long as the session.
fn transport_pair(session: &Session) -> Result<(ObjectHandle, ObjectHandle), Error> {
    let public = [
        Attribute::Token(false),
        Attribute::Encrypt(true),
        Attribute::ModulusBits(2048.into()),
        Attribute::PublicExponent(vec![1, 0, 1]),
    ];
    let private = [
        Attribute::Token(false),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Unwrap(true),
    ];
    session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private)
}

/// AES-256-CBC with the padding of PKCS#7 under a fresh initialisation vector.
fn encrypt(key: &[u8], pkcs8: &[u8]) -> Result<([u8; 16], Vec<u8>), TransportError> {
    let key = UnboundCipherKey::new(&AES_256, key).map_err(|_| TransportError)?;
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).map_err(|_| TransportError)?;
    // With room for the padding, so that growing leaves no copy behind.
    let mut value = Vec::with_capacity(pkcs8.len() + 16);
    value.extend_from_slice(pkcs8);
    match key.encrypt(&mut value).map_err(|_| TransportError)? {
        DecryptionContext::Iv128(iv) => Ok((*iv.as_ref(), value)),
        _ => Err(TransportError),
    }
}

fn aes_template() -> Vec<Attribute> {
    vec![
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Token(false),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Unwrap(true),
    ]
}

/// As a key that was made in the token: it decrypts, and does not leave.
fn rsa_template(label: &str, key_id: &KeyFingerprint) -> Vec<Attribute> {
    vec![
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::KeyType(KeyType::RSA),
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Decrypt(true),
        Attribute::Label(label.as_bytes().to_vec()),
        Attribute::Id(key_id.as_str().as_bytes().to_vec()),
    ]
}

impl KeyImport for Pkcs11Import {
    fn plan<'a>(&'a self, keys: &'a [PortableKey]) -> ImportFuture<'a, Vec<Placement>> {
        Box::pin(async move { self.plan_for(keys) })
    }

    fn take_in<'a>(&'a self, key: &'a PortableKey, placement: &'a Placement) -> ImportFuture<'a, ()> {
        Box::pin(async move { self.import(key, placement) })
    }
}

impl std::fmt::Debug for Pkcs11Import {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pkcs11Import").field("token", &self.options.token).finish_non_exhaustive()
    }
}
