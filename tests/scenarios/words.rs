//! What is done by the reply alone: the skill must say it.

use super::*;
use crate::stage::skill_text;

#[test]
fn story_38_a_tool_that_is_not_there_is_reported_and_nothing_changed() {
    let text = skill_text("wecom-preflight");
    for words in [
        "By default you **report only**",
        "Never restart the gateway yourself",
        "改好后请把刚才的请求再发一遍",
        "tools.alsoAllow",
    ] {
        assert!(text.contains(words), "{words}");
    }
}

#[test]
fn story_39_a_picture_over_its_limit_goes_as_a_file() {
    let text = skill_text("wecom-send-media");
    assert!(text.contains("10 MB") && text.contains("20 MB"));
    assert!(
        text.contains("10485760") || text.contains("10 485 760") || text.contains("10,485,760")
    );
}

#[test]
fn story_40_voice_that_is_not_amr_goes_as_a_file() {
    let text = skill_text("wecom-send-media");
    assert!(text.contains("AMR") && text.to_lowercase().contains("mp3"));
}

/// The cards in the skill's samples, by their kind.
fn cards(kind: &str) -> Vec<Value> {
    let text = skill_text("wecom-send-template-card");
    let blocks = text.split("```json").skip(1);
    let blocks = blocks.filter_map(|block| block.split("```").next());
    let cards = blocks.map(|block| serde_json::from_str(block).unwrap());
    cards
        .filter(|card: &Value| card["card_type"] == kind)
        .collect()
}

#[test]
fn story_41_a_poll_is_a_vote_card_in_its_short_form() {
    let votes = cards("vote_interaction");
    assert!(
        votes.iter().any(|vote| list(vote, "/options").len() >= 3),
        "{votes:?}"
    );
    for vote in votes {
        let task = text(&vote, "/task_id");
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-@".contains(&byte);
        assert!(task.len() <= 128 && task.bytes().all(is_plain), "{task}");
        assert!(!text(&vote, "/title").is_empty());
        let options = list(&vote, "/options");
        assert!((1..=20).contains(&options.len()));
        let ids: std::collections::BTreeSet<&str> =
            options.iter().map(|it| text(it, "/id")).collect();
        assert_eq!(ids.len(), options.len(), "ids are unique");
        assert!(options.iter().all(|it| !text(it, "/text").is_empty()));
        assert!(vote.get("checkbox").is_none() && vote.get("submit_button").is_none());
        assert!(vote.get("mode").is_none_or(|mode| mode == 0 || mode == 1));
    }
}
