use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;

/// Each schema becomes the one beside it.
fn becomes(cases: impl IntoIterator<Item = (Value, Value)>) {
    for (before, after) in cases {
        assert_eq!(clean(&before), after, "{before}");
    }
}

#[test]
fn keywords_that_nobody_knows_are_dropped() {
    becomes([
        (
            json!({"type": "object", "properties": {"format": {"type": "string"}}}),
            json!({"type": "object", "properties": {"format": {"type": "string"}}}),
        ),
        (
            json!({"$schema": "x", "$id": "y", "$anchor": "a", "$comment": "c", "examples": [1],
                   "additionalProperties": false, "patternProperties": {}, "readOnly": true,
                   "dependentRequired": {"a": ["b"]}, "x-own": 1, "type": "object"}),
            json!({"type": "object"}),
        ),
        (json!({"not": {"pattern": "^a"}}), json!({})),
        (
            json!({"if": {"const": 1}, "then": {"minimum": 1}, "else": false,
                   "contains": {}, "propertyNames": {"pattern": "x"}}),
            json!({}),
        ),
    ]);
}

#[test]
fn bounds_become_words() {
    becomes([
        (
            json!({"type": "integer", "minimum": 1, "maximum": 100}),
            json!({"type": "integer", "description": "(min 1, max 100)"}),
        ),
        (
            json!({"type": "string", "minLength": 1, "format": "date", "description": "Day"}),
            json!({"type": "string", "description": "Day (min length 1, format date)"}),
        ),
        (
            json!({"type": "string", "pattern": "^林$"}),
            json!({"type": "string"}),
        ),
    ]);
}

#[test]
fn values_are_texts_or_words() {
    becomes([
        (json!({"const": "a"}), json!({"enum": ["a"]})),
        (
            json!({"type": "integer", "enum": [3, 10]}),
            json!({"type": "integer", "description": "(one of 3, 10)"}),
        ),
        (
            json!({"type": "integer", "const": 2, "description": "Form"}),
            json!({"type": "integer", "description": "Form (one of 2)"}),
        ),
        (
            json!({"type": "string", "enum": ["a", 1, true, "a", ""]}),
            json!({"type": "string", "enum": ["a", "1", "true"], "description": "(or empty)"}),
        ),
        (
            json!({"enum": ["a", null]}),
            json!({"enum": ["a"], "nullable": true}),
        ),
    ]);
}

#[test]
fn references_are_resolved_inside_the_schema() {
    becomes([
        (
            json!({"$defs": {"P": {"type": "string", "minLength": 1}},
                   "properties": {"p": {"$ref": "#/$defs/P", "description": "who"}}}),
            json!({"properties": {"p": {"type": "string", "description": "who (min length 1)"}}}),
        ),
        (
            json!({"properties": {"a": {"items": {"type": "integer"}},
                                  "b": {"$ref": "#/properties/a/items"},
                                  "c": {"$ref": "#/definitions/x~1y"},
                                  "d": {"$ref": "#/definitions/x%7E1y"}},
                   "definitions": {"x/y": {"type": "boolean"}}}),
            json!({"properties": {"a": {"items": {"type": "integer"}},
                                  "b": {"type": "integer"},
                                  "c": {"type": "boolean"},
                                  "d": {"type": "boolean"}}}),
        ),
        (
            json!({"properties": {"n": {"$ref": "#/$defs/N"}},
                   "$defs": {"N": {"type": "object",
                                   "properties": {"next": {"$ref": "#/$defs/N"}}}}}),
            json!({"properties": {"n": {"type": "object", "properties": {"next": {}}}}}),
        ),
        (
            json!({"properties": {"self": {"$ref": "#", "description": "again"}}}),
            json!({"properties": {"self": {"description": "again"}}}),
        ),
        (
            json!({"$ref": "https://example.com/s.json", "description": "far"}),
            json!({"description": "far"}),
        ),
    ]);
}

#[test]
fn no_value_is_a_mark() {
    becomes([
        (
            json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
            json!({"type": "string", "nullable": true}),
        ),
        (
            json!({"description": "outer",
                   "anyOf": [{"type": "string", "description": "inner"}, {"type": "null"}]}),
            json!({"description": "outer", "type": "string", "nullable": true}),
        ),
        (
            json!({"anyOf": [{"type": "integer", "maximum": 9}, {"type": "null"}],
                   "description": "outer"}),
            json!({"description": "outer (max 9)", "type": "integer", "nullable": true}),
        ),
        (
            json!({"anyOf": [{"type": "null"}]}),
            json!({"nullable": true}),
        ),
        (json!({"type": "null"}), json!({"nullable": true})),
    ]);
}

#[test]
fn several_types_are_variants() {
    becomes([
        (
            json!({"type": ["string", "null"]}),
            json!({"type": "string", "nullable": true}),
        ),
        (
            json!({"type": ["string", "integer"]}),
            json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ),
        (
            json!({"type": ["object", "string"], "properties": {"a": {}}, "required": ["a"]}),
            json!({"anyOf": [{"type": "object", "properties": {"a": {}}, "required": ["a"]},
                             {"type": "string"}]}),
        ),
    ]);
}

#[test]
fn parts_that_agree_are_one() {
    becomes([
        (
            json!({"allOf": [{"properties": {"a": {"type": "string"}}}, {"required": ["a"]}]}),
            json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}),
        ),
        (
            json!({"allOf": [{"type": "string", "maxLength": 3}, {"type": "integer"}]}),
            json!({"allOf": [{"type": "string", "description": "(max length 3)"},
                             {"type": "integer"}]}),
        ),
        (
            json!({"properties": {"docid": {}, "url": {}},
                   "anyOf": [{"required": ["docid"]}, {"required": ["url"]}]}),
            json!({"properties": {"docid": {}, "url": {}},
                   "description": "(docid or url required)"}),
        ),
        (json!({"oneOf": []}), json!({})),
        (json!({"oneOf": [true, {}]}), json!({})),
    ]);
}

#[test]
fn members_and_items_are_schemas() {
    becomes([
        (
            json!({"properties": {"yes": true, "no": false},
                   "required": ["yes", "no", "other", "yes"]}),
            json!({"properties": {"yes": {}}, "required": ["yes"]}),
        ),
        (
            json!({"items": [{"minimum": 0, "type": "number"}]}),
            json!({"items": {"type": "number", "description": "(min 0)"}}),
        ),
        (
            json!({"items": [{"type": "number"}, {"type": "string"}]}),
            json!({"items": {"anyOf": [{"type": "number"}, {"type": "string"}]}}),
        ),
    ]);
}

#[test]
fn what_is_no_schema_says_nothing() {
    becomes([
        (json!(true), json!({})),
        (json!(false), json!({})),
        (json!("text"), json!({})),
        (
            json!({"type": "any", "properties": 3, "required": "a", "description": 1}),
            json!({}),
        ),
    ]);
}

#[test]
fn the_order_of_members_is_kept() {
    let schema = json!({"required": ["b"], "properties": {"b": {"type": "string"}, "a": {}},
                        "description": "d", "type": "object"});
    assert_eq!(clean(&schema).to_string(), schema.to_string());
}

#[test]
fn every_schema_of_the_catalogue_keeps_its_members() {
    for method in crate::catalogue::methods() {
        let cleaned = clean(&method.input_schema);
        let members = |schema: &Value| -> Vec<String> {
            let properties = schema.get("properties").and_then(Value::as_object);
            properties.map_or_else(Vec::new, |known| known.keys().cloned().collect())
        };
        assert_eq!(
            members(&cleaned),
            members(&method.input_schema),
            "{}",
            method.name
        );
        assert_subset(&cleaned);
    }
}

#[test]
fn too_much_is_shortened() {
    let deep = (0..100).fold(json!({}), |inner, _| json!({"properties": {"p": inner}}));
    let mut place = &clean(&deep);
    let mut levels = 0;
    while let Some(inner) = place.pointer("/properties/p") {
        place = inner;
        levels += 1;
    }
    assert_eq!((levels, place), (33, &shorten::note()));

    // Each definition uses the next one twice: 2^40 schemas if it were expanded.
    let mut definitions = Map::new();
    for number in 0..40 {
        let next = json!({"$ref": format!("#/$defs/d{}", number + 1)});
        definitions.insert(
            format!("d{number}"),
            json!({"properties": {"a": next, "b": next}}),
        );
    }
    let bomb = json!({"$ref": "#/$defs/d0", "$defs": definitions});
    assert!(clean(&bomb).to_string().len() <= 128 * 1024);

    let wide: Map<String, Value> = (0..5_000)
        .map(|number| (format!("p{number}"), json!({"description": "x".repeat(50)})))
        .collect();
    assert_eq!(clean(&json!({"properties": wide})), shorten::note());
}

/// Fails on a keyword outside the subset.
fn assert_subset(schema: &Value) {
    const KNOWN: [&str; 12] = [
        "type",
        "title",
        "description",
        "default",
        "nullable",
        "enum",
        "properties",
        "required",
        "items",
        "anyOf",
        "oneOf",
        "allOf",
    ];
    let members = schema.as_object().expect("a schema is an object");
    for (keyword, value) in members {
        assert!(KNOWN.contains(&keyword.as_str()), "{keyword} in {schema}");
        match keyword.as_str() {
            "properties" => value.as_object().unwrap().values().for_each(assert_subset),
            "items" => assert_subset(value),
            "anyOf" | "oneOf" | "allOf" => value.as_array().unwrap().iter().for_each(assert_subset),
            "type" => assert!(value.is_string() && value != "null", "{schema}"),
            _ => {}
        }
    }
}

/// Any JSON whose objects mostly hold keywords of schemas.
fn schemas() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop::sample::select(vec![
            "string",
            "integer",
            "number",
            "object",
            "array",
            "null",
            "a",
            "b",
            "",
            "#/$defs/a",
            "#/properties/b",
            "#",
            "#/items",
            "https://example.com/x",
        ])
        .prop_map(Value::from),
    ];
    let keyword = prop::sample::select(vec![
        "type",
        "properties",
        "items",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "$defs",
        "enum",
        "const",
        "required",
        "nullable",
        "description",
        "default",
        "minimum",
        "pattern",
        "not",
        "a",
        "b",
    ]);
    leaf.prop_recursive(6, 64, 5, move |inner| {
        let keyword = keyword.clone();
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((keyword, inner), 0..5).prop_map(|members| {
                Value::Object(
                    members
                        .into_iter()
                        .map(|(k, v)| (k.to_owned(), v))
                        .collect(),
                )
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_json_becomes_a_bounded_schema_in_the_subset(schema in schemas()) {
        let cleaned = clean(&schema);
        assert_subset(&cleaned);
        prop_assert!(cleaned.to_string().len() <= 128 * 1024);
        prop_assert_eq!(clean(&cleaned), cleaned);
    }
}
