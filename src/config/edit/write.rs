//! Reading, changing and replacing the file as one step that others cannot get into.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::clock::Clock;

use super::files::{self, Prepared, WriteError};
use super::lock::{self, Lock};

/// How often a change is applied to a file that others change at the same time without
/// asking for the lock.
const ATTEMPTS: usize = 3;

/// What a change makes of the present text.
#[derive(Debug)]
pub(super) enum Decision {
    /// There is nothing to be changed.
    Keep,
    /// This is the new text.
    Write(String),
}

/// A change that was refused.
#[derive(Debug)]
pub(super) struct Refusal<E> {
    /// Why.
    pub(super) error: E,
    /// The text that it would have been, to be kept beside the file.
    pub(super) text: Option<String>,
}

impl<E> From<E> for Refusal<E> {
    fn from(error: E) -> Self {
        Self { error, text: None }
    }
}

/// Why nothing was written.
#[derive(Debug)]
pub(super) enum UpdateError<E> {
    /// The change itself was refused; its text is kept at `saved`.
    Refused {
        error: E,
        saved: Option<PathBuf>,
    },
    Write(WriteError),
}

impl<E> From<WriteError> for UpdateError<E> {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

/// Changes the file at `path`: `decide` gets its text (`None` if there is no file) and may
/// be asked again if the file changes meanwhile. Returns whether something was written.
///
/// The new text is complete on disk before it takes the old one's place; the old one is
/// kept as a backup.
pub(super) fn update<E>(
    path: &Path,
    clock: &dyn Clock,
    decide: impl FnMut(Option<&str>) -> Result<Decision, Refusal<E>>,
) -> Result<bool, UpdateError<E>> {
    update_within(path, clock, lock::LIMIT, decide)
}

fn update_within<E>(
    path: &Path,
    clock: &dyn Clock,
    limit: Duration,
    mut decide: impl FnMut(Option<&str>) -> Result<Decision, Refusal<E>>,
) -> Result<bool, UpdateError<E>> {
    let target = files::target(path)?;
    files::make_parent(&target)?;
    let _lock = Lock::acquire(&target, limit)?;
    for _ in 0..ATTEMPTS {
        let old = files::read(&target)?;
        let new = match decide(old.as_deref()) {
            Ok(Decision::Keep) => return Ok(false),
            Ok(Decision::Write(new)) if old.as_deref() == Some(&new) => return Ok(false),
            Ok(Decision::Write(new)) => new,
            Err(Refusal { error, text }) => {
                let saved = text
                    .map(|text| files::keep_rejected(&target, &text, &stamp(clock)))
                    .transpose()?;
                return Err(UpdateError::Refused { error, saved });
            }
        };
        let prepared = Prepared::write(&target, &new)?;
        if files::read(&target)? != old {
            continue;
        }
        if let Some(old) = &old {
            files::back_up(&target, old)?;
        }
        prepared.commit(&target)?;
        return Ok(true);
    }
    Err(WriteError::Contended {
        path: target,
        attempts: ATTEMPTS,
    }
    .into())
}

/// The time in UTC, in a form that sorts and may stand in a file name.
fn stamp(clock: &dyn Clock) -> String {
    jiff::Timestamp::from_millisecond(clock.now_ms())
        .map(|time| time.strftime("%Y%m%dT%H%M%S%.3fZ").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use crate::clock::{ManualClock, SystemClock};

    use super::*;

    /// 2026-01-02T03:04:05.678Z
    const NOON: i64 = 1_767_323_045_678;

    fn put(path: &Path, text: &str) -> bool {
        let decide =
            |_: Option<&str>| Ok::<_, Refusal<Infallible>>(Decision::Write(text.to_owned()));
        update(path, &SystemClock, decide).unwrap()
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> = entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_file_is_private_and_its_directory_too() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state/wecom.json");
        assert!(put(&path, "{}"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "{}");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        assert_eq!(
            names(path.parent().unwrap()),
            ["wecom.json", "wecom.json.lock"]
        );
        assert_eq!(mode(&path.with_extension("json.lock")), 0o600);
    }

    #[test]
    fn the_stricter_mode_wins() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("wecom.json");
        for (before, after) in [(0o644, 0o600), (0o600, 0o600), (0o400, 0o400)] {
            fs::write(&path, "{}").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(before)).unwrap();
            put(&path, "{ }");
            assert_eq!(mode(&path), after);
            assert_eq!(mode(&path.with_extension("json.bak")), after);
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn five_backups_newest_first() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("wecom.json");
        for version in 0..8 {
            put(&path, &version.to_string());
        }
        let read = |suffix| fs::read_to_string(files::with_suffix(&path, suffix)).unwrap();
        assert_eq!(read(""), "7");
        let kept = [".bak", ".bak.1", ".bak.2", ".bak.3", ".bak.4"].map(read);
        assert_eq!(kept, ["6", "5", "4", "3", "2"]);
        assert_eq!(names(home.path()).len(), 7);
    }

    #[test]
    fn five_rejected_texts_and_the_file_as_it_was() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("wecom.json");
        put(&path, "good");
        let clock = ManualClock::at(NOON);
        for attempt in 0..7 {
            let refuse = |_: Option<&str>| {
                let text = Some(format!("bad {attempt}"));
                Err(Refusal { error: "no", text })
            };
            let error = update(&path, clock.as_ref(), refuse).unwrap_err();
            let UpdateError::Refused { error, saved } = error else {
                panic!("{error:?}");
            };
            assert_eq!(error, "no");
            assert_eq!(
                fs::read_to_string(saved.unwrap()).unwrap(),
                format!("bad {attempt}")
            );
            clock.advance(1);
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "good");
        let rejected: Vec<_> = names(home.path())
            .into_iter()
            .filter(|name| name.contains("rejected"))
            .collect();
        assert_eq!(
            rejected,
            [80, 81, 82, 83, 84].map(|ms| format!("wecom.json.rejected.20260102T030405.6{ms}Z"))
        );
        assert_eq!(mode(&home.path().join(&rejected[0])), 0o600);
    }

    #[test]
    fn no_change_writes_nothing() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("wecom.json");
        put(&path, "{}");
        let inode = fs::metadata(&path).unwrap().ino();
        assert!(!put(&path, "{}"));
        let keep = |_: Option<&str>| Ok::<_, Refusal<Infallible>>(Decision::Keep);
        assert!(!update(&path, &SystemClock, keep).unwrap());
        assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
        assert_eq!(names(home.path()), ["wecom.json", "wecom.json.lock"]);
    }

    #[test]
    fn a_link_is_written_through_and_a_link_to_a_link_is_not() {
        let home = tempfile::tempdir().unwrap();
        let real = home.path().join("dotfiles/real.json");
        let link = home.path().join("wecom.json");
        std::os::unix::fs::symlink("dotfiles/real.json", &link).unwrap();
        assert!(put(&link, "1"));
        assert!(put(&link, "2"));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "2");
        assert_eq!(
            fs::read_to_string(real.with_extension("json.bak")).unwrap(),
            "1"
        );
        let second = home.path().join("second.json");
        std::os::unix::fs::symlink("wecom.json", &second).unwrap();
        for path in [second, home.path().join("dotfiles")] {
            let write = |_: Option<&str>| Ok::<_, Refusal<Infallible>>(Decision::Write("3".into()));
            let error = update(&path, &SystemClock, write).unwrap_err();
            assert!(matches!(
                error,
                UpdateError::Write(WriteError::NotRegular { .. })
            ));
        }
    }

    #[test]
    fn who_holds_the_lock_too_long_is_named() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("wecom.json");
        let _lock = Lock::acquire(&path, Duration::ZERO).unwrap();
        let write = |_: Option<&str>| Ok::<_, Refusal<Infallible>>(Decision::Write("1".into()));
        let limit = Duration::from_millis(30);
        let error = update_within(&path, &SystemClock, limit, write).unwrap_err();
        let UpdateError::Write(error) = error;
        let lock = home.path().join("wecom.json.lock");
        assert_eq!(
            error.to_string(),
            format!(
                "another program has been writing the configuration for 30ms; end it and try \
                 again (lock: {})",
                lock.display()
            )
        );
        assert!(!path.exists());
    }

    #[test]
    fn a_change_by_an_editor_meanwhile_is_not_lost() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("wecom.json");
        put(&path, "a");
        let mut calls = 0;
        let append = |old: Option<&str>| {
            calls += 1;
            if calls == 1 {
                fs::write(&path, "ab").unwrap();
            }
            let new = format!("{}c", old.unwrap_or_default());
            Ok::<_, Refusal<Infallible>>(Decision::Write(new))
        };
        assert!(update(&path, &SystemClock, append).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "abc");
        assert_eq!(calls, 2);
    }

    #[test]
    fn a_file_that_never_rests_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("wecom.json");
        let mut calls = 0;
        let race = |_: Option<&str>| {
            calls += 1;
            fs::write(&path, calls.to_string()).unwrap();
            Ok::<_, Refusal<Infallible>>(Decision::Write("ours".into()))
        };
        let error = update(&path, &SystemClock, race).unwrap_err();
        assert!(matches!(
            error,
            UpdateError::Write(WriteError::Contended { attempts: 3, .. })
        ));
        assert_eq!(fs::read_to_string(&path).unwrap(), "3");
        assert_eq!(names(home.path()), ["wecom.json", "wecom.json.lock"]);
    }

    #[test]
    fn writers_at_the_same_time_lose_nothing() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("wecom.json");
        std::thread::scope(|scope| {
            for writer in ["a", "b", "c", "d"] {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..10 {
                        let append = |old: Option<&str>| {
                            let new = format!("{}{writer}", old.unwrap_or_default());
                            Ok::<_, Refusal<Infallible>>(Decision::Write(new))
                        };
                        assert!(update(path, &SystemClock, append).unwrap());
                    }
                });
            }
        });
        let text = fs::read_to_string(&path).unwrap();
        for writer in ["a", "b", "c", "d"] {
            assert_eq!(text.matches(writer).count(), 10, "{text}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_stay_as_they_are() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("wecom.json");
        fs::write(&path, b"{}\xff").unwrap();
        let write = |_: Option<&str>| Ok::<_, Refusal<Infallible>>(Decision::Write("1".into()));
        let error = update(&path, &SystemClock, write).unwrap_err();
        assert!(matches!(
            error,
            UpdateError::Write(WriteError::NotUtf8 { offset: 2, .. })
        ));
    }
}
