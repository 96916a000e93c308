use super::*;

/// What a text consists of, a letter a piece: text, block (open: in capitals), bare object
/// (open: in capitals), undecided.
fn shape(text: &str, extent: Extent) -> String {
    let pieces = pieces(text, extent);
    let whole: String = pieces
        .iter()
        .map(|piece| match *piece {
            Piece::Text(whole)
            | Piece::Block { whole, .. }
            | Piece::Bare { whole, .. }
            | Piece::Undecided(whole) => whole,
        })
        .collect();
    assert_eq!(whole, text, "nothing is lost");
    let letter = |piece: &Piece<'_>| match piece {
        Piece::Text(_) => 't',
        Piece::Block { is_closed, .. } => {
            if *is_closed {
                'b'
            } else {
                'B'
            }
        }
        Piece::Bare { is_closed, .. } => {
            if *is_closed {
                'o'
            } else {
                'O'
            }
        }
        Piece::Undecided(_) => 'u',
    };
    pieces.iter().map(letter).collect()
}

#[test]
fn fences() {
    let cases = [
        ("plain", "t"),
        ("a\n```json\nx\n```\nb", "tbt"),
        ("```\nx\n```", "b"),
        ("~~~JSON\nx\n~~~~\n", "b"),
        ("   ```Card\nx\n  ```  \n", "b"),
        ("    ```json\nx\n    ```\n", "t"),
        ("``` jsonc title=x\r\nx\r\n```\r\n", "b"),
        ("````json\n```\nx\n````", "b"),
        ("```json\nx\n~~~\n``\n``` x\n", "B"),
        ("```python\n```json\nx\n```\nafter", "t"),
        ("```js\nx\n```\n```json5\ny\n```\n", "tb"),
        ("```json {\"a\":1}```\n", "t"),
        ("a ```json\nx\n", "t"),
        ("``json\nx\n", "t"),
    ];
    for (text, expected) in cases {
        assert_eq!(shape(text, Extent::Whole), expected, "{text:?}");
    }
}

#[test]
fn a_last_line_may_become_a_fence() {
    let cases = [
        ("a\n`", "tu"),
        ("a\n``", "tu"),
        ("a\n  ~~", "tu"),
        ("a\n```", "tu"),
        ("a\n```js", "tu"),
        ("a\n```JSON", "tu"),
        ("a\n```py", "t"),
        ("a\n```jsonl", "t"),
        ("a\n`x", "t"),
        ("a `", "t"),
        ("a\n```\n", "tB"),
        // A closing fence counts once its line is complete.
        ("```json\nx\n```", "B"),
        ("```json\nx\n```\n", "b"),
        ("```python\nx\n`", "t"),
    ];
    for (text, expected) in cases {
        assert_eq!(shape(text, Extent::Growing), expected, "{text:?}");
    }
}

#[test]
fn bare_objects() {
    let cases = [
        ("{\"a\": \"}\\\"{\"}", "o"),
        ("\u{feff} \n{ \"a\": [1]} and more", "ot"),
        ("{\"a\": [", "O"),
        ("[{\"a\":1}]", "o"),
        ("{", "O"),
        ("{name}, hello", "t"),
        ("[a link](https://e.x)", "t"),
        ("say {\"a\":1}", "t"),
    ];
    for (text, expected) in cases {
        assert_eq!(shape(text, Extent::Whole), expected, "{text:?}");
    }
}
