//! `signet keys migrate`: the keystore's RSA keys taken in by other custody, and their former copies destroyed afterwards.
//!
//! Invariants:
//! - keys that custody does not give away are not asked for: the refusal says what to do instead;
//! - what is taken in is tried before it counts, and a former copy is destroyed only if its new custody opens what was just encrypted to it;
//! - the platform never loses a key that its settings need: copies are destroyed when the settings name the new custody already.

use anyhow::{Context as _, bail, ensure};
use signet_custody::{KeyState, Placement, PortableKey};

use crate::config::{Config, CustodyKind};
use crate::custody::{self, IfAway};
use crate::platform;

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// It is taken in.
    TakeIn,
    /// It is there already.
    IsThere,
    /// It is revoked and opens nothing, so it stays behind.
    LeftOut,
    /// The keystore's copy is destroyed.
    Destroy,
    /// The keystore's copy is kept: its new custody does not have it.
    Keep,
}

/// One key of a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) key_id: String,
    pub(crate) state: KeyState,
    /// Where it is or will be, in words; nothing if it stays.
    pub(crate) place: Option<String>,
    pub(crate) action: Action,
}

impl Step {
    fn of(key: &PortableKey, place: Option<String>, action: Action) -> Self {
        Self { key_id: key.info.key_id.as_str().to_owned(), state: key.info.state, place, action }
    }
}

/// Has other custody take the keystore's RSA keys in, but for revoked ones. With `only_plan` nothing is done.
pub(crate) async fn take_in(
    config: &Config,
    to: CustodyKind,
    revoked: &[String],
    only_plan: bool,
) -> anyhow::Result<Vec<Step>> {
    refuse_what_does_not_leave(config.custody, to)?;
    let keystore = platform::open_keystore(config).await?;
    let is_revoked = |key: &PortableKey| revoked.iter().any(|id| id == key.info.key_id.as_str());
    let (left_out, keys): (Vec<_>, Vec<_>) = keystore.portable_keys().into_iter().partition(is_revoked);
    ensure!(!keys.is_empty(), "the keystore {} has no RSA key to move", config.keystore.display());
    let target = custody::import_into(config, to).await?;
    let plan = target.plan(&keys).await.context("plan the move")?;
    let step = |(key, placement): (&PortableKey, &Placement)| {
        let action = if placement.is_there { Action::IsThere } else { Action::TakeIn };
        Step::of(key, Some(placement.place.clone()), action)
    };
    let mut steps: Vec<Step> = keys.iter().zip(&plan).map(step).collect();
    steps.extend(left_out.iter().map(|key| Step::of(key, None, Action::LeftOut)));
    if only_plan {
        return Ok(steps);
    }
    for (key, placement) in keys.iter().zip(&plan).filter(|(_, placement)| !placement.is_there) {
        let taken_in = target.take_in(key, placement).await;
        taken_in.with_context(|| {
            format!(
                "move the key {} to {}; run the command again to go on",
                key.info.key_id.as_str(),
                placement.place
            )
        })?;
    }
    let custody = custody::remote(config, to, IfAway::Fail).await?;
    for key in &keys {
        custody::self_test(&key.info, &*custody)
            .await
            .with_context(|| format!("try the key {} where it is now", key.info.key_id.as_str()))?;
    }
    Ok(steps)
}

/// Destroys the keystore's copies of RSA keys that other custody has, and of revoked ones.
pub(crate) async fn destroy_former(
    config: &Config,
    to: CustodyKind,
    revoked: &[String],
    only_plan: bool,
) -> anyhow::Result<Vec<Step>> {
    ensure!(
        config.custody == to && to != CustodyKind::Local,
        "the settings do not name {} as custody yet: change them and restart the platform, and see that tokens open, before the keystore's copies are destroyed",
        to.name()
    );
    let mut keystore = platform::open_keystore(config).await?;
    let custody = custody::remote(config, to, IfAway::Fail).await?;
    let there = custody.keys();
    let (mut steps, mut destroyed) = (Vec::new(), Vec::new());
    for key in keystore.portable_keys() {
        let key_id = &key.info.key_id;
        let has_it = there.iter().any(|info| info.key_id == *key_id);
        if has_it {
            custody::self_test(&key.info, &*custody)
                .await
                .with_context(|| format!("try the key {} in its new custody", key_id.as_str()))?;
        }
        let is_revoked = revoked.iter().any(|id| id == key_id.as_str());
        if has_it || is_revoked {
            destroyed.push(key_id.clone());
        }
        let action = if has_it || is_revoked { Action::Destroy } else { Action::Keep };
        steps.push(Step::of(&key, None, action));
    }
    if !only_plan {
        keystore
            .forget_decryption_keys(&destroyed)
            .with_context(|| format!("destroy keys of the keystore {}", config.keystore.display()))?;
    }
    Ok(steps)
}

/// Only the keystore gives keys away.
fn refuse_what_does_not_leave(from: CustodyKind, to: CustodyKind) -> anyhow::Result<()> {
    match (from, to) {
        (CustodyKind::Local, CustodyKind::Local) => bail!("the keys are in the keystore already"),
        // With the same custody in the settings the move is finished, or goes on.
        (CustodyKind::Local, _) => Ok(()),
        (from, to) if from == to => Ok(()),
        (from, _) => bail!(
            "the keys live in {}, which gives no private key away, and that is what it is for. Make a new key where they shall live from now on, \
             and keep the former custody beside it until nobody encrypts to its keys: custody.md says how, under \"Out of Vault or an HSM\"",
            from.name()
        ),
    }
}
