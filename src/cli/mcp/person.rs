//! The person at the terminal.

use std::io::{BufRead, IsTerminal, Write};

use async_trait::async_trait;

use crate::mcp::tool::{Confirm, Confirmed, Question};

/// Asks at the terminal; a script has nobody to ask.
#[derive(Debug, Clone, Copy)]
pub(super) struct AtTerminal;

#[async_trait]
impl Confirm for AtTerminal {
    async fn ask(&self, question: Question) -> Confirmed {
        if !std::io::stdin().is_terminal() {
            return Confirmed::Unavailable;
        }
        let asking = tokio::task::spawn_blocking(move || {
            let mut err = std::io::stderr().lock();
            write!(err, "{} [y/N] ", question.text())?;
            err.flush()?;
            let mut answer = String::new();
            std::io::stdin().lock().read_line(&mut answer)?;
            Ok::<_, std::io::Error>(answer)
        });
        match asking.await {
            Ok(Ok(answer)) if is_yes(&answer) => Confirmed::Yes,
            Ok(Ok(_)) => Confirmed::No,
            Ok(Err(_)) | Err(_) => Confirmed::Unavailable,
        }
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}
