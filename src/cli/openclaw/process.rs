//! OpenClaw's own commands, run with limits and without a shell.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

/// Every command of OpenClaw starts Node and loads the whole program: 4 to 30 s.
pub(super) const LIMIT: Duration = Duration::from_mins(2);

/// Most bytes of a command's output that are read; an inspection has some ten thousand.
const MAX_OUTPUT: u64 = 4 * 1024 * 1024;

/// What a command printed.
#[derive(Debug)]
pub(super) struct Printed {
    /// Standard output.
    pub(super) out: String,
    /// Standard error.
    pub(super) err: String,
}

/// A command did not run to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    #[error("cannot run {program}: {source}")]
    Start { program: String, source: io::Error },
    #[error("{program} did not end within {} s", limit.as_secs())]
    TimedOut { program: String, limit: Duration },
}

impl Printed {
    /// The object that it printed. Programs print remarks before and after it.
    pub(super) fn object(&self) -> Option<Value> {
        let starts = std::iter::once(0).chain(self.out.match_indices('\n').map(|(at, _)| at + 1));
        let objects = starts.filter_map(|at| {
            let text = self.out.get(at..).filter(|text| text.starts_with('{'))?;
            let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
            values.next()?.ok()
        });
        objects.into_iter().next()
    }

    /// The last line that says something, for a message.
    pub(super) fn complaint(&self) -> &str {
        let mut lines = self.err.lines().chain(self.out.lines());
        let said = lines.rfind(|line| line.contains("Reason:") || line.contains("rror"));
        said.unwrap_or("it said nothing").trim()
    }
}

/// Runs a program to its end. Dropping the future ends it.
pub(super) async fn run(
    program: &Path,
    arguments: &[&str],
    limit: Duration,
) -> Result<Printed, RunError> {
    let name = program.display().to_string();
    let failed = |source| RunError::Start {
        program: name.clone(),
        source,
    };
    let mut child = Command::new(program)
        .args(arguments)
        .env("NO_COLOR", "1")
        .env("OPENCLAW_NO_AUTO_UPDATE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let work = async { tokio::join!(text_of(out), text_of(err), child.wait()) };
    match tokio::time::timeout(limit, work).await {
        // How it ended is in what it printed: a refusal is an object too.
        Ok((out, err, _)) => Ok(Printed { out, err }),
        Err(_) => Err(RunError::TimedOut {
            program: name,
            limit,
        }),
    }
}

/// Up to the limit; the rest is read and forgotten, so that the program can end.
async fn text_of(pipe: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut pipe) = pipe else {
        return String::new();
    };
    let mut bytes = Vec::new();
    // What was read before an error is all there is.
    (&mut pipe)
        .take(MAX_OUTPUT)
        .read_to_end(&mut bytes)
        .await
        .ok();
    tokio::io::copy(&mut pipe, &mut tokio::io::sink())
        .await
        .ok();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_object_is_found_among_remarks() {
        let printed = |out: &str| Printed {
            out: out.to_owned(),
            err: String::new(),
        };
        let with_remarks = "write failed: {busy}\n{\n  \"a\": 1\n}\nbye\n";
        assert_eq!(printed(with_remarks).object(), Some(json!({"a": 1})));
        assert_eq!(printed("{\"a\": 1}").object(), Some(json!({"a": 1})));
        assert_eq!(printed("nothing\n").object(), None);
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_ended() {
        let limit = Duration::from_millis(50);
        let hangs = run(Path::new("sleep"), &["60"], limit).await;
        assert!(matches!(hangs, Err(RunError::TimedOut { .. })));
    }
}
