//! The life of a brand's signing key.

/// Where a customer key stands in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyState {
    /// Registered, not used yet.
    Pending,
    /// Verifies tokens.
    Active,
    /// Still verifies tokens while its successor takes over.
    Retiring,
    /// Verifies nothing, and never will again.
    Revoked,
}

impl KeyState {
    /// The word used in storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Active => "ACTIVE",
            Self::Retiring => "RETIRING",
            Self::Revoked => "REVOKED",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "PENDING" => Some(Self::Pending),
            "ACTIVE" => Some(Self::Active),
            "RETIRING" => Some(Self::Retiring),
            "REVOKED" => Some(Self::Revoked),
            _ => None,
        }
    }

    /// Whether tokens signed by a key in this state are accepted.
    pub const fn verifies(self) -> bool {
        matches!(self, Self::Active | Self::Retiring)
    }

    /// Whether a key may go from this state to another. Retiring can be taken back; revocation cannot.
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Pending | Self::Retiring, Self::Active)
                | (Self::Active, Self::Retiring)
                | (Self::Pending | Self::Active | Self::Retiring, Self::Revoked)
        )
    }
}

/// How it is known that whoever registered a key holds its private half, or may speak for whoever does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyProof {
    /// A challenge was signed with it.
    Challenge,
    /// It stands in a key set whose owner signed a challenge with a key of the set.
    KeySet,
    /// The operator of the platform registered it at the command line.
    Operator,
}

impl KeyProof {
    /// The word used in storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Challenge => "CHALLENGE",
            Self::KeySet => "KEY_SET",
            Self::Operator => "OPERATOR",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "CHALLENGE" => Some(Self::Challenge),
            "KEY_SET" => Some(Self::KeySet),
            "OPERATOR" => Some(Self::Operator),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::KeyState::{self, Active, Pending, Retiring, Revoked};

    #[test]
    fn a_key_lives_forwards_and_is_revoked_for_good() {
        let states = [Pending, Active, Retiring, Revoked];
        let steps: Vec<(KeyState, KeyState)> = states
            .into_iter()
            .flat_map(|from| states.map(|to| (from, to)))
            .filter(|(from, to)| from.may_become(*to))
            .collect();
        assert_eq!(
            steps,
            [
                (Pending, Active),
                (Pending, Revoked),
                (Active, Retiring),
                (Active, Revoked),
                (Retiring, Active),
                (Retiring, Revoked),
            ]
        );
        assert_eq!(states.map(KeyState::verifies), [false, true, true, false]);
    }
}
