use proptest::prelude::*;

use super::*;

fn texts(text: &str, units: usize, bytes: usize) -> Vec<String> {
    let pieces = chunk(text, Limits::new(units, bytes));
    pieces.into_iter().map(|piece| piece.text).collect()
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    let lines: Vec<String> = (0..count).map(line).collect();
    lines.join("\n") + "\n"
}

#[test]
fn what_fits_is_one_piece_and_unchanged() {
    assert_eq!(texts("hi\n\n", 128, 128), ["hi\n\n"]);
    assert_eq!(texts("", 128, 128), Vec::<String>::new());
    assert_eq!(texts(&"x".repeat(128), 128, 128), ["x".repeat(128)]);
}

#[test]
fn both_limits_hold() {
    // 4,000 characters of Chinese are 12,000 bytes: the bot takes them, an app does not.
    let text = "企".repeat(4_000);
    assert_eq!(texts(&text, 4_000, BOT_BYTES).len(), 1);
    assert_eq!(texts(&text, 4_000, APP_BYTES).len(), 6);
    // An emoji is two units.
    let emoji = "🎉".repeat(100);
    assert_eq!(
        texts(&emoji, 128, 20_000),
        ["🎉".repeat(64), "🎉".repeat(36)]
    );
    let text = format!("{}ab", "企".repeat(682));
    assert_eq!(texts(&text, 4_000, APP_BYTES), [text.as_str()]);
    assert_eq!(texts(&format!("{text}c"), 4_000, APP_BYTES).len(), 2);
}

#[test]
fn one_byte_more_than_wecom_takes_makes_two() {
    let text = format!("{}x", "é".repeat(10_240));
    assert_eq!(text.len(), 20_481);
    let pieces = texts(&text, 100_000, BOT_BYTES);
    assert_eq!(pieces.len(), 2);
    assert_eq!(pieces.concat(), text);
}

#[test]
fn line_breaks_come_first_then_blanks_then_characters() {
    let (a, b) = ("a".repeat(80), "b".repeat(80));
    assert_eq!(texts(&format!("{a}\n\n{b}"), 128, 128), [&*a, &*b]);
    assert_eq!(
        texts(&format!("{a} {b}"), 128, 128),
        [format!("{a} "), b.clone()]
    );
    assert_eq!(
        texts(&format!("{a}。{b}"), 128, 200),
        [format!("{a}。"), b.clone()]
    );
    assert_eq!(
        texts(&a.repeat(2), 128, 128),
        ["a".repeat(128), "a".repeat(32)]
    );
    let in_parentheses = format!("{a} ({} {b})", "c".repeat(30));
    assert_eq!(texts(&in_parentheses, 128, 128)[0], format!("{a} "));
}

#[test]
fn links_and_tags_are_kept_whole() {
    let a = "a".repeat(100);
    let link = format!("{a}[the report](https://example.com/a/long/path)tail");
    assert_eq!(texts(&link, 128, 128)[0], a);
    let tag = format!("{a}<font color=\"warning\">x</font>{a}");
    assert_eq!(
        texts(&tag, 115, 128)[0],
        format!("{a}<font color=\"warning\">x")
    );
    let huge = format!("[{}](u){a}", "t".repeat(200));
    assert_eq!(
        texts(&huge, 128, 128)[0].len(),
        128,
        "nothing better is left"
    );
}

#[test]
fn a_table_row_is_not_cut() {
    let row = "| one | two | three |\n";
    for piece in texts(&row.repeat(40), 128, 128) {
        assert!(piece.lines().all(|line| line == row.trim()), "{piece}");
    }
}

#[test]
fn an_open_fence_is_closed_and_opened_again_as_it_was() {
    let code = lines(60, |n| format!("let x{n} = {n};"));
    let text = format!("before\n  ~~~rust ignore\n{code}~~~\nafter");
    let pieces = texts(&text, 200, 200);
    assert!(pieces.len() > 4);
    for piece in &pieces[1..pieces.len() - 1] {
        assert!(piece.starts_with("  ~~~rust ignore\nlet x"), "{piece}");
        assert!(piece.ends_with(";\n~~~"), "{piece}");
    }
    let joined = pieces.join("\n").replace("\n~~~\n  ~~~rust ignore\n", "\n");
    assert_eq!(joined, text);
}

#[test]
fn a_family_is_not_torn_apart() {
    let family = "👨‍👩‍👧‍👦";
    let text = format!("{}{family}b", "a".repeat(120));
    assert_eq!(texts(&text, 4_000, 128)[0], "a".repeat(120));
}

#[test]
fn the_rest_can_go_another_way() {
    let code = lines(30, |n| format!("line {n}"));
    let text = format!("```\n{code}```\nend");
    let pieces = chunk(&text, Limits::new(128, 128));
    let second = &pieces[1];
    let rest = second.rest_of(&text);
    assert!(rest.starts_with("```\nline 1"), "{rest}");
    assert!(rest.ends_with("line 29\n```\nend"), "{rest}");
}

#[test]
fn too_many_pieces_are_a_file() {
    let line = format!("{}\n", "x".repeat(127));
    let Pieces::All(pieces) = pieces(&line.repeat(20), Limits::new(128, 128)) else {
        panic!("20 are sent")
    };
    assert_eq!(pieces.len(), 20);
    let more = super::pieces(&line.repeat(21), Limits::new(128, 128));
    assert!(matches!(more, Pieces::FirstAndFile { of: 21, .. }));
}

fn without_breaks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

proptest! {
    #[test]
    fn nothing_is_lost_and_every_piece_fits(
        text in "[a-zé字🎉👨‍👩‍👧 。()\\[\\]<>|\\n]{0,1500}", units in 128_usize..600, bytes in 128_usize..900
    ) {
        let pieces = texts(&text, units, bytes);
        for piece in &pieces {
            prop_assert!(piece.len() <= bytes && piece.encode_utf16().count() <= units);
            prop_assert!(!piece.trim().is_empty());
        }
        prop_assert_eq!(without_breaks(&pieces.concat()), without_breaks(&text));
    }

    #[test]
    fn every_piece_fits_and_is_balanced_whatever_the_fences(
        text in proptest::collection::vec(
            "[`~]{1,40}|[a-z字🎉]{1,300}|\\n|\\n| |```rust\\n|\\n```\\n|~~~~ 说明\\n", 0..60),
        units in 128_usize..600, bytes in 128_usize..900
    ) {
        let text = text.concat();
        let pieces = texts(&text, units, bytes);
        for (n, piece) in pieces.iter().enumerate() {
            prop_assert!(piece.len() <= bytes && piece.encode_utf16().count() <= units);
            if n + 1 < pieces.len() {
                prop_assert_eq!(fence::after(None, piece), None, "{}", piece);
            }
        }
    }

    #[test]
    fn what_is_left_at_any_piece_is_all_that_follows(
        text in "([a-z字]{1,90}\\n|```\\n){0,30}"
    ) {
        let pieces = chunk(&text, Limits::new(128, 200));
        let words = |text: &str| without_breaks(text).replace('`', "");
        for (n, piece) in pieces.iter().enumerate() {
            let following: String = pieces[n..].iter().map(|piece| piece.text.as_str()).collect();
            prop_assert_eq!(words(&piece.rest_of(&text)), words(&following));
        }
    }
}
