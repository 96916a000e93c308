use serde_json::json;

use super::*;

const CARD: &str = r#"{"card_type":"text_notice","task_id":"t"}"#;

fn check(answer: &str, text: &str, cards: usize) {
    let extracted = extract(answer);
    assert_eq!(
        (extracted.text.as_str(), extracted.blocks.len()),
        (text, cards),
        "{answer:?}"
    );
    for block in extracted.blocks {
        assert_eq!(block.value["card_type"], "text_notice", "{answer:?}");
    }
}

#[test]
fn cards_are_taken_out() {
    for info in [
        "json",
        "JSON",
        "",
        " jsonc",
        "json5",
        "template_card",
        "Card",
    ] {
        check(
            &format!("前\n\n```{info}\n{CARD}\n```\n\n\n后\n"),
            "前\n\n后",
            1,
        );
        check(&format!("~~~{info}\n{CARD}\n~~~"), "", 1);
    }
    let fenced = format!("```json\n{CARD}\n```");
    check(&format!("  {}", fenced.replace('\n', "\n  ")), "", 1);
    check(&format!("a\n{fenced}\nb\n{fenced}\nc"), "a\n\nb\n\nc", 2);
    check(&format!("a\n{fenced}\n{fenced}\n"), "a", 2);
    check(
        &format!("a\r\n{}\r\nb", fenced.replace('\n', "\r\n")),
        "a\n\nb",
        1,
    );
    check(CARD, "", 1);
    check(&format!("\n {CARD} \n"), "", 1);
    check(&format!("{CARD}\n请看"), "请看", 1);
    check(&format!("[{CARD},{CARD}]"), "", 2);
    check(&format!("```json\n[{CARD}]\n```\n好"), "好", 1);
    check(
        &format!("```json\n{{\"template_card\":{CARD}}}\n```"),
        "",
        1,
    );
    // A model that stops before the closing fence.
    check(&format!("a\n```json\n{CARD}"), "a", 1);
    let ticks = r#"{"card_type":"text_notice","sub_title_text":"用 ``` 包住\n```\n"}"#;
    check(&format!("```json\n{ticks}\n```"), "", 1);
}

#[test]
fn everything_else_stays_as_it_is() {
    for answer in [
        "",
        "  plain\n\n\n\ntext  ",
        "```json\nnull\n```",
        "```json\n42\n```",
        "```json\n[1, 2]\n```",
        "```json\n{\"a\": 1}\n```\n",
        "```json\n{\"card_type\": \"visa\"}\n```",
        "```python\n{\"card_type\": \"text_notice\"}\n```",
        "the key \"card_type\" says what it is",
        "`{\"card_type\": \"text_notice\"}`",
        "{name}, you are welcome",
    ] {
        check(answer, answer, 0);
    }
}

#[test]
fn code_beside_a_card_keeps_its_empty_lines() {
    let code = "```python\na\n\n\n\nb\n```";
    check(
        &format!("{code}\n\n\n```json\n{CARD}\n```\n{code}"),
        &format!("{code}\n\n{code}"),
        1,
    );
}

#[test]
fn a_card_that_cannot_be_read_becomes_a_line() {
    let notice = texts::cards::UNREADABLE;
    for broken in [
        "```json\n{\"card_type\": \"text_notice\", \"a\": }\n```\n",
        "```json\n{\"card_type\": \"text_notice\"",
        "```json\n{\"card_type\"\n```\n",
    ] {
        check(&format!("前\n{broken}"), &format!("前\n\n{notice}"), 0);
    }
    check(
        "{\"card_type\": \"text_notice\", oops} 后",
        &format!("{notice}\n\n 后"),
        0,
    );
}

#[test]
fn more_than_five_cards_become_text() {
    let titled = |n: usize| format!("{{\"card_type\":\"text_notice\",\"title\":\"第{n}张\"}}");
    let cards: Vec<String> = (1..=7).map(titled).collect();
    let extracted = extract(&format!("```json\n[{}]\n```\n完", cards.join(",")));
    assert_eq!(extracted.blocks.len(), MAX_CARDS);
    assert_eq!(extracted.text, "**第6张**\n\n**第7张**\n\n完");
}

#[test]
fn an_object_beside_a_card_is_said_in_words() {
    let answer = format!("```json\n[{CARD}, {{\"title\": \"说明\"}}, {{}}]\n```");
    check(
        &answer,
        &format!("**说明**\n\n{}", texts::cards::UNREADABLE),
        1,
    );
    let extracted = extract(&answer);
    assert_eq!(
        extracted.blocks,
        [CardBlock {
            value: json!({ "card_type": "text_notice", "task_id": "t" })
        }]
    );
}
