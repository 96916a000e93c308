//! Where each effective key of an account comes from.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::config::build::{Draft, Shared};
use crate::config::place::Place;
use crate::config::schema::{FieldKind, Node, masked};
use crate::config::sources::{EffectiveKey, Origin};
use crate::ids::AccountId;

/// Every key of every account, in path order.
pub(super) fn of_accounts(
    drafts: &BTreeMap<AccountId, Draft>,
    shared: &Shared<'_>,
    from_environment: &BTreeSet<Place>,
) -> BTreeMap<AccountId, Vec<EffectiveKey>> {
    let Some(node) = Node::account() else {
        return BTreeMap::new();
    };
    drafts
        .iter()
        .map(|(id, draft)| {
            let mut tracer = Tracer {
                draft,
                shared,
                from_environment,
                keys: Vec::new(),
            };
            tracer.members(node, &Place::root());
            let mut keys = tracer.keys;
            keys.sort_by(|a, b| a.path.cmp(&b.path));
            (id.clone(), keys)
        })
        .collect()
}

struct Tracer<'d> {
    draft: &'d Draft,
    shared: &'d Shared<'d>,
    from_environment: &'d BTreeSet<Place>,
    keys: Vec<EffectiveKey>,
}

impl Tracer<'_> {
    fn members(&mut self, node: &Node, place: &Place) {
        for (name, child) in &node.members {
            let here = place.key(name);
            match child.field.kind {
                FieldKind::Object => self.members(child, &here),
                _ => self.leaf(child, &here),
            }
        }
    }

    fn leaf(&mut self, node: &Node, relative: &Place) {
        let Some(value) = relative.find_in(&self.draft.merged) else {
            if let Some(default) = &node.field.default {
                self.keys.push(EffectiveKey {
                    path: relative.to_string(),
                    value: default.clone(),
                    origin: Origin::Default,
                });
            }
            return;
        };
        let own = relative.find_in(&self.draft.own).is_some();
        let place = self.draft.at_place(relative, self.shared);
        // What lies below a place sorts directly behind it.
        let from_environment = self
            .from_environment
            .range(&place..)
            .next()
            .is_some_and(|used| used.below(&place).is_some());
        let origin = match (from_environment, own && self.shared.multi) {
            (true, _) => Origin::Env,
            (false, true) => Origin::Account,
            (false, false) => Origin::Top,
        };
        let unresolved = node.field.reference && value.is_object();
        self.keys.push(EffectiveKey {
            path: relative.to_string(),
            value: match value {
                _ if unresolved => Value::Null,
                Value::Array(entries) if node.field.kind == FieldKind::TextList => entries
                    .iter()
                    .filter(|entry| entry.as_str() != Some(""))
                    .cloned()
                    .collect(),
                value => masked(value, Some(node)),
            },
            origin,
        });
    }
}
