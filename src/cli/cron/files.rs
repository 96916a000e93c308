//! `wecom cron import` and `export`: job files, and the history beside them.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;

use super::reach::Jobs;
use super::{json_line, print};
use crate::cron::history::{HistoryReport, MAX_LINE_BYTES};
use crate::cron::normalise::MAX_FILE_BYTES;
use crate::cron::service::{HISTORY_LINES, MAX_LISTED, RunsRequest};

/// The file of states beside a job file.
const STATES: &str = "jobs-state.json";

/// The folder with the history, beside a job file.
const RUNS: &str = "runs";

/// Options of `wecom cron import`.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// A job file, or the folder with jobs.json
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// The jobs alone, not the history
    #[arg(long)]
    no_history: bool,
    /// The output is JSON anyway
    #[arg(long, hide = true)]
    json: bool,
}

/// Options of `wecom cron export`.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// A file, or a folder that gets jobs.json and runs/ [default: standard output]
    #[arg(value_name = "FILE")]
    pub(super) path: Option<PathBuf>,
}

pub(super) async fn import(args: &ImportArgs, jobs: &Jobs) -> anyhow::Result<ExitCode> {
    let file = if args.path.is_dir() {
        args.path.join("jobs.json")
    } else {
        args.path.clone()
    };
    let text = limited(&file)?.with_context(|| format!("there is no file {}", file.display()))?;
    let states = limited(&file.with_file_name(STATES))?;
    let imported = jobs
        .service()
        .import(&text, states.as_deref())
        .await
        .with_context(|| format!("cannot take over {}", file.display()))?;
    let history = if args.no_history {
        HistoryReport::default()
    } else {
        history(&file.with_file_name(RUNS), jobs).await?
    };
    json_line(&json!({
        "ok": true,
        "added": imported.added,
        "changed": imported.changed,
        "unchanged": imported.unchanged,
        "removed": imported.removed,
        "quarantined": imported.quarantined,
        "refused": imported.refused,
        "runs": history,
    }))?;
    for row in &imported.refused {
        print::note(&format!("refused: {row}"));
    }
    jobs.settle().await;
    Ok(ExitCode::SUCCESS)
}

/// A file's text, where there is such a file.
fn limited(path: &Path) -> anyhow::Result<Option<String>> {
    let shown = path.display();
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {shown}")),
    };
    let limit = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX);
    let mut text = String::new();
    let read = file.take(limit.saturating_add(1)).read_to_string(&mut text);
    read.with_context(|| format!("cannot read {shown}"))?;
    if text.len() > MAX_FILE_BYTES {
        bail!("{shown} has more than {MAX_FILE_BYTES} bytes");
    }
    Ok(Some(text))
}

/// Takes over the files of a folder, a few lines at a time.
async fn history(folder: &Path, jobs: &Jobs) -> anyhow::Result<HistoryReport> {
    let mut report = HistoryReport::default();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(report),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", folder.display()));
        }
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .collect();
    files.sort();
    for path in files {
        let shown = path.display();
        let job = path.file_stem().map(|stem| stem.to_string_lossy());
        let file = std::fs::File::open(&path).with_context(|| format!("cannot read {shown}"))?;
        let mut lines = Lines(BufReader::new(file));
        loop {
            let some = lines
                .some()
                .with_context(|| format!("cannot read {shown}"))?;
            if some.is_empty() {
                break;
            }
            let part = jobs.service().import_history(job.as_deref(), some).await?;
            report.added += part.added;
            report.known += part.known;
            report.passed_over += part.passed_over;
        }
    }
    Ok(report)
}

/// The lines of a file, of which none needs more memory than one that is taken over has.
struct Lines(BufReader<std::fs::File>);

impl Lines {
    /// The next lines, those that are not empty; none at the end.
    fn some(&mut self) -> std::io::Result<Vec<String>> {
        let mut lines = Vec::new();
        while lines.len() < HISTORY_LINES {
            let limit = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX) + 2;
            let mut line = Vec::new();
            let read = Read::by_ref(&mut self.0)
                .take(limit)
                .read_until(b'\n', &mut line)?;
            if read == 0 {
                break;
            }
            if !line.ends_with(b"\n") {
                self.0.skip_until(b'\n')?;
            }
            let text = String::from_utf8_lossy(&line).trim().to_owned();
            if !text.is_empty() {
                lines.push(text);
            }
        }
        Ok(lines)
    }
}

pub(super) async fn export(args: &ExportArgs, jobs: &Jobs) -> anyhow::Result<()> {
    let text = jobs.service().export().await?;
    let Some(path) = &args.path else {
        print::piece(&text);
        return Ok(());
    };
    if !path.is_dir() {
        write(path, text.as_bytes())?;
        return json_line(&json!({ "ok": true, "path": path }));
    }
    let file = path.join("jobs.json");
    write(&file, text.as_bytes())?;
    let runs = export_history(path, jobs).await?;
    json_line(&json!({ "ok": true, "path": file, "runs": runs }))
}

/// Writes one file for each job that has a history, those of removed jobs too.
async fn export_history(folder: &Path, jobs: &Jobs) -> anyhow::Result<usize> {
    let folder = folder.join(RUNS);
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.create(&folder);
    made.with_context(|| format!("cannot make {}", folder.display()))?;
    let mut logs: std::collections::BTreeMap<String, Log> = std::collections::BTreeMap::new();
    let mut request = RunsRequest {
        oldest_first: true,
        limit: MAX_LISTED,
        ..RunsRequest::default()
    };
    let settings = &jobs.config.cron;
    loop {
        let page = jobs.service().runs(&request).await?;
        for mut record in page.entries {
            for shown in ["tsIso", "runAtIso", "nextRunAtIso"] {
                record.shift_remove(shown);
            }
            let job = record.get("jobId").and_then(|job| job.as_str());
            let log = logs.entry(job.unwrap_or_default().to_owned()).or_default();
            log.push(
                serde_json::to_string(&record)?,
                settings.run_log_max_bytes,
                settings.run_log_keep_lines,
            );
        }
        match page.next_offset {
            Some(next) => request.offset = next,
            None => break,
        }
    }
    let mut written = 0;
    for (job, log) in &logs {
        let path = folder.join(format!("{job}.jsonl"));
        let mut text = Vec::new();
        for line in &log.lines {
            text.extend_from_slice(line.as_bytes());
            text.push(b'\n');
        }
        // An id may be longer than the name of a file.
        match write(&path, &text) {
            Ok(()) => written += log.lines.len(),
            Err(error) => print::note(&format!("warning: {error:#}")),
        }
    }
    Ok(written)
}

/// The lines of one file. Beyond its size it keeps the last of them.
#[derive(Debug, Default)]
struct Log {
    lines: VecDeque<String>,
    bytes: u64,
}

impl Log {
    fn push(&mut self, line: String, max_bytes: u64, keep_lines: u32) {
        self.bytes += size(&line);
        self.lines.push_back(line);
        if self.bytes <= max_bytes {
            return;
        }
        let keep = usize::try_from(keep_lines).unwrap_or(usize::MAX);
        while self.lines.len() > keep {
            if let Some(line) = self.lines.pop_front() {
                self.bytes -= size(&line);
            }
        }
    }
}

fn size(line: &str) -> u64 {
    u64::try_from(line.len())
        .unwrap_or(u64::MAX)
        .saturating_add(1)
}

/// Writes a file (mode 0600, replaced at once).
fn write(path: &Path, text: &[u8]) -> anyhow::Result<()> {
    let put = || {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        file.write_all(text)?;
        file.persist(path)?;
        Ok::<_, std::io::Error>(())
    };
    put().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_beyond_its_size_keeps_its_last_lines() {
        let mut log = Log::default();
        for n in 0..10 {
            log.push(format!("{n}"), 8, 3);
        }
        let kept: Vec<&str> = log.lines.iter().map(String::as_str).collect();
        assert_eq!(kept, ["6", "7", "8", "9"]);
        assert_eq!(log.bytes, 8);
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_the_next_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let long = "x".repeat(3 * MAX_LINE_BYTES);
        std::fs::write(&path, format!("{long}\n\nsecond\n")).unwrap();
        let mut lines = Lines(BufReader::new(std::fs::File::open(&path).unwrap()));
        let some = lines.some().unwrap();
        assert_eq!(some.len(), 2);
        assert!(some[0].len() > MAX_LINE_BYTES, "so that it is passed over");
        assert_eq!(some[1], "second");
        assert!(lines.some().unwrap().is_empty());
    }
}
