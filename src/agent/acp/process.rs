//! The program as a child process, with a process group of its own.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use crate::config::AcpBackend;

/// Time to end by itself once its input is closed.
const AFTER_INPUT: Duration = Duration::from_secs(2);

/// Time to end once it was told to.
const AFTER_TERM: Duration = Duration::from_secs(3);

/// A running program. Dropping it kills the program and whatever it started.
#[derive(Debug)]
pub(super) struct Program {
    child: Child,
    group: Group,
}

/// Its standard streams.
#[derive(Debug)]
pub(super) struct Pipes {
    pub(super) input: ChildStdin,
    pub(super) output: ChildStdout,
    pub(super) errors: ChildStderr,
}

/// The processes that the program started, and itself.
#[derive(Debug)]
struct Group(Option<Pid>);

impl Program {
    /// Starts it in `directory`, with the configured environment and nothing else.
    ///
    /// # Errors
    /// There is no such program, or the system does not start it.
    pub(super) fn start(settings: &AcpBackend, directory: &Path) -> io::Result<(Self, Pipes)> {
        let own = settings.env.iter();
        let mut child = Command::new(&settings.command)
            .args(&settings.args)
            .env_clear()
            .envs(&settings.surroundings)
            .envs(own.map(|(name, value)| (name, value.reveal())))
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let pid = child.id().and_then(|id| i32::try_from(id).ok());
        let group = Group(pid.and_then(Pid::from_raw));
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(io::Error::other("the program has no standard streams"));
        };
        let pipes = Pipes {
            input,
            output,
            errors,
        };
        Ok((Self { child, group }, pipes))
    }

    /// Ends it: waits a little, since its input is closed by now, then tells it to end, then
    /// kills it; whatever it started goes with it. Returns how it ended, for the log.
    pub(super) async fn end(mut self) -> String {
        let mut ended = self.ended_within(AFTER_INPUT).await;
        if ended.is_none() {
            self.group.signal(Signal::TERM);
            ended = self.ended_within(AFTER_TERM).await;
        }
        self.group.signal(Signal::KILL);
        let status = match ended {
            Some(status) => status,
            None => self.child.wait().await,
        };
        self.group.0 = None;
        status.map_or_else(|error| error.to_string(), |status| status.to_string())
    }

    async fn ended_within(
        &mut self,
        limit: Duration,
    ) -> Option<io::Result<std::process::ExitStatus>> {
        tokio::time::timeout(limit, self.child.wait()).await.ok()
    }
}

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // An error says that nobody is left.
            kill_process_group(group, signal).ok();
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}
