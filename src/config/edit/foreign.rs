//! Changing a configuration file that belongs to another program.

use std::path::Path;

use super::files::{self, Prepared, WriteError};

/// How often a change is applied to a file that its owner writes at the same time.
const ATTEMPTS: usize = 3;

/// Changes the file at `path`. `decide` gets its text (`None` if there is no file), returns
/// the new one or `None` to leave it, and may be asked again if the file changes meanwhile;
/// what has to be saved of the old text, it saves. Says whether something was written.
///
/// The new text is complete on disk before it takes the old one's place, with the old one's
/// mode. Nothing is left beside the file: its owner may have a meaning for every name there.
///
/// # Errors
/// What `decide` said, or a [`WriteError`].
pub fn update_foreign<E: From<WriteError>>(
    path: &Path,
    mut decide: impl FnMut(Option<&str>) -> Result<Option<String>, E>,
) -> Result<bool, E> {
    let target = files::target(path)?;
    files::make_parent(&target)?;
    for _ in 0..ATTEMPTS {
        let old = files::read(&target)?;
        let new = match decide(old.as_deref())? {
            Some(new) if old.as_deref() != Some(&new) => new,
            _ => return Ok(false),
        };
        let prepared = Prepared::write(&target, &new)?;
        if files::read(&target)? == old {
            prepared.commit(&target)?;
            return Ok(true);
        }
    }
    Err(WriteError::Contended {
        path: target,
        attempts: ATTEMPTS,
    }
    .into())
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::fs;

    use super::*;

    #[test]
    fn nothing_is_left_beside_the_file() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("foreign.json");
        fs::write(&path, "{}").unwrap();
        let changed = update_foreign(&path, |old| {
            Ok::<_, Box<dyn Error>>(old.map(|old| old.replace('}', "a: 1}")))
        });
        assert!(changed.unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "{a: 1}");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_its_owner_writes_meanwhile_is_read_again() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("foreign.json");
        fs::write(&path, "1").unwrap();
        let mut seen = Vec::new();
        let changed = update_foreign(&path, |old| {
            let old = old.unwrap().to_owned();
            if seen.is_empty() {
                fs::write(&path, "2").unwrap();
            }
            seen.push(old.clone());
            Ok::<_, Box<dyn Error>>(Some(format!("{old}!")))
        });
        assert!(changed.unwrap());
        assert_eq!(seen, ["1", "2"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "2!");
    }

    #[test]
    fn a_refusal_writes_nothing() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("absent.json");
        let refused = update_foreign(&path, |_| {
            Err::<Option<String>, Box<dyn Error>>("no".into())
        });
        assert_eq!(refused.unwrap_err().to_string(), "no");
        assert!(!path.exists());
    }
}
