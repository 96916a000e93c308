//! The schema of the file: one struct a section, with defaults and limits. The published
//! JSON schema, the checks of values and the masking of secrets are all made from it.

pub(crate) mod agent_app;
pub(crate) mod channel;
pub(crate) mod cron;
mod field;
mod mask;
pub(crate) mod mcp;
mod node;
pub(crate) mod sections;
pub(crate) mod value;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::Value;

pub use field::{Field, FieldKind, ReloadClass};
pub use mask::{MASK, is_mask, mask, mask_at};
pub(crate) use mask::{is_reference_text, is_variable_name, masked};
pub(crate) use node::{Node, Reading};

use sections::FileKeys;

/// The JSON schema of the whole file (draft 2020-12). Unknown keys are allowed, so that a
/// newer key never stops an editor or a host program; `x-secret` and `x-reload` say what
/// is masked and what a change takes.
pub fn json_schema() -> Value {
    generate(false)
}

/// The schema of `channels.wecom` by itself, without references, for a host program that
/// checks the section: keywords of our own are left out, unknown keys are allowed.
pub fn channel_schema() -> Value {
    let mut schema = generate(true)
        .pointer_mut("/properties/channels/properties/wecom")
        .map(Value::take)
        .unwrap_or_default();
    plain(&mut schema);
    schema
}

/// Takes our own keywords out, and the descriptions, which a host has no place for.
fn plain(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.retain(|key, value| {
                !(key.starts_with("x-") || (key == "description" && value.is_string()))
            });
            members.values_mut().for_each(plain);
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
}

/// What is known about the key at `path`; `None` for an unknown key. Keys that the user
/// chooses (account ids, group ids) and list positions match by their place.
pub fn field_at(path: &[&str]) -> Option<Field> {
    Node::file().at(path).map(|node| node.field.clone())
}

/// With `inline` nothing is referred to, which is what [`Node`] is built from.
fn generate(inline: bool) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = inline;
        settings
            .transforms
            .push(Box::new(RecursiveTransform(node::without_null)));
    });
    let schema = settings.into_generator().into_root_schema_for::<FileKeys>();
    // Serializing puts the keywords into their usual order.
    serde_json::to_value(&schema).unwrap_or_else(|_| schema.to_value())
}
