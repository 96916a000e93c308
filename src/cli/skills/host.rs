//! Where hosts of agents look for skills.

use std::path::PathBuf;

use clap::ValueEnum;

use super::Session;

/// A host of agents that reads skills from a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Host {
    /// Claude Code
    ClaudeCode,
    /// OpenClaw
    Openclaw,
    /// Codex, and others that read the shared .agents directory
    Codex,
    /// Gemini CLI
    Gemini,
}

impl Host {
    /// Its directory: in the working directory for `project`, else in the user's home.
    pub(super) fn directory(self, project: bool, session: &Session<'_>) -> anyhow::Result<PathBuf> {
        if project {
            let inside = match self {
                Self::ClaudeCode => ".claude/skills",
                Self::Openclaw => "skills",
                Self::Codex => ".agents/skills",
                Self::Gemini => ".gemini/skills",
            };
            return Ok(session.project.join(inside));
        }
        let Some(home) = session.environment.home_dir() else {
            anyhow::bail!("there is no home directory: name the folder with --to");
        };
        let state = session.environment.variable("OPENCLAW_STATE_DIR");
        Ok(match (self, state) {
            (Self::ClaudeCode, _) => home.join(".claude/skills"),
            (Self::Openclaw, Some(state)) => session.environment.expand_tilde(state).join("skills"),
            (Self::Openclaw, None) => home.join(".openclaw/skills"),
            (Self::Codex, _) => home.join(".agents/skills"),
            (Self::Gemini, _) => home.join(".gemini/skills"),
        })
    }
}
