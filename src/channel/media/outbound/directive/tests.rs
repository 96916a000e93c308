use proptest::prelude::*;

use super::*;

/// What is left of a text, and what it names.
fn taken(text: &str) -> (String, Vec<String>) {
    let taken = take(text);
    let references = taken.references.iter();
    (
        taken.text,
        references.map(|found| found.as_str().to_owned()).collect(),
    )
}

fn one(text: &str) -> Option<String> {
    let (left, references) = taken(text);
    match references.as_slice() {
        [] => {
            assert_eq!(left, text);
            None
        }
        [reference] => {
            assert_eq!(left, "", "{text:?}");
            Some(reference.clone())
        }
        several => panic!("{several:?}"),
    }
}

#[test]
fn a_line_that_names_media_is_a_directive() {
    for (line, reference) in [
        ("MEDIA:/a/b.png", "/a/b.png"),
        ("MEDIA: /a/b.png", "/a/b.png"),
        ("media:\t/a/b.png  \r\n", "/a/b.png"),
        ("   Media: /a/b.png", "/a/b.png"),
        ("- MEDIA: /a/b.png", "/a/b.png"),
        ("* MEDIA: /a/b.png", "/a/b.png"),
        ("  • MEDIA: /a/b.png", "/a/b.png"),
        ("12. MEDIA: /a/b.png", "/a/b.png"),
        ("-MEDIA:/a/b.png", "/a/b.png"),
        ("MEDIA: /a/my report.pdf", "/a/my report.pdf"),
        ("MEDIA: `/a/my report.pdf`", "/a/my report.pdf"),
        ("MEDIA: \"a b.pdf\"", "a b.pdf"),
        ("MEDIA: '~/a b.pdf'", "~/a b.pdf"),
        (
            "MEDIA: https://example.com/a.png?x=1",
            "https://example.com/a.png?x=1",
        ),
        ("MEDIA: file:///a/b%20c.png", "file:///a/b%20c.png"),
        ("MEDIA: 周报.docx", "周报.docx"),
        // Only without its full stop this is a name at all.
        ("MEDIA: 周报.docx。", "周报.docx"),
        // With it, it may be.
        ("MEDIA: /a/b.png。", "/a/b.png。"),
        ("MEDIA: `/a/b.png`。", "/a/b.png"),
        ("MEDIA: `/a/b.png。`", "/a/b.png。"),
    ] {
        assert_eq!(one(line).as_deref(), Some(reference), "{line:?}");
    }
}

#[test]
fn everything_else_stays_text() {
    for text in [
        "",
        "MEDIA:",
        "MEDIA:   \n",
        "MEDIA: hello",
        "MEDIA: 这是一张图片。",
        "MEDIA: ``",
        "MEDIA: `/a/b.png` and more",
        "MEDIA: `/a/b.png",
        "MEDIA: `/a` and `/b`",
        "MEDIA: `b.png.`",
        "MEDIA: ../a.png",
        "MEDIA: /a/../b.png",
        "MEDIA: ~root/a.png",
        r"MEDIA: \\server\share\a.png",
        "MEDIA: ftp://example.com/a.png",
        "MEDIA: data:image/png;base64,AAAA",
        "MEDIA: file://host/a.png",
        "see MEDIA: /a/b.png",
        "MEDIAS: /a/b.png",
        "MEDIA /a/b.png",
        "    MEDIA: /a/b.png",
        "\tMEDIA: /a/b.png",
        " \tMEDIA: /a/b.png",
        "> MEDIA: /a/b.png",
        "**MEDIA:** /a/b.png",
        "```\nMEDIA: /a/b.png\n```",
        "~~~text\nMEDIA: /a/b.png\n~~~\n",
        "````\n```\nMEDIA: /a/b.png\n",
    ] {
        assert_eq!(one(text), None, "{text:?}");
    }
    let long = format!("MEDIA: /{}", "a".repeat(4_096));
    assert_eq!(one(&long), None);
}

#[test]
fn a_fence_that_is_closed_hides_nothing_behind_it() {
    let (left, references) = taken("```\nMEDIA: /a.png\n```\nMEDIA: /b.png\nend");
    assert_eq!(left, "```\nMEDIA: /a.png\n```\nend");
    assert_eq!(references, ["/b.png"]);
}

#[test]
fn each_is_sent_once_in_order() {
    let (left, references) =
        taken("MEDIA: /b.png\nfirst\nMEDIA: /a.png\nMEDIA: `/b.png`\nlast\nmedia:/B.png");
    assert_eq!(left, "first\nlast");
    assert_eq!(references, ["/b.png", "/a.png", "/B.png"]);
}

#[test]
fn where_a_directive_stood_at_most_one_empty_line_is_left() {
    for (text, left) in [
        ("a\nMEDIA: /x\nb", "a\nb"),
        ("a\n\nMEDIA: /x\nb", "a\n\nb"),
        ("a\n\nMEDIA: /x\n\nb", "a\n\nb"),
        ("a\n\n\n\nMEDIA: /x\n\n\n\nb", "a\n\nb"),
        ("a\n\nMEDIA: /x\n\nMEDIA: /y\n\nb", "a\n\nb"),
        ("a\r\n\r\nMEDIA: /x\r\n\r\nb", "a\r\n\r\nb"),
        ("\n\nMEDIA: /x\n\n\nb\n\n", "b"),
        ("MEDIA: /x", ""),
        // Elsewhere they are the writer's, and may be code.
        ("MEDIA: /x\n```\na\n\n\n\nb\n```", "```\na\n\n\n\nb\n```"),
    ] {
        assert_eq!(taken(text).0, left, "{text:?}");
    }
}

#[test]
fn the_last_line_waits_while_it_may_become_a_directive() {
    for (text, shown) in [
        ("a\n", "a"),
        ("a\nM", "a"),
        ("a\n  - me", "a"),
        ("a\n-", "a"),
        ("a\n- ", "a"),
        ("a\n20", "a"),
        ("a\n20.", "a"),
        ("a\nMEDIA:", "a"),
        ("a\nMEDIA: what fol", "a"),
        ("M", ""),
        ("a\nMem", "a\nMem"),
        ("a\n**", "a\n**"),
        ("a\n20.5", "a\n20.5"),
        ("a\n2026 was", "a\n2026 was"),
        ("a\n    M", "a\n    M"),
        ("a\nMEDIA: what follows\n", "a\nMEDIA: what follows"),
        ("a\nMEDIA: /x\nb", "a\nb"),
        ("```\nM", "```\nM"),
        ("```\nMEDIA: /x\n", "```\nMEDIA: /x\n"),
    ] {
        assert_eq!(mask(text), shown, "{text:?}");
    }
}

/// Texts of what matters to the grammar, in any order.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(vec![
            "MEDIA:", "media: ", "M", "ME", " ", "   ", "    ", "\t", "\n", "\n", "\n\n", "\r\n",
            "- ", "-", "*", "•", "1.", "12", "`", "\"", "'", "```\n", "~~~\n", "```", "/a.png",
            "b.pdf", "https://e.com/c", "。", ".", "word", "你好", "../x",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// What is shown while the text grows is the beginning of what is left of it: so no part
    /// of a directive was ever shown, and nothing that was shown is taken away.
    #[test]
    fn what_was_shown_stays(text in texts()) {
        let whole = take(&text).text;
        for (end, _) in text.char_indices() {
            let shown = mask(&text[..end]);
            prop_assert!(
                whole.trim_start().starts_with(shown.trim()),
                "{:?} shown as {:?}, left {:?}", &text[..end], shown, whole
            );
        }
    }

    #[test]
    fn without_directives_nothing_changes(text in texts()) {
        let taken = take(&text);
        if taken.references.is_empty() {
            prop_assert_eq!(taken.text, text);
        }
    }

    #[test]
    fn nothing_is_left_to_take(text in texts()) {
        let left = take(&text).text;
        // Trimming may take the indentation of code at the start.
        prop_assume!(!text.trim_start_matches(['\n', '\r']).starts_with([' ', '\t']));
        prop_assert_eq!(take(&left).references, vec![]);
    }
}
