//! Whatever an agent answers: its cards are found or it stays as it is, what is shown while
//! it grows has nothing of them, and a prepared card can be sent, and prepared again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use wecom::channel::cards::{MAX_CARD_BYTES, MAX_CARDS, extract, mask, prepare, take};
use wecom::wecom::card::TemplateCard;

/// A moment; the ids of cards have it.
const NOW_MS: i64 = 1_767_225_600_000;

/// Prefixes that are masked, at the most: each is read from its beginning.
const PREFIXES: usize = 64;

fuzz_target!(|answer: &str| {
    let extracted = extract(answer);
    // An escape may spell the key.
    let names_no_card = !answer.contains("card_type") && !answer.contains('\\');
    assert!(extracted.blocks.len() <= MAX_CARDS);
    if names_no_card {
        assert_eq!(extracted.text, answer, "there was no card");
        assert!(extracted.blocks.is_empty());
    }

    let step = answer.chars().count() / PREFIXES + 1;
    for (end, _) in answer.char_indices().step_by(step) {
        let shown = mask(&answer[..end]);
        if names_no_card {
            assert!(answer.starts_with(&*shown), "only the end is withheld");
        }
    }

    for block in extracted.blocks {
        match prepare(block.value, NOW_MS) {
            Ok(prepared) => check(&prepared.card),
            Err(unsendable) => assert!(!unsendable.rendering.is_empty()),
        }
    }
    let taken = take(answer, NOW_MS);
    assert!(taken.cards.len() <= MAX_CARDS);
});

/// It fits, reads back as it is, and nothing but its id changes when it is prepared again.
fn check(card: &TemplateCard) {
    let sent = card.to_value();
    let text = sent.to_string();
    assert!(text.len() <= MAX_CARD_BYTES);
    assert!(!card.task_id().is_empty() && card.task_id().len() <= 128);
    let read: TemplateCard = serde_json::from_str(&text).expect("a card of ours");
    assert_eq!(read, *card);

    let again = prepare(sent.clone(), NOW_MS + 1).expect("what can be sent, can be sent again");
    let mut expected = sent;
    expected["task_id"] = json!(again.card.task_id());
    assert_eq!(again.card.to_value(), expected);

    let block = format!("```json\n{text}\n```\n");
    assert!(!mask(&block).contains("card_type"), "a card is hidden");
    assert_eq!(extract(&block).blocks.len(), 1, "and found");
}
