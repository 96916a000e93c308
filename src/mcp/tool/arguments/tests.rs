use serde_json::json;

use super::*;

fn call(args: &Value) -> Result<Map<String, Value>, ToolError> {
    let arguments = json!({"action": "call", "category": "c", "method": "m", "args": args});
    match parse(arguments.as_object().unwrap().clone())? {
        Request::Call(call) => Ok(call.args),
        Request::List(_) => panic!("a call became a list"),
    }
}

fn rule(result: Result<impl std::fmt::Debug, ToolError>) -> (&'static str, String) {
    let error = result.unwrap_err();
    let violation = error.violations.first().unwrap();
    (violation.rule, violation.hint.clone())
}

fn nested(levels: usize) -> Value {
    (1..levels).fold(json!({}), |inner, _| json!({ "a": inner }))
}

#[test]
fn arguments_are_an_object_in_any_form_that_holds_one() {
    let object = json!({"a": 1});
    for (args, expected) in [
        (json!(null), json!({})),
        (json!(""), json!({})),
        (json!(" \n\t"), json!({})),
        (object.clone(), object.clone()),
        (json!(object.to_string()), object.clone()),
        (json!(json!(object.to_string()).to_string()), object.clone()),
        (json!({"a": null, "b": [1]}), json!({"a": null, "b": [1]})),
    ] {
        assert_eq!(Value::Object(call(&args).unwrap()), expected, "{args}");
    }
    let none = json!({"action": "call", "category": "c", "method": "m"});
    assert!(parse(none.as_object().unwrap().clone()).is_ok());
}

#[test]
fn anything_else_is_refused_with_what_it_is() {
    for (args, found) in [
        (json!([1]), "an array"),
        (json!(3), "a number"),
        (json!(0), "a number"),
        (json!(false), "a boolean"),
        (json!("null"), "a string that holds null"),
        (json!("[1]"), "a string that holds an array"),
        (json!("3"), "a string that holds a number"),
        (json!("\"x\""), "a string that holds a string"),
        (
            json!(json!("[]").to_string()),
            "a string in a string that holds an array",
        ),
    ] {
        let expected = format!("must be a JSON object, not {found}");
        assert_eq!(rule(call(&args)), ("type", expected), "{args}");
    }
    // Encoded three times: one level too many.
    let thrice = json!(json!(json!("{}").to_string()).to_string());
    assert_eq!(rule(call(&thrice)).0, "type");
}

#[test]
fn broken_json_is_shown_where_it_breaks_and_no_more() {
    let text = format!("{{\n\"a\": {}, \"secret\": 1 x}}", "9".repeat(15));
    let (rule_name, hint) = rule(call(&json!(text)));
    assert_eq!(rule_name, "invalid_json");
    assert_eq!(
        hint,
        "not valid JSON at line 2, column 35: expected `,` or `}`; near `\"a\": 999999999999999, \
         \"secret\": 1 x}`"
    );
    let long = format!(
        "{{\"a\": \"{}\" 林 \"{}\"}}",
        "b".repeat(500),
        "c".repeat(500)
    );
    let (_, hint) = rule(call(&json!(long)));
    let (_, near) = hint.split_once("near `").unwrap();
    assert!(near.chars().count() <= 81, "{near}");
    assert!(
        !call(&json!(long))
            .unwrap_err()
            .message
            .contains(&"c".repeat(100))
    );
}

#[test]
fn depth_and_size_are_bounded() {
    assert!(call(&nested(64)).is_ok());
    assert_eq!(rule(call(&nested(65))).0, "too_deep");
    assert_eq!(rule(call(&json!(nested(65).to_string()))).0, "too_deep");
    assert_eq!(rule(call(&json!("[".repeat(100_000)))).0, "too_deep");
    // {"a":"…"} has eight bytes besides the text.
    let limit = 4 * 1024 * 1024 - 8;
    assert!(call(&json!({"a": "x".repeat(limit)})).is_ok());
    assert_eq!(
        rule(call(&json!({"a": "x".repeat(limit + 1)}))).0,
        "too_large"
    );
    assert_eq!(
        rule(call(&json!(" ".repeat(limit * 7) + "{"))).0,
        "too_large"
    );
}

#[test]
fn whole_numbers_of_64_bits_survive() {
    for number in [
        "9223372036854775807",
        "18446744073709551615",
        "-9223372036854775808",
    ] {
        let args = call(&json!(format!("{{\"id\":{number}}}"))).unwrap();
        assert_eq!(
            Value::Object(args).to_string(),
            format!("{{\"id\":{number}}}")
        );
    }
}

#[test]
fn fields_are_trimmed_and_bounded() {
    let list = json!({
        "action": " list ", "category": "\tdoc ", "method": " smartsheet_* ",
        "detail": "names", "raw_schema": "true", "args": "ignored",
    });
    assert_eq!(
        parse(list.as_object().unwrap().clone()).unwrap(),
        Request::List(ListRequest {
            category: "doc".to_owned(),
            filter: Some(Filter::Prefix("smartsheet_".to_owned())),
            detail: Some(Detail::Names),
            raw_schema: true,
        })
    );
    for (arguments, path, rule_name) in [
        (json!({"category": "c"}), "/action", "required"),
        (json!({"action": "run", "category": "c"}), "/action", "enum"),
        (json!({"action": 1, "category": "c"}), "/action", "type"),
        (json!({"action": "list"}), "/category", "required"),
        (
            json!({"action": "list", "category": "  "}),
            "/category",
            "required",
        ),
        (
            json!({"action": "list", "category": ["c"]}),
            "/category",
            "type",
        ),
        (
            json!({"action": "list", "category": "a\nb"}),
            "/category",
            "pattern",
        ),
        (
            json!({"action": "list", "category": "c".repeat(129)}),
            "/category",
            "maxLength",
        ),
        (
            json!({"action": "list", "category": "c", "detail": "all"}),
            "/detail",
            "enum",
        ),
        (
            json!({"action": "list", "category": "c", "raw_schema": 1}),
            "/raw_schema",
            "type",
        ),
        (
            json!({"action": "call", "category": "c"}),
            "/method",
            "required",
        ),
        (
            json!({"action": "call", "category": "c", "method": ""}),
            "/method",
            "required",
        ),
        (
            json!({"action": "call", "category": "c", "method": "m\u{7f}"}),
            "/method",
            "pattern",
        ),
    ] {
        let error = parse(arguments.as_object().unwrap().clone()).unwrap_err();
        let violation = error.violations.first().unwrap();
        assert_eq!(
            (violation.path.as_str(), violation.rule),
            (path, rule_name),
            "{arguments}"
        );
    }
}

#[test]
fn fields_that_the_tool_lacks_are_named() {
    let arguments = json!({"action": "call", "userid": "ceo", "args": {}});
    assert_eq!(
        stray_fields(arguments.as_object().unwrap()).unwrap(),
        "`userid` is not a field of this tool and was ignored; arguments of the method belong \
         into `args`."
    );
    assert_eq!(
        stray_fields(json!({"action": "list"}).as_object().unwrap()),
        None
    );
}
