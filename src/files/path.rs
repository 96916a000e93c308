//! A path as somebody wrote it, made absolute without a look at the disk.

use std::path::{Component, Path, PathBuf};

use percent_encoding::percent_decode_str;

use super::error::FileError;
use super::name;

/// The longest path that is looked at, in bytes.
const MAX_BYTES: usize = 4096;

/// Bytes of a refused path that its error repeats.
const SHOWN_BYTES: usize = 200;

/// Names of files that hold keys and configuration, lower case. The folders are the
/// boundary; this is a net below it.
const DENIED: [&str; 15] = [
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.kdbx",
    "*.jks",
    "id_rsa*",
    "id_ed25519*",
    "id_ecdsa*",
    "id_dsa*",
    "id_xmss*",
    "credentials*",
    "wecom.json",
    "openclaw.json",
    "state.db*",
];

/// The absolute path that `given` means, `.` and `..` resolved by the letter.
///
/// Relative paths start at `workspace`, `~/` at `home`, `file:` URLs of this machine are
/// decoded.
pub(super) fn absolute(
    given: &str,
    workspace: Option<&Path>,
    home: Option<&Path>,
) -> Result<PathBuf, FileError> {
    let malformed = |problem: &'static str| FileError::Malformed {
        given: shown(given),
        problem,
    };
    well_formed(given).map_err(malformed)?;
    let decoded = decode(given).map_err(malformed)?;
    well_formed(&decoded).map_err(malformed)?;
    if windows_refuses(&decoded, cfg!(windows)) {
        return Err(malformed("it names a device, a share or a stream"));
    }
    let path = match decoded.strip_prefix("~/") {
        Some(rest) => home
            .ok_or_else(|| malformed("the home folder is unknown here; give the whole path"))?
            .join(rest.trim_start_matches('/')),
        None if decoded == "~" || (decoded.starts_with('~') && decoded.contains('/')) => {
            return Err(malformed("only `~/` is a home folder here"));
        }
        None => PathBuf::from(decoded),
    };
    if path.is_absolute() {
        return Ok(normalise(&path));
    }
    let workspace = workspace.ok_or_else(|| {
        malformed("a relative path needs a workspace, and there is none; give the whole path")
    })?;
    Ok(normalise(&workspace.join(path)))
}

/// Without `.`, and with `..` taking away what stands before it.
pub(super) fn normalise(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => {
                clean.push(component);
            }
        }
    }
    clean
}

/// Whether a path below a root has a name that is never given out: one that starts with a
/// dot, or one of a key or a configuration. Letters' case does not matter.
pub(super) fn is_denied(below_root: &Path) -> bool {
    below_root.components().any(|component| {
        let name = component.as_os_str().to_string_lossy().to_lowercase();
        name.starts_with('.') || DENIED.iter().any(|pattern| matches(pattern, &name))
    })
}

/// A given path as an error repeats it.
pub(super) fn shown(given: &str) -> String {
    let mut end = given.len().min(SHOWN_BYTES);
    while !given.is_char_boundary(end) {
        end -= 1;
    }
    let cut = if end < given.len() { "…" } else { "" };
    let visible = given.get(..end).unwrap_or_default();
    visible.escape_debug().to_string() + cut
}

fn well_formed(path: &str) -> Result<(), &'static str> {
    if path.is_empty() {
        Err("it is empty")
    } else if path.len() > MAX_BYTES {
        Err("it has more than 4096 bytes")
    } else if path.chars().any(char::is_control) {
        Err("it has control characters")
    } else {
        Ok(())
    }
}

/// A `file:` URL of this machine as a path; everything else as it is, unless it is a URL.
fn decode(given: &str) -> Result<String, &'static str> {
    let Some((scheme, rest)) = given.split_once(':') else {
        return Ok(given.to_owned());
    };
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || matches!(char, '+' | '-' | '.'));
    let Some(rest) = rest.strip_prefix("//").filter(|_| is_scheme) else {
        return if is_scheme && scheme.eq_ignore_ascii_case("data") {
            Err("it is data, not a path; write it to a file first")
        } else {
            Ok(given.to_owned())
        };
    };
    if !scheme.eq_ignore_ascii_case("file") {
        return Err("it is an address, not a path; download it to a file first");
    }
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    if !path.starts_with('/') {
        return Err("a `file:` address may not name a host");
    }
    match percent_decode_str(path).decode_utf8() {
        Ok(path) => Ok(path.into_owned()),
        Err(_) => Err("its percent signs don't spell UTF-8"),
    }
}

/// What only Windows would understand: UNC and device paths, streams, reserved names.
fn windows_refuses(path: &str, on_windows: bool) -> bool {
    if !on_windows {
        return false;
    }
    let after_drive = match path.as_bytes() {
        [letter, b':', ..] if letter.is_ascii_alphabetic() => path.get(2..).unwrap_or_default(),
        _ => path,
    };
    path.starts_with(r"\\")
        || path.starts_with("//")
        || after_drive.contains(':')
        || after_drive.split(['/', '\\']).any(name::is_reserved)
}

/// A pattern with at most one `*`, at its start or its end.
fn matches(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(given: &str) -> Result<PathBuf, FileError> {
        absolute(given, Some(Path::new("/work")), Some(Path::new("/home/u")))
    }

    #[test]
    fn paths_are_made_absolute_by_the_letter() {
        for (given, path) in [
            ("/a/b", "/a/b"),
            ("a/b.txt", "/work/a/b.txt"),
            ("./a", "/work/a"),
            ("a/../../etc/passwd", "/etc/passwd"),
            ("/../../a", "/a"),
            ("~/a", "/home/u/a"),
            ("~//etc/passwd", "/home/u/etc/passwd"),
            ("file:///a%20b/%E4%BD%A0", "/a b/你"),
            ("FILE://localhost/a", "/a"),
            ("~$draft.docx", "/work/~$draft.docx"),
            ("a:b", "/work/a:b"),
        ] {
            assert_eq!(resolve(given).unwrap(), Path::new(path), "{given}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for given in [
            "",
            "a\0b",
            "a\nb",
            "file:///a%00b",
            "file:///%ff",
            "file://host/a",
            "file://localhostx/a",
            "https://example.com/a.png",
            "data:text/plain,hi",
            "~root/x",
            "~",
        ] {
            assert!(
                matches!(resolve(given), Err(FileError::Malformed { .. })),
                "{given:?}"
            );
        }
        assert!(resolve(&"a".repeat(MAX_BYTES)).is_ok());
        assert!(resolve(&"a".repeat(MAX_BYTES + 1)).is_err());
    }

    #[test]
    fn a_relative_path_needs_a_workspace() {
        assert!(absolute("a", None, None).is_err());
        assert!(absolute("~/a", None, None).is_err());
        assert!(absolute("/a", None, None).is_ok());
    }

    #[test]
    fn names_of_secrets_are_denied_in_any_case() {
        for (path, denied) in [
            ("a/.git/config", true),
            (".env", true),
            (".ENV.local", true),
            ("a/server.PEM", true),
            ("ID_RSA.pub", true),
            ("credentials.json", true),
            ("Credentials/a", true),
            ("wecom.json", true),
            ("openclaw.json", true),
            ("credentials/wecom/token.txt", true),
            (".aws/config", true),
            (".gnupg/secring.gpg", true),
            (".ssh/known_hosts", true),
            ("id_dsa", true),
            ("id_ed25519_sk", true),
            ("state.db", true),
            ("state.db-wal", true),
            ("id_card.png", false),
            ("keys.md", false),
            ("a/b.txt", false),
            ("monkey", false),
        ] {
            assert_eq!(is_denied(Path::new(path)), denied, "{path}");
        }
    }

    #[test]
    fn devices_shares_and_streams_of_windows_are_refused_there() {
        for (path, refused) in [
            (r"\\server\share\a", true),
            (r"\\?\C:\a", true),
            (r"C:\a\NUL", true),
            (r"C:\a.txt:stream", true),
            ("C:/con.txt", true),
            (r"C:\a\b.txt", false),
        ] {
            assert_eq!(windows_refuses(path, true), refused, "{path}");
            assert!(!windows_refuses(path, false));
        }
    }
}
