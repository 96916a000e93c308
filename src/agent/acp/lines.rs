//! Lines that a program writes, of bounded length.

use std::io;

use futures_util::stream::{self, Stream};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use crate::config::AcpBackend;

/// Longest message. A picture in an answer is some megabytes of base64.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// Longest line of the program's log that is kept; the rest of it is cut off.
const MAX_LOG_LINE: usize = 2 * 1024;

/// Shortest value of a variable that is looked for in the log: shorter ones are words.
const MIN_MASKED: usize = 6;

/// What the tokens of our MCP server begin with, and the characters after that.
const TOKEN_PREFIX: &str = "wmt_";

/// Reads lines and keeps at most so many bytes of each.
struct Lines<R> {
    reader: BufReader<R>,
    limit: usize,
    line: Vec<u8>,
    is_cut: bool,
}

/// The messages that a program writes. What is no message at all is passed over: programs
/// greet, and print warnings where they must not.
pub(super) fn messages(
    output: impl AsyncRead + Send + Unpin + 'static,
) -> impl Stream<Item = io::Result<String>> + Send + 'static {
    stream::unfold(Lines::new(output, MAX_MESSAGE), |mut lines| async move {
        loop {
            let (line, is_cut) = match lines.next().await {
                Ok(Some(line)) => line,
                Ok(None) => return None,
                Err(error) => return Some((Err(error), lines)),
            };
            if is_cut {
                tracing::warn!(
                    limit_bytes = MAX_MESSAGE,
                    "a message of the program is too long"
                );
                continue;
            }
            match String::from_utf8(line) {
                Ok(line) if line.trim_start().starts_with('{') => return Some((Ok(line), lines)),
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => tracing::debug!(size_bytes = line.len(), "no message; passed over"),
                Err(_) => tracing::debug!("a line is not UTF-8; passed over"),
            }
        }
    })
}

/// Writes what the program says about itself to the log, until it says no more.
pub(super) async fn log(errors: impl AsyncRead + Unpin, settings: &AcpBackend) {
    let mut lines = Lines::new(errors, MAX_LOG_LINE);
    while let Ok(Some((line, is_cut))) = lines.next().await {
        let line = masked(&String::from_utf8_lossy(&line), settings);
        tracing::debug!(program = %settings.command, is_cut, "{line}");
    }
}

/// The line without the values that the configuration keeps, and without tokens of ours.
fn masked(line: &str, settings: &AcpBackend) -> String {
    let values = settings.env.values().map(crate::secret::Secret::reveal);
    let mut line = values
        .filter(|value| value.len() >= MIN_MASKED)
        .fold(line.to_owned(), |line, value| line.replace(value, "***"));
    while let Some(start) = line.find(TOKEN_PREFIX) {
        let is_of_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let end = line
            .char_indices()
            .skip_while(|(at, _)| *at < start)
            .find(|(_, c)| !is_of_token(*c))
            .map_or(line.len(), |(at, _)| at);
        line.replace_range(start..end, "***");
    }
    line
}

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new(reader: R, limit: usize) -> Self {
        Self {
            reader: BufReader::new(reader),
            limit,
            line: Vec::new(),
            is_cut: false,
        }
    }

    /// The next line without its end, and whether something of it was cut off. `None` at the
    /// end. Cancel safe: what was read so far stays.
    async fn next(&mut self) -> io::Result<Option<(Vec<u8>, bool)>> {
        loop {
            let read = self.reader.fill_buf().await?;
            let is_end = read.is_empty();
            if is_end && self.line.is_empty() && !self.is_cut {
                return Ok(None);
            }
            let newline = read.iter().position(|byte| *byte == b'\n');
            let piece = read
                .get(..newline.unwrap_or(read.len()))
                .unwrap_or_default();
            let room = self.limit.saturating_sub(self.line.len());
            self.line.extend(piece.iter().take(room));
            self.is_cut |= piece.len() > room;
            let used = newline.map_or(read.len(), |at| at + 1);
            self.reader.consume(used);
            if is_end || newline.is_some() {
                let is_cut = std::mem::take(&mut self.is_cut);
                return Ok(Some((std::mem::take(&mut self.line), is_cut)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use futures_util::StreamExt;

    use super::*;
    use crate::agent::acp::tests::settings;
    use crate::secret::Secret;

    #[tokio::test]
    async fn lines_are_bounded_and_none_is_lost() {
        let text: &[u8] = b"one\n\ntwo and more\nlast";
        let mut lines = Lines::new(text, 5);
        let mut found = Vec::new();
        while let Some((line, is_cut)) = lines.next().await.unwrap() {
            found.push((String::from_utf8(line).unwrap(), is_cut));
        }
        let expected = [
            ("one", false),
            ("", false),
            ("two a", true),
            ("last", false),
        ];
        assert_eq!(found, expected.map(|(line, cut)| (line.to_owned(), cut)));
    }

    #[tokio::test]
    async fn what_is_no_message_is_passed_over() {
        let text: &[u8] = b"Welcome!\n{\"a\":1}\n\xff\xfe\n  \n [1]\n {\"b\":2}";
        let found: Vec<_> = messages(text).map(Result::unwrap).collect().await;
        assert_eq!(found, ["{\"a\":1}", " {\"b\":2}"]);
    }

    #[test]
    fn secrets_do_not_reach_the_log() {
        let settings = AcpBackend {
            env: BTreeMap::from([("KEY".to_owned(), Secret::new("sk-canary"))]),
            ..settings("agent")
        };
        assert_eq!(
            masked("key sk-canary, token wmt_aB-_9. wmt_", &settings),
            "key ***, token ***. ***"
        );
    }
}
