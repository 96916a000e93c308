//! JSON schemas that every model vendor takes.
//!
//! Gemini's API answers 400 to a function declaration, and to a tool's result, that holds a
//! schema keyword it does not know. So what agents read is put into the subset it knows:
//! `type`, `title`, `description`, `default`, `nullable`, `enum`, `properties`, `required`,
//! `items` and the combinators. What else a schema says becomes words at the end of the
//! description, as far as words can say it.

mod combine;
mod node;
mod reference;
mod shorten;
mod words;

#[cfg(test)]
mod tests;

use serde_json::Value;

/// How often a result is looked at again for something that a merge made simpler. Two do
/// for every schema seen; the bound makes it certain that it ends.
const MAX_PASSES: usize = 8;

/// The schema in the subset that Gemini knows, for agents to read; never for validation.
///
/// References are resolved inside the schema only; nothing is ever fetched. Parts that lie
/// deeper than 32 levels, come after 2,000 schemas or would make the whole larger than
/// 128 KiB are shortened to an object with a note. It takes any JSON, and cleaning twice
/// changes nothing more.
pub fn clean(schema: &Value) -> Value {
    let mut cleaned = pass(schema);
    for _ in 0..MAX_PASSES {
        let again = pass(&cleaned);
        if again == cleaned {
            return cleaned;
        }
        cleaned = again;
    }
    shorten::note()
}

fn pass(schema: &Value) -> Value {
    shorten::to_size(node::Cleaner::of(schema).root())
}
