//! Files: who may read them, whether there is room, whether the state can be opened.

use std::fs;
use std::path::{Path, PathBuf};

use super::finding::Finding;
use crate::config::{Loaded, Location};
use crate::store::{SqliteStore, StoreError};

const AREA: &str = "files";

/// Below this the daemon soon cannot record messages.
const LITTLE_SPACE: u64 = 1 << 30;

/// Below this it may stop accepting messages any moment.
const NO_SPACE: u64 = 100 << 20;

pub(super) fn check(location: &Location, loaded: Option<&Loaded>) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(privacy(&location.home, 0o700));
    for path in private_files(location, loaded) {
        findings.extend(privacy(&path, 0o600));
    }
    findings.extend(space(&location.home));
    findings.push(state(&location.home.join("state.db")));
    let mut folders: Vec<&Path> = loaded
        .into_iter()
        .flat_map(|loaded| loaded.config.accounts.values())
        .map(|account| account.media.temp_dir.as_path())
        .collect();
    folders.sort();
    folders.dedup();
    findings.extend(folders.into_iter().map(media));
    findings
}

/// Files that hold secrets or what people wrote, where they exist. The configuration itself
/// is validation's affair: without a secret in it others may read it.
fn private_files(location: &Location, loaded: Option<&Loaded>) -> Vec<PathBuf> {
    let own = ["state.db", "daemon.json"].map(|name| location.home.join(name));
    let referenced = loaded.into_iter().flat_map(|loaded| &loaded.watched);
    let mut files: Vec<PathBuf> = referenced
        .filter(|path| **path != location.path)
        .cloned()
        .chain(own)
        .collect();
    files.sort();
    files.dedup();
    files
}

#[cfg(unix)]
fn privacy(path: &Path, wanted: u32) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt;

    /// Group and others.
    const OTHERS: u32 = 0o077;
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let subject = path.display().to_string();
    Some(if mode & OTHERS == 0 {
        Finding::ok(AREA, subject, format!("mode {mode:o}"))
    } else {
        Finding::warning(
            AREA,
            subject.clone(),
            format!("others may read or write it (mode {mode:o})"),
            format!("chmod {wanted:o} {subject}"),
        )
    })
}

#[cfg(not(unix))]
fn privacy(_path: &Path, _wanted: u32) -> Option<Finding> {
    None
}

#[cfg(unix)]
fn space(home: &Path) -> Option<Finding> {
    let existing = home.ancestors().find(|path| path.exists())?;
    let volume = rustix::fs::statvfs(existing).ok()?;
    let free = volume.f_bavail.saturating_mul(volume.f_frsize);
    let subject = home.display().to_string();
    let seen = format!("{} MiB free", free >> 20);
    let fix = "make room on this volume, or set WECOM_HOME to another (while the daemon is down)";
    Some(match free {
        ..NO_SPACE => Finding::error(AREA, subject, seen, fix),
        NO_SPACE..LITTLE_SPACE => Finding::warning(AREA, subject, seen, fix),
        LITTLE_SPACE.. => Finding::ok(AREA, subject, seen),
    })
}

#[cfg(not(unix))]
fn space(_home: &Path) -> Option<Finding> {
    None
}

fn state(path: &Path) -> Finding {
    let subject = path.display().to_string();
    if !path.exists() {
        return Finding::ok(AREA, subject, "not there yet: the daemon makes it");
    }
    match SqliteStore::versions(path) {
        Ok((found, known)) if found > known => Finding::error(
            AREA,
            subject,
            StoreError::TooNew { found, known }.to_string(),
            "start the version of wecom that wrote it, or a newer one",
        ),
        Ok((found, known)) if found < known => Finding::ok(
            AREA,
            subject,
            format!("schema {found}; the next start brings it to {known}"),
        ),
        Ok((found, _)) => Finding::ok(AREA, subject, format!("opens, schema {found}")),
        Err(error) => Finding::error(
            AREA,
            subject,
            format!("cannot be opened: {error}"),
            "stop the daemon, keep a copy of the file, and restore it from a backup; without one, \
             move it away: a new one is made, and open messages in the old are lost",
        ),
    }
}

fn media(folder: &Path) -> Finding {
    let subject = folder.display().to_string();
    let Ok(about) = fs::metadata(folder) else {
        return Finding::ok(
            AREA,
            subject,
            "not there yet: made when the first file comes",
        );
    };
    if about.is_dir() && may_write(folder) {
        Finding::ok(AREA, subject, "files can be kept here")
    } else {
        Finding::error(
            AREA,
            subject,
            "files cannot be kept here",
            "let the daemon's user write to it, or name another folder with \
             channels.wecom.media.tempDir",
        )
    }
}

#[cfg(unix)]
fn may_write(folder: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn may_write(folder: &Path) -> bool {
    tempfile::tempfile_in(folder).is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::finding::Level;
    use super::*;

    #[test]
    fn a_file_that_others_read_is_named_with_the_command() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(".env");
        fs::write(&path, "A=1").unwrap();
        for (mode, level) in [
            (0o600, Level::Ok),
            (0o400, Level::Ok),
            (0o640, Level::Warning),
        ] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let found = privacy(&path, 0o600).unwrap();
            assert_eq!(found.level, level, "{mode:o}");
            let fix = (level != Level::Ok).then(|| format!("chmod 600 {}", path.display()));
            assert_eq!(found.fix, fix);
        }
        assert_eq!(privacy(&home.path().join("absent"), 0o600), None);
    }

    #[test]
    fn a_state_file_is_opened_and_never_made() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state.db");
        assert_eq!(state(&path).level, Level::Ok);
        assert!(!path.exists());
        drop(SqliteStore::open(&path).unwrap());
        assert_eq!(state(&path).level, Level::Ok);
        fs::write(&path, vec![7; 8192]).unwrap();
        let broken = state(&path);
        assert_eq!(broken.level, Level::Error);
        assert!(broken.fix.unwrap().contains("backup"));
    }
}
