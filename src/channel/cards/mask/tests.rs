use proptest::prelude::*;

use super::*;

const P: &str = texts::cards::PREPARING;

/// A card whose every character is recognisable: no other part of a test has `Q`.
const CARD: &str = r#"{"main_title":{"title":"QQQQ"},"card_type":"text_notice","task_id":"QQ"}"#;

fn prefixes(text: &str) -> impl Iterator<Item = &str> {
    let ends = text.char_indices().map(|(at, _)| at);
    ends.chain([text.len()]).map(|end| &text[..end])
}

#[test]
fn no_character_of_a_card_is_shown_while_it_is_written() {
    let fenced = format!("```json\n{CARD}\n```\n");
    let pretty = CARD.replace(',', ",\n  ").replace("{\"m", "{\n  \"m");
    let answers = [
        format!("前文\n{fenced}后文"),
        format!("前文\n```\n{CARD}\n```\n后文"),
        format!("前文\n```JSON\n{pretty}\n```\n后文"),
        format!("前文\n~~~~ card\n{CARD}\n~~~~\n后文"),
        format!("前文\n  ```json\n  {CARD}\n  ```\n后文"),
        format!("前文\n```json\n[{CARD},\n{CARD}]\n```\n后文"),
        format!("前文\n```json\n{{\"template_card\":{CARD}}}\n```\n后文"),
        format!(
            "前文\n```json\n{}\n```\n后文",
            CARD.replacen('{', "{ // 卡片\n", 1)
        ),
        format!("前文\n```json\n{}\n```\n后文", CARD.replace('}', ",}")),
        format!("前文\n```python\nprint('x')\n```\n{fenced}后文"),
        format!("前文\n{fenced}{fenced}后文"),
        CARD.to_owned(),
        format!("\n {pretty}"),
        format!("[{CARD}]"),
    ];
    for answer in answers {
        for prefix in prefixes(&answer) {
            let shown = mask(prefix);
            for trace in [
                "Q",
                "main_title",
                "card_type",
                "{\"",
                "```json",
                "[{",
                "~~~",
            ] {
                assert!(!shown.contains(trace), "{trace} in {shown:?} of {prefix:?}");
            }
            let before = prefix.starts_with("前文") && shown.starts_with("前文");
            assert!(before || !prefix.starts_with("前文"), "{prefix:?}");
            let after = shown.ends_with("后文") || !prefix.ends_with("后文");
            assert!(after, "{prefix:?}");
        }
    }
}

#[test]
fn what_is_shown() {
    let long = format!("{{\"a\": \"{}\"", "x".repeat(UNDECIDED_MAX_BYTES));
    let shown = |text: &str| mask(text).into_owned();
    let cases = [
        ("a\n```json\n{\"ti", "a\n".to_owned()),
        ("```json\n{\"ti", String::new()),
        ("a\n```json\n[1", "a\n".to_owned()),
        (
            "a\n```json\n{\"card_type\": \"text_notice\"",
            format!("a\n{P}"),
        ),
        ("a\n```json\n{\"card_type\": \"text_not", "a\n".to_owned()),
        ("{\"card_type\":\"text_notice\"}", P.to_owned()),
        // Broken, and the end is still open: the last word is not spoken.
        (
            "```json\n{\"card_type\":\"text_notice\",]}\n```\nb",
            format!("{P}\nb"),
        ),
        ("a\n``", "a\n".to_owned()),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text), expected, "{text:?}");
    }
    for as_it_is in [
        "a\n```json\nnull",
        "a\n```json\n{\"a\": 1}\n```\nb",
        "a\n```json\n{\"card_type\": \"visa\"}\n```\n",
        "a\n```python\n{\"card_type\": \"text_notice\"",
        "a\n```js\nx\n```\n`card_type` is a key: \"card_type\": \"text_notice\"",
        "{name}, \"card_type\"",
        &format!("```json\n{long}"),
        &long,
    ] {
        assert_eq!(shown(as_it_is), as_it_is);
    }
    assert!(matches!(mask("```python\nx"), Cow::Borrowed(_)));
}

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Code(String),
    Json(String),
    Card(String),
}

fn part() -> impl Strategy<Value = Part> {
    let line = "[a-z中文`* ]{1,12}";
    prop_oneof![
        line.prop_map(|text| Part::Text(format!("x{text}\n"))),
        line.prop_map(|code| Part::Code(format!("```python\ny{code}\n```\n"))),
        (0..9_u8).prop_map(|n| Part::Json(format!("```json\n{{\"key\": {n}}}\n```\n"))),
        (
            "[a-zQ`]{0,8}",
            prop::bool::ANY,
            prop::sample::select(vec!["```", "~~~", "````"])
        )
            .prop_map(|(title, first, fence)| {
                let kind = "\"card_type\": \"text_notice\"";
                let title = format!("\"QQ\": \"Q{title}Q\"");
                let (a, b) = if first {
                    (kind, &*title)
                } else {
                    (&*title, kind)
                };
                Part::Card(format!("{fence}json\n{{{a},\n {b}}}\n{fence}\n"))
            }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_shown_grows_and_never_has_a_card(parts in prop::collection::vec(part(), 0..8)) {
        let mut answer = String::new();
        let mut expected = String::new();
        for part in &parts {
            match part {
                Part::Text(text) | Part::Code(text) | Part::Json(text) => {
                    answer.push_str(text);
                    expected.push_str(text);
                }
                Part::Card(card) => {
                    answer.push_str(card);
                    expected.push_str(P);
                    expected.push('\n');
                }
            }
        }
        let mut before = String::new();
        for prefix in prefixes(&answer) {
            let shown = mask(prefix);
            prop_assert!(!shown.contains('Q'), "{:?} of {:?}", shown, prefix);
            prop_assert!(shown.starts_with(&before), "{:?} after {:?}", shown, before);
            prop_assert!(expected.starts_with(&*shown), "{:?} of {:?}", shown, expected);
            before = shown.into_owned();
        }
        prop_assert_eq!(before, expected);
    }

    #[test]
    fn any_text_survives(text in "[`~{}\\[\\]\":,a-z_ \n中]{0,200}") {
        for prefix in prefixes(&text) {
            let _ = mask(prefix);
        }
        let _ = super::super::extract(&text);
    }
}
