use wecom::channel::cards::{mask, take};
use wecom::ids::ChatKind;

use crate::stage::{GROUP, Stage, answers, now_ms};

#[tokio::test]
async fn whatever_agents_write_is_taken() {
    let stage = Stage::start().await;
    let answers = answers();
    assert!(answers.len() >= 20);
    let mut chats = ["zhangwei", "LiNa", GROUP].into_iter().cycle();
    let mut sent = 0;
    for (name, answer) in &answers {
        let taken = take(answer, now_ms());
        assert!(!taken.cards.is_empty(), "{name}");
        assert!(!taken.text.contains("task_id"), "{name}: {}", taken.text);
        for card in taken.cards {
            let chat = chats.next().unwrap();
            let kind = if chat == GROUP {
                ChatKind::Group
            } else {
                ChatKind::Direct
            };
            stage.send(chat, kind, card.card.to_value()).await;
            sent += 1;
        }
    }
    assert!(sent > answers.len(), "one has two cards");
    assert_eq!(stage.sim.violations(), []);
}

#[test]
fn nothing_of_a_card_is_seen_while_it_is_written() {
    for (name, answer) in answers() {
        // The one with code beside its card has brackets of its own.
        if name == "after-code.md" {
            continue;
        }
        for (end, _) in answer.char_indices() {
            let shown = mask(&answer[..end]);
            assert!(!shown.contains(['{', '[']), "{name}: {shown}");
        }
        assert!(!mask(&answer).contains(['{', '[']), "{name}");
    }
}
