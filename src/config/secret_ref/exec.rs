//! Secrets from a program.
//!
//! The program and its arguments are the provider's, never the reference's; no shell is
//! involved. It gets one JSON request on standard input (`{"protocolVersion":1,
//! "provider":…,"ids":[…]}`, as OpenClaw's providers do) and answers on standard output:
//! with `{"values":{"<id>":"…"}}`, or with the bare value.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long the program may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Longest answer, in bytes.
const MAX_OUTPUT: u64 = 64 * 1024;

/// Pause between looks at a program that closed its output but still runs.
const EXIT_POLL: Duration = Duration::from_millis(5);

/// A program that gives no secret. Never holds anything of its output.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ExecError {
    #[error("the program {} cannot be started: {}", .0.display(), .1)]
    Start(PathBuf, String),
    #[error("the program {} is not an absolute path", .0.display())]
    Relative(PathBuf),
    #[error("the program {} did not end within 10 s", .0.display())]
    Timeout(PathBuf),
    #[error("the program {} failed: {}", .0.display(), .1)]
    Failed(PathBuf, String),
    #[error("the program {} printed more than 64 KiB", .0.display())]
    TooLong(PathBuf),
    #[error("the program {} printed no text for `{}`", .0.display(), .1)]
    NoValue(PathBuf, String),
}

/// Runs the program of a provider for one id.
pub(super) fn ask(
    command: &Path,
    arguments: &[String],
    provider: &str,
    id: &str,
) -> Result<String, ExecError> {
    if !command.is_absolute() {
        return Err(ExecError::Relative(command.to_path_buf()));
    }
    let mut child = Command::new(command)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| ExecError::Start(command.to_path_buf(), error.to_string()))?;
    let request = json!({ "protocolVersion": 1, "provider": provider, "ids": [id] });
    let output = converse(&mut child, request.to_string(), command);
    if output.is_err() {
        // It may have ended by itself meanwhile; either way it is gone afterwards.
        let _ = child.kill();
        let _ = child.wait();
    }
    let output = output?;
    let text = String::from_utf8(output)
        .map_err(|_| ExecError::NoValue(command.to_path_buf(), id.to_owned()))?;
    value_of(&text, id).ok_or_else(|| ExecError::NoValue(command.to_path_buf(), id.to_owned()))
}

fn converse(child: &mut Child, request: String, command: &Path) -> Result<Vec<u8>, ExecError> {
    let deadline = Instant::now() + TIMEOUT;
    let (mut input, output) = (child.stdin.take(), child.stdout.take());
    let (sender, answer) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        if let Some(input) = &mut input {
            // A program that does not read its request may still answer.
            let _ = input.write_all(request.as_bytes());
        }
        drop(input);
        let mut bytes = Vec::new();
        let read = output.map(|output| output.take(MAX_OUTPUT + 1).read_to_end(&mut bytes));
        // Nobody listens any more after the deadline.
        let _ = sender.send(read.and_then(Result::ok).map(|_| bytes));
    });
    let timeout = || ExecError::Timeout(command.to_path_buf());
    let bytes = answer
        .recv_timeout(TIMEOUT)
        .map_err(|_| timeout())?
        .unwrap_or_default();
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_OUTPUT) {
        return Err(ExecError::TooLong(command.to_path_buf()));
    }
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(bytes),
            Ok(Some(status)) => {
                return Err(ExecError::Failed(command.to_path_buf(), status.to_string()));
            }
            Ok(None) if Instant::now() < deadline => std::thread::sleep(EXIT_POLL),
            Ok(None) => return Err(timeout()),
            Err(error) => {
                return Err(ExecError::Failed(command.to_path_buf(), error.to_string()));
            }
        }
    }
}

/// The value of `id` in an answer.
fn value_of(answer: &str, id: &str) -> Option<String> {
    if let Ok(Value::Object(members)) = serde_json::from_str::<Value>(answer) {
        return match members.get("values")?.get(id)? {
            Value::String(text) => Some(text.clone()),
            _ => None,
        };
    }
    let text = answer.strip_suffix('\n').unwrap_or(answer);
    let text = text.strip_suffix('\r').unwrap_or(text);
    (!text.is_empty()).then(|| text.to_owned())
}
