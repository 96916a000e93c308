use std::collections::BTreeSet;

use super::*;

fn validator(schema: &Value) -> jsonschema::Validator {
    jsonschema::draft202012::new(schema).unwrap()
}

#[test]
fn the_categories_hold_what_the_servers_offer() {
    let counted: Vec<(&str, usize)> = categories()
        .into_iter()
        .map(|category| {
            let served = methods()
                .iter()
                .filter(|method| method.category == category && method.alias.is_none())
                .count();
            (category, served)
        })
        .collect();
    assert_eq!(
        counted,
        [
            ("contact", 1),
            ("todo", 7),
            ("meeting", 5),
            ("msg", 4),
            ("schedule", 8),
            ("doc", 25)
        ]
    );
}

#[test]
fn a_name_means_one_method() {
    let names: BTreeSet<&str> = methods()
        .iter()
        .map(|method| method.name.as_str())
        .collect();
    assert_eq!(names.len(), methods().len());
}

#[test]
fn an_alias_stands_for_a_method_of_its_category() {
    let aliases: Vec<&Method> = methods().iter().filter(|m| m.alias.is_some()).collect();
    assert_eq!(aliases.len(), 2);
    for alias in aliases {
        let stands_for = alias.alias.as_deref().unwrap();
        assert!(
            method(&alias.category, stands_for).is_some(),
            "{stands_for}"
        );
    }
}

#[test]
fn examples_obey_their_schemas() {
    for method in methods() {
        let shapes = [
            (
                &method.input_schema,
                &method.output_schema,
                method.examples.as_slice(),
            ),
            (
                method.agent_input_schema(),
                method.agent_output_schema(),
                method.agent_examples(),
            ),
        ];
        for (input, output, examples) in shapes {
            let (input, output) = (validator(input), validator(output));
            for example in examples {
                let name = &method.name;
                assert!(
                    input.is_valid(&example.request),
                    "{name}: {}",
                    example.request
                );
                assert!(
                    output.is_valid(&example.response),
                    "{name}: {}",
                    example.response
                );
            }
        }
        assert!(!method.examples.is_empty(), "{}", method.name);
    }
}

#[test]
fn counter_examples_are_refused() {
    for method in methods() {
        let input = validator(method.agent_input_schema());
        for example in &method.counter_examples {
            assert!(
                !input.is_valid(&example.request),
                "{}: {} ({})",
                method.name,
                example.request,
                example.why
            );
        }
    }
}

#[test]
fn an_unknown_method_is_repeated_only_if_its_name_reads() {
    for (name, class) in [
        ("get_something", RetryClass::Safe),
        ("contact_get_something", RetryClass::Safe),
        ("disk_search_file", RetryClass::Safe),
        ("send_something", RetryClass::Never),
        ("forget_everything", RetryClass::Never),
        ("get", RetryClass::Never),
    ] {
        assert_eq!(retry_class("disk", name), class, "{name}");
    }
    assert_eq!(retry_class("todo", "create_todo"), RetryClass::VerifyFirst);
    assert_eq!(retry_class("msg", "send_message"), RetryClass::Never);
}
