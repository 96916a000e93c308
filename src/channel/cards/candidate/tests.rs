use serde_json::json;

use super::*;

/// The types found; `None`: broken.
fn types(content: &str) -> Option<Vec<String>> {
    match verdict(content) {
        Verdict::Cards(found) => Some(
            found
                .iter()
                .map(|found| match found {
                    Found::Card(card) => card["card_type"].as_str().unwrap().to_owned(),
                    Found::Other(other) => other.to_string(),
                })
                .collect(),
        ),
        Verdict::Broken => None,
        Verdict::Other => Some(Vec::new()),
    }
}

#[test]
fn cards_however_they_are_written() {
    let vote = ["vote_interaction"];
    let cases: &[(&str, &[&str])] = &[
        (r#"{"card_type":"vote_interaction"}"#, &vote),
        ("\u{feff}{\"card_type\":\" Vote_Interaction \"}", &vote),
        (
            r#"{"template_card":{"card_type":"vote_interaction"}}"#,
            &vote,
        ),
        (
            r#"{"msgtype":"template_card","template_card":{"card_type":"vote_interaction"}}"#,
            &vote,
        ),
        (
            r#"[{"card_type":"vote_interaction"},{"card_type":"text_notice"},{"a":1},2]"#,
            &["vote_interaction", "text_notice", r#"{"a":1}"#],
        ),
        (r#"{"card_type":"vote_interaction",}"#, &vote),
        ("{// c\n\"card_type\": /* d */ \"vote_interaction\"}", &vote),
        ("{“card_type”: “vote_interaction”}", &vote),
        (
            "{“card_type”: \"vote_interaction\", \"title\": \"他说“好”\"}",
            &vote,
        ),
        ("{card_type: 'vote_interaction'}", &vote),
        // Others.
        (r#"{"card_type":"visa"}"#, &[]),
        (r#"{"card_type":1}"#, &[]),
        (r#"{"a":{"card_type":"vote_interaction"}}"#, &[]),
        ("null", &[]),
        ("1", &[]),
        ("[]", &[]),
        ("[null, 1]", &[]),
        ("", &[]),
        ("{oops", &[]),
        (r#"{"card_type":"visa", oops"#, &[]),
        ("print('card_type')", &[]),
    ];
    for (content, expected) in cases {
        let found = types(content);
        let found: Vec<&str> = found.iter().flatten().map(String::as_str).collect();
        assert_eq!(found, *expected, "{content}");
    }
}

#[test]
fn broken_cards() {
    let deep = format!(r#"{{"card_type":"text_notice","a":{}"#, "[".repeat(100_000));
    let closed = format!("{deep}{}}}", "]".repeat(100_000));
    for content in [
        r#"{"card_type":"text_notice", "main_title":"#,
        r#"{"card_type"#,
        r#"{"card_type": "text_no"#,
        r#"{"card_type":"text_notice" "task_id":"t"}"#,
        r#"{"card_type"："text_notice"}"#,
        &deep,
        &closed,
    ] {
        assert_eq!(types(content), None, "{content:.60}");
    }
}

#[test]
fn the_type_is_written_in_lower_case() {
    let Verdict::Cards(found) = verdict(r#"{"card_type":"TEXT_NOTICE","x":1}"#) else {
        panic!("a card");
    };
    let card = json!({ "card_type": "text_notice", "x": 1 });
    assert_eq!(found, [Found::Card(card.as_object().unwrap().clone())]);
}
