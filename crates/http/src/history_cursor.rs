//! The opaque cursor of a visitor's history: base64url of conversation id and sequence.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use signet_app::HistoryCursor;
use signet_domain::ConversationId;
use uuid::Uuid;

/// Writes a cursor.
pub(crate) fn encode(cursor: HistoryCursor) -> String {
    let mut bytes = [0; 24];
    bytes[..16].copy_from_slice(cursor.conversation_id.as_uuid().as_bytes());
    bytes[16..].copy_from_slice(&cursor.sequence.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads one that [`encode`] wrote. `None` for anything else. It grants nothing: the visitor's own entries are all that
/// a page can hold, wherever it begins.
pub(crate) fn decode(text: &str) -> Option<HistoryCursor> {
    let mut bytes = [0; 24];
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    if length != bytes.len() {
        return None;
    }
    let (id, sequence) = bytes.split_at(16);
    Some(HistoryCursor {
        conversation_id: ConversationId::from_uuid(Uuid::from_slice(id).ok()?),
        sequence: i64::from_be_bytes(sequence.try_into().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_read_back_as_written_and_nothing_else_reads() {
        let cursor = HistoryCursor {
            conversation_id: ConversationId::from_uuid(Uuid::from_u128(
                0x0193_a5b0_0000_7000_8000_0000_0000_0001,
            )),
            sequence: 42,
        };
        let text = encode(cursor);
        assert_eq!(text.len(), 32);
        assert_eq!(decode(&text), Some(cursor));
        for bad in
            ["", "AAAA", &text[1..], &format!("{text}AAAA"), &format!("{text}="), &text.replace('A', "!")]
        {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
