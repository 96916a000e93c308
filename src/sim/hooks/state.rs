//! What is known of callbacks: the journal, and what is to go wrong.

use std::collections::BTreeMap;

use tokio::sync::watch;

use super::fault::{Faults, HookFault, HookFaultKind};
use super::journal::{HookAttempt, HookCall};
use super::owner::HookOwner;
use crate::sim::record::Recent;

/// The journal, and what is to go wrong.
#[derive(Debug)]
pub(in crate::sim) struct Hooks {
    calls: Recent<HookCall>,
    calls_total: u64,
    faults: BTreeMap<HookOwner, Faults>,
    changes: watch::Sender<u64>,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            calls: Recent::new(CALLS_MAX, KEPT_BYTES),
            calls_total: 0,
            faults: BTreeMap::new(),
            changes: watch::Sender::new(0),
        }
    }
}

impl Hooks {
    /// Notes a callback; its number is for the others.
    pub(super) fn begin(&mut self, mut call: HookCall) -> u64 {
        self.calls_total += 1;
        call.seq = self.calls_total;
        self.calls.push(CALL_WEIGHT + call.plain.len(), call);
        self.changed();
        self.calls_total
    }

    /// Notes that it was sent.
    pub(super) fn attempted(&mut self, seq: u64, attempt: HookAttempt) {
        self.edit(seq, |call| call.attempts.push(attempt));
    }

    /// Notes how it ended.
    pub(super) fn end(&mut self, seq: u64, answer: Option<String>, problem: Option<String>) {
        self.edit(seq, |call| {
            call.answer = answer.map(|answer| cut(answer, ANSWER_MAX));
            call.problem = problem;
            call.done = true;
        });
    }

    /// The last callbacks, oldest first.
    pub(super) fn calls(&self) -> &Recent<HookCall> {
        &self.calls
    }

    /// The callback with a number.
    pub(super) fn call(&self, seq: u64) -> Option<&HookCall> {
        self.calls.iter().rev().find(|call| call.seq == seq)
    }

    /// Lets something go wrong; says whether there is room.
    pub(super) fn fault(&mut self, owner: HookOwner, fault: HookFault) -> bool {
        self.faults.entry(owner).or_default().add(fault)
    }

    /// What stands for an owner.
    pub(super) fn faults(&self, owner: &HookOwner) -> Vec<HookFault> {
        let faults = self.faults.get(owner);
        faults.map_or_else(Vec::new, |faults| faults.standing().to_vec())
    }

    /// Takes what is to happen to a callback.
    pub(super) fn take(&mut self, owner: &HookOwner, kind: &str) -> Vec<HookFaultKind> {
        let faults = self.faults.get_mut(owner);
        faults.map_or_else(Vec::new, |faults| faults.take(kind))
    }

    /// Ends what stands for an owner.
    pub(super) fn clear_faults(&mut self, owner: &HookOwner) {
        self.faults.remove(owner);
    }

    /// Tells of every change.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn edit(&mut self, seq: u64, edit: impl FnOnce(&mut HookCall)) {
        if let Some(call) = self.calls.iter_mut().rev().find(|call| call.seq == seq) {
            edit(call);
        }
        self.changed();
    }

    fn changed(&self) {
        self.changes.send_modify(|n| *n += 1);
    }
}

fn cut(mut text: String, max: usize) -> String {
    text.truncate(text.floor_char_boundary(max));
    text
}

/// Callbacks that are kept.
const CALLS_MAX: usize = 10_000;
/// Bytes of them, about.
const KEPT_BYTES: usize = 64 * 1_024 * 1_024;
/// What a callback weighs besides its text: its answer is short, or cut.
const CALL_WEIGHT: usize = 1_024;
/// Bytes of an answer that are kept: a whole stream, but not its pictures.
const ANSWER_MAX: usize = 64 * 1_024;
