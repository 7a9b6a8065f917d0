//! Bodies of what a visitor does besides writing, and of the answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use signet_domain::{ConversationId, CustomDataType, Timestamp};

use super::declare::{TypeScript, record};

/// What a visitor says to the offer to add what they wrote before they signed in.
#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum EarlierAnswer {
    Add,
    Decline,
}

impl TypeScript for EarlierAnswer {
    fn reference() -> String {
        "\"ADD\" | \"DECLINE\"".to_owned()
    }
}

record! {
    /// Body of `POST /visitor/v1/earlier-messages`.
    #[derive(Deserialize)]
    EarlierMessagesRequest {
        conversation_id: ConversationId,
        /// Left out, it says `ADD`.
        answer missing "null": Option<EarlierAnswer>,
    }
}

record! {
    /// Answer 200 of `POST /visitor/v1/earlier-messages`.
    #[derive(Serialize)]
    EarlierMessages {
        conversation_id: ConversationId,
        copied: i64,
        /// The same had been answered before.
        duplicate: bool,
    }
}

/// Why a visitor did not confirm who they are.
#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum NotConfirmed {
    Declined,
    Failed,
}

impl TypeScript for NotConfirmed {
    fn reference() -> String {
        "\"DECLINED\" | \"FAILED\"".to_owned()
    }
}

record! {
    /// Body of `POST /visitor/v1/identity-confirmation`.
    #[derive(Deserialize)]
    IdentityConfirmationRequest {
        conversation_id: ConversationId,
        outcome: NotConfirmed,
    }
}

record! {
    /// Body of `POST /visitor/v1/hand-over`: the origin of the page that goes on.
    #[derive(Deserialize)]
    HandOverRequest {
        origin: String,
    }
}

record! {
    /// Answer 201 of `POST /visitor/v1/hand-over`.
    #[derive(Serialize)]
    HandOver {
        /// For the link's `idzconvid`.
        code: String,
        expires_at: Timestamp,
    }
}

record! {
    /// Body of `POST /visitor/v1/transactions`.
    #[derive(Deserialize)]
    TransactionRequest {
        id: String,
        amount: f64,
    }
}

record! {
    /// Answer 200 of `POST /visitor/v1/transactions`.
    #[derive(Serialize)]
    RecordedTransaction {
        /// False for an anonymous visitor who has not written anything.
        stored: bool,
        duplicate: bool,
        /// The conversation it is attributed to.
        conversation_id: Option<ConversationId>,
    }
}

/// A value in custom data.
#[derive(Deserialize)]
#[serde(untagged)]
enum CustomValue {
    String(String),
    Number(serde_json::Number),
    Boolean(bool),
}

/// Members of `window.idzCustomData`, by their names.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct CustomMembers(BTreeMap<String, CustomValue>);

impl TypeScript for CustomMembers {
    fn reference() -> String {
        "{ [name: string]: string | number | boolean }".to_owned()
    }
}

impl From<CustomMembers> for Vec<(String, CustomDataType, String)> {
    fn from(members: CustomMembers) -> Self {
        let member = |(key, value)| match value {
            CustomValue::String(text) => (key, CustomDataType::String, text),
            CustomValue::Number(number) => (key, CustomDataType::Number, number.to_string()),
            CustomValue::Boolean(flag) => (key, CustomDataType::Boolean, flag.to_string()),
        };
        members.0.into_iter().map(member).collect()
    }
}

record! {
    /// Body of `POST /visitor/v1/custom-data`: everything the page says now, in place of what it said before.
    #[derive(Deserialize)]
    CustomDataRequest {
        custom_data: CustomMembers,
    }
}

record! {
    /// Answer 200 of `POST /visitor/v1/custom-data`.
    #[derive(Serialize)]
    StoredCustomData {
        /// False for an anonymous visitor who has not written anything.
        stored: bool,
    }
}

record! {
    /// Body of `POST /visitor/v1/satisfaction`; at least one answer.
    #[derive(Deserialize)]
    SatisfactionRequest {
        conversation_id: ConversationId,
        /// 1 to 5.
        customer_satisfaction missing "null": Option<i64>,
        /// 0 to 10.
        net_promoter_score missing "null": Option<i64>,
        comment missing "null": Option<String>,
    }
}
