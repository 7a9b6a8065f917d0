//! What is said to bots and what they answer, on the wire: `docs/bots.md` is written for whoever stands at the other end.
//!
//! Calls carry how sure Signet is of the visitor, now and at each message, and never a token or who the visitor is.

use std::time::Duration;

use aws_lc_rs::hmac;
use serde_json::{Value, json};
use signet_domain::bot::{Reply, Standing};
use signet_domain::{Bot, ConversationId, Message, MessageBody, MessageText, Timestamp};
use signet_outbound::{FetchError, Fetcher, Post};
use signet_store::audit_events::hexadecimal;

/// The whole of a call.
const DEADLINE: Duration = Duration::from_secs(10);
/// Most replies in one answer.
const REPLIES: usize = 20;
/// Most answers to pick from, and the characters of each.
const CHOICES: usize = 10;
const CHOICE: usize = 255;
/// Longest pause.
const PAUSE: Duration = Duration::from_hours(24);
/// How long an agent is sought: at least, at most and if the bot does not say.
const TRANSFER: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(1));

/// What a bot is to be told.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    /// Of a conversation, with all that the visitor wrote so far.
    Open(Vec<Message>),
    /// Of a message.
    Message(Box<Message>),
    /// Who the visitor is now.
    Visitor,
}

impl Call {
    /// What of the visitor's it tells.
    pub(crate) fn messages(&self) -> &[Message] {
        match self {
            Self::Open(messages) => messages,
            Self::Message(message) => std::slice::from_ref(message),
            Self::Visitor => &[],
        }
    }

    fn address(&self, bot: &Bot, id: ConversationId) -> String {
        let base = &bot.address;
        match self {
            Self::Open(_) => format!("{base}/conversations"),
            Self::Message(_) => format!("{base}/conversations/{id}/messages"),
            Self::Visitor => format!("{base}/conversations/{id}/visitor"),
        }
    }

    fn body(&self, bot: &Bot, id: ConversationId, standing: &Standing, now: Timestamp) -> Value {
        let visitor = visitor(standing);
        match self {
            Self::Open(messages) => json!({
                "idOperator": bot.id,
                "idConversation": id,
                "history": messages.iter().map(message).collect::<Vec<_>>(),
                "visitor": visitor,
            }),
            Self::Message(said) => json!({
                "idOperator": bot.id,
                "idConversation": id,
                "message": message(said),
                "visitor": visitor,
            }),
            Self::Visitor => json!({
                "idOperator": bot.id,
                "idConversation": id,
                "visitor": visitor,
                "createdAt": now,
            }),
        }
    }
}

fn visitor(standing: &Standing) -> Value {
    let (since, reason) = standing.lapsed.unzip();
    json!({
        "assurance": standing.assurance,
        "verifiedAt": standing.verified_at,
        "lapsedAt": since,
        "lapseReason": reason.map(signet_domain::LapseReason::as_str),
    })
}

fn message(message: &Message) -> Value {
    let value = match &message.body {
        MessageBody::Text(text) => text.as_str(),
        MessageBody::Notice(_) => "",
    };
    json!({
        "idMessage": message.id,
        "author": { "role": "visitor" },
        "payload": { "contentType": "text", "value": value },
        "createdAt": message.created_at,
        "assurance": message.assurance,
        "verifiedAt": message.verified_at,
    })
}

/// Why a call brought no replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallFailure {
    /// Nothing came back, or not in time, or the address may not be called.
    Fetch(FetchError),
    /// Another status than 2xx.
    Status(u16),
    /// What came back is not an answer as documented.
    Answer,
}

impl CallFailure {
    /// The word in logs and metrics.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Fetch(error) => error.code(),
            Self::Status(_) => "BOT_STATUS_NOT_OK",
            Self::Answer => "BOT_ANSWER_INVALID",
        }
    }
}

/// Makes a call, signed with the bot's secret, and reads the replies.
pub(crate) async fn make(
    outbound: &Fetcher,
    (bot, secret): (&Bot, &[u8]),
    (id, call): (ConversationId, &Call),
    standing: &Standing,
    now: Timestamp,
) -> Result<Vec<Reply>, CallFailure> {
    let body = call.body(bot, id, standing, now).to_string();
    let signature = signature(secret, body.as_bytes());
    let address = call.address(bot, id);
    let headers = [("x-iadvize-signature", signature.as_str())];
    let post = Post { address: &address, headers: &headers, body, deadline: DEADLINE };
    let answer = outbound.post(post).await.map_err(CallFailure::Fetch)?;
    if !(200..300).contains(&answer.status) {
        return Err(CallFailure::Status(answer.status));
    }
    // Of a change of identity a bot need not say anything.
    if matches!(call, Call::Visitor) && answer.body.trim().is_empty() {
        return Ok(Vec::new());
    }
    replies(&answer.body).ok_or(CallFailure::Answer)
}

/// `sha256=` and the HMAC-SHA256 of the body in hexadecimal.
fn signature(secret: &[u8], body: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), body);
    let mut hash = [0; 32];
    hash.copy_from_slice(tag.as_ref());
    format!("sha256={}", hexadecimal(&hash))
}

fn replies(body: &str) -> Option<Vec<Reply>> {
    let answer: Value = serde_json::from_str(body).ok()?;
    let replies = answer.get("replies")?.as_array()?;
    if replies.len() > REPLIES {
        return None;
    }
    replies.iter().map(reply).collect()
}

fn reply(reply: &Value) -> Option<Reply> {
    match reply["type"].as_str()? {
        "message" => {
            let text = MessageText::parse(&text_of(&reply["payload"])?).ok()?.as_str().to_owned();
            let choices = match &reply["quickReplies"] {
                Value::Null => Vec::new(),
                Value::Array(choices) if choices.len() <= CHOICES => {
                    choices.iter().map(choice).collect::<Option<_>>()?
                }
                _ => return None,
            };
            Some(Reply::Say { text, choices })
        }
        "await" => duration(&reply["duration"]).map(|pause| Reply::Await(pause.min(PAUSE))),
        "transfer" => {
            let (shortest, longest) = TRANSFER;
            let timeout = match &reply["transferOptions"]["timeout"] {
                Value::Null => longest,
                timeout => duration(timeout)?.clamp(shortest, longest),
            };
            Some(Reply::Transfer(timeout))
        }
        "close" => Some(Reply::Close),
        _ => None,
    }
}

fn choice(choice: &Value) -> Option<String> {
    let text = choice["value"].as_str()?.trim();
    let fits = (1..=CHOICE).contains(&text.chars().count()) && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

fn duration(duration: &Value) -> Option<Duration> {
    let value = duration["value"].as_u64()?;
    match duration["unit"].as_str()? {
        "millis" => Some(Duration::from_millis(value)),
        "seconds" => Some(Duration::from_secs(value)),
        "minutes" => Some(Duration::from_secs(value.checked_mul(60)?)),
        _ => None,
    }
}

/// A payload as text. What has a form of its own elsewhere is written out: nothing of it is lost, and its addresses can be followed.
fn text_of(payload: &Value) -> Option<String> {
    let several = |list: &Value| {
        let texts: Option<Vec<String>> = list.as_array()?.iter().map(written_out).collect();
        Some(texts?.join("\n\n"))
    };
    match payload["contentType"].as_str()? {
        "text" => payload["value"].as_str().map(str::to_owned),
        "card/content" | "product-offer" | "file" => written_out(payload),
        "bundle/card" => several(&payload["cards"]),
        "bundle/product-offer" => several(&payload["offers"]),
        _ => None,
    }
}

/// The lines of a card, an offer or a file. `None` if there are none.
fn written_out(card: &Value) -> Option<String> {
    let text = |name: &str| match &card[name] {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let price = match (text("price"), text("offerPrice")) {
        (Some(price), Some(offer)) => Some(format!("{offer} ({price})")),
        (price, offer) => offer.or(price),
    };
    let mut lines: Vec<String> = [text("title"), text("name"), price, text("text"), text("description")]
        .into_iter()
        .flatten()
        .collect();
    lines.extend(link(card["image"]["description"].as_str(), &card["image"]["url"]));
    lines.extend(link(card["fileName"].as_str(), &card["url"]));
    let actions = card["actions"].as_array().map(Vec::as_slice).unwrap_or_default();
    lines.extend(
        actions
            .iter()
            .filter_map(|action| link(action["name"].as_str().or(action["title"].as_str()), &action["url"])),
    );
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// An address that can be followed, after its name. Others are left out: `javascript:` and the like have no business in a thread.
fn link(name: Option<&str>, url: &Value) -> Option<String> {
    let url = url.as_str().filter(|url| url.starts_with("https://") || url.starts_with("http://"))?;
    Some(name.map_or_else(|| url.to_owned(), |name| format!("{name}: {url}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231 section 4.3.
    #[test]
    fn bodies_are_signed() {
        assert_eq!(
            signature(b"Jefe", b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    fn read(replies: &Value) -> Option<Vec<Reply>> {
        super::replies(&json!({ "replies": replies }).to_string())
    }

    #[test]
    fn replies_are_read_and_bounded() {
        let say =
            |text: &str| json!({ "type": "message", "payload": { "contentType": "text", "value": text } });
        let wait =
            |value: u64, unit: &str| json!({ "type": "await", "duration": { "value": value, "unit": unit } });
        let transfer = |seconds: u64| json!({ "type": "transfer", "transferOptions": { "timeout": { "value": seconds, "unit": "seconds" } } });
        let one = |reply: Value| read(&json!([reply])).map(|replies| replies[0].clone());
        let seconds = Duration::from_secs;
        for (reply, expected) in [
            (say(" hello "), Reply::Say { text: " hello".to_owned(), choices: Vec::new() }),
            (wait(250, "millis"), Reply::Await(Duration::from_millis(250))),
            (wait(2, "minutes"), Reply::Await(seconds(120))),
            (wait(1_000_000, "minutes"), Reply::Await(PAUSE)),
            (transfer(1), Reply::Transfer(seconds(5))),
            (transfer(30), Reply::Transfer(seconds(30))),
            (transfer(3_600), Reply::Transfer(seconds(60))),
            (json!({ "type": "transfer", "distributionRule": "x" }), Reply::Transfer(seconds(60))),
            (json!({ "type": "close" }), Reply::Close),
        ] {
            assert_eq!(one(reply.clone()), Some(expected), "{reply}");
        }
        for bad in [
            say(" "),
            say(&"x".repeat(10_001)),
            wait(1, "hours"),
            json!({ "type": "await", "duration": { "value": -1, "unit": "seconds" } }),
            json!({ "type": "await" }),
            json!({ "type": "message", "payload": { "contentType": "video", "value": "x" } }),
            json!({ "type": "message", "payload": { "contentType": "card/content" } }),
            json!({ "type": "message", "payload": { "contentType": "text", "value": "x" }, "quickReplies": [{}] }),
            json!({ "type": "dance" }),
            json!("close"),
        ] {
            assert_eq!(one(bad.clone()), None, "{bad}");
        }
        assert_eq!(read(&json!([])), Some(Vec::new()));
        assert_eq!(read(&Value::from(vec![say("x"); REPLIES + 1])), None);
        for body in ["", "[]", "{}", "<html>", r#"{"replies":{}}"#] {
            assert_eq!(super::replies(body), None, "{body}");
        }
    }
}
