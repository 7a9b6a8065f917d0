//! One session with the token: signed in, its keys found, and opened again when it is lost.

use aws_lc_rs::rand;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use signet_token::{RemoteKey, UnwrappedKey};
use zeroize::Zeroizing;

use super::Pkcs11Options;
use super::error::{Pkcs11Error, Verdict, judge, refuses_oaep};

/// Loads a module, or joins the one that this process has started already.
pub(super) fn start(options: &Pkcs11Options) -> Result<Pkcs11, Pkcs11Error> {
    let failed = |error| Pkcs11Error::Module(Box::new(error));
    let module = Pkcs11::new(&options.module).map_err(failed)?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(module),
        Err(error) => Err(failed(error)),
    }
}

/// A session that is signed in, and its keys in the order of the options.
pub(super) struct Token {
    session: Session,
    keys: Vec<(ObjectHandle, RemoteKey)>,
}

impl Token {
    pub(super) fn open(module: &Pkcs11, options: &Pkcs11Options) -> Result<Self, Pkcs11Error> {
        let session = sign_in(module, options, Access::Reads)?;
        let find = |label: &String| {
            find_key(&session, label)?.ok_or_else(|| Pkcs11Error::KeyNotFound(label.to_owned()))
        };
        let keys = options.keys.iter().map(find).collect::<Result<_, _>>()?;
        Ok(Self { session, keys })
    }

    pub(super) fn public_keys(&self) -> Vec<RemoteKey> {
        self.keys.iter().map(|(_, key)| key.clone()).collect()
    }

    fn decrypt(&self, handle: ObjectHandle, encrypted_key: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.session.decrypt(&Mechanism::RsaPkcsOaep(oaep()), handle, encrypted_key).map(Zeroizing::new)
    }

    /// What was wrapped for each key comes out of it.
    pub(super) fn test(&self, labels: &[String]) -> Result<(), Pkcs11Error> {
        labels.iter().enumerate().try_for_each(|(index, label)| match self.opens_its_own(index) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Pkcs11Error::SelfTest(label.clone())),
            Err(source) if refuses_oaep(&source) => {
                Err(Pkcs11Error::OaepRefused { label: label.clone(), source: Box::new(source) })
            }
            Err(error) => Err(Pkcs11Error::call(error)),
        })
    }

    fn opens_its_own(&self, index: usize) -> Result<bool, Error> {
        let Some((handle, key)) = self.keys.get(index) else { return Ok(false) };
        let mut value = [0; 32];
        let drawn = rand::fill(&mut value).is_ok();
        let Some(wrapped) = key.to_encryption_key().ok().and_then(|key| key.wrap(&value).ok()) else {
            return Ok(false);
        };
        Ok(self.decrypt(*handle, &wrapped)?.as_slice() == value && drawn)
    }

    /// Unwraps with one of the keys. An error means that this session is of no more use.
    pub(super) fn unwrap(&self, index: usize, encrypted_key: &[u8]) -> Result<UnwrappedKey, Pkcs11Error> {
        let Some((handle, key)) = self.keys.get(index) else { return Ok(UnwrappedKey::none()) };
        let error = match self.decrypt(*handle, &key.computable(encrypted_key)) {
            Ok(value) => return Ok(UnwrappedKey::from_bytes(&value).with_unwrapped_by(key.fingerprint())),
            Err(error) => error,
        };
        match judge(&error) {
            Verdict::Bad => Ok(UnwrappedKey::none()),
            Verdict::Lost => Err(Pkcs11Error::call(error)),
            // Modules have many words for a value that does not decrypt. If a good one does, it was that.
            Verdict::Unclear => match self.opens_its_own(index) {
                Ok(true) => Ok(UnwrappedKey::none()),
                _ => Err(Pkcs11Error::call(error)),
            },
        }
    }
}

/// RSA-OAEP with SHA-256 for both hashes and no label.
pub(super) fn oaep() -> PkcsOaepParams<'static> {
    PkcsOaepParams::new(MechanismType::SHA256, PkcsMgfType::MGF1_SHA256, PkcsOaepSource::empty())
}

/// What a session is for.
#[derive(Clone, Copy)]
pub(super) enum Access {
    Reads,
    Writes,
}

/// A session in which the user is signed in.
pub(super) fn sign_in(
    module: &Pkcs11,
    options: &Pkcs11Options,
    access: Access,
) -> Result<Session, Pkcs11Error> {
    let slot = find_slot(module, &options.token)?;
    let session = match access {
        Access::Reads => module.open_ro_session(slot),
        Access::Writes => module.open_rw_session(slot),
    };
    let session = session.map_err(Pkcs11Error::call)?;
    let pin = AuthPin::new(options.pin.read()?.expose().to_owned().into());
    match session.login(UserType::User, Some(&pin)) {
        // Signing in is the process's; another thread was first.
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
        Err(Error::Pkcs11(
            RvError::PinIncorrect | RvError::PinLocked | RvError::PinInvalid | RvError::PinLenRange,
            _,
        )) => Err(Pkcs11Error::PinRefused),
        Err(error) => Err(Pkcs11Error::call(error)),
    }
}

fn find_slot(module: &Pkcs11, label: &str) -> Result<Slot, Pkcs11Error> {
    let slots = module.get_slots_with_token().map_err(Pkcs11Error::call)?;
    let has_label = |slot: &Slot| module.get_token_info(*slot).is_ok_and(|info| info.label() == label);
    slots.into_iter().find(has_label).ok_or_else(|| Pkcs11Error::TokenNotFound(label.to_owned()))
}

/// The private RSA key with a label, if there is one. Several are as bad as none.
pub(super) fn find_key(
    session: &Session,
    label: &str,
) -> Result<Option<(ObjectHandle, RemoteKey)>, Pkcs11Error> {
    let wanted = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::KeyType(KeyType::RSA),
        Attribute::Label(label.as_bytes().to_vec()),
    ];
    match session.find_objects(&wanted).map_err(Pkcs11Error::call)?[..] {
        [] => Ok(None),
        [handle] => Ok(Some((handle, public_half(session, handle, label)?))),
        _ => Err(Pkcs11Error::KeyNotFound(label.to_owned())),
    }
}

/// The public half of an RSA key, by its modulus and exponent.
pub(super) fn public_half(
    session: &Session,
    handle: ObjectHandle,
    label: &str,
) -> Result<RemoteKey, Pkcs11Error> {
    let wanted = [AttributeType::Modulus, AttributeType::PublicExponent];
    let attributes = session.get_attributes(handle, &wanted).map_err(Pkcs11Error::call)?;
    let (mut modulus, mut exponent) = (Vec::new(), Vec::new());
    for attribute in attributes {
        match attribute {
            Attribute::Modulus(value) => modulus = value,
            Attribute::PublicExponent(value) => exponent = value,
            _ => {}
        }
    }
    RemoteKey::from_components(&modulus, &exponent)
        .map_err(|source| Pkcs11Error::Key { label: label.to_owned(), source })
}
