//! How an agent names media: an address, or a path on this machine.

use std::path::Path;

use percent_encoding::percent_decode_str;
use url::Url;

use super::error::MediaError;
use crate::files::sanitise;

/// The longest reference, in bytes.
pub(super) const MAX_BYTES: usize = 4_096;

/// Punctuation that ends a sentence rather than a name.
pub(super) const TRAILING: [char; 15] = [
    '.', ',', ';', ':', '!', '?', '。', '，', '；', '：', '！', '？', ')', ']', '}',
];

/// Media as an agent named it. Two with the same text are the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    text: String,
    source: Source,
    /// The same without punctuation at its end, where the writer marked no end.
    without_punctuation: Option<Source>,
}

/// Where media lies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// `https`, or `http` where `media.allowHttp` permits it.
    Remote(Url),
    /// A path as [`FileRoots`](crate::files::FileRoots) reads it: absolute, from the home
    /// folder, a `file:` URL, or relative to the agent's workspace.
    Local(String),
}

impl Reference {
    /// Reads a reference of a structured field, which may carry `MEDIA:` all the same.
    ///
    /// # Errors
    /// [`MediaError::InvalidReference`].
    pub fn parse(text: &str) -> Result<Self, MediaError> {
        let text = text.trim();
        let text = match text.split_at_checked(PREFIX.len()) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest.trim(),
            _ => text,
        };
        Self::literal(text)
    }

    /// Reads a reference whose end is known.
    pub(in crate::channel) fn literal(text: &str) -> Result<Self, MediaError> {
        Ok(Self {
            source: Source::parse(text)?,
            text: text.to_owned(),
            without_punctuation: None,
        })
    }

    /// Reads a reference that ends with its line, so that the line's punctuation may or may
    /// not belong to it.
    pub(in crate::channel) fn to_end_of_line(text: &str) -> Result<Self, MediaError> {
        let bare = text.trim_end_matches(TRAILING).trim_end();
        if bare.len() == text.len() {
            return Self::literal(text);
        }
        match (Source::parse(text), Source::parse(bare)) {
            (Ok(source), bare) => Ok(Self {
                source,
                text: text.to_owned(),
                without_punctuation: bare.ok(),
            }),
            (Err(_), Ok(source)) => Ok(Self {
                source,
                text: bare.to_owned(),
                without_punctuation: None,
            }),
            (Err(error), Err(_)) => Err(error),
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where it lies.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Where else it may lie, if there is nothing at [`source`](Self::source).
    pub fn second_source(&self) -> Option<&Source> {
        self.without_punctuation.as_ref()
    }

    /// The address, if people may be shown it: an `https` one.
    pub fn public_url(&self) -> Option<&Url> {
        match &self.source {
            Source::Remote(url) if url.scheme() == "https" => Some(url),
            _ => None,
        }
    }

    /// Its last component, for people: no path, no query, no control characters.
    pub fn base_name(&self) -> String {
        base_name_of(&self.text)
    }
}

/// What people may be shown of a reference, whether or not it is one.
pub(in crate::channel) fn base_name_of(text: &str) -> String {
    let name = match Source::parse(text) {
        Ok(Source::Remote(url)) => last_segment(&url)
            .or_else(|| url.host_str().map(str::to_owned))
            .unwrap_or_default(),
        Ok(Source::Local(path)) => match path.get(.."file:".len()) {
            Some(scheme) if scheme.eq_ignore_ascii_case("file:") => {
                percent_decode_str(&path).decode_utf8_lossy().into_owned()
            }
            _ => path,
        },
        Err(_) => text.split(['?', '#']).next().unwrap_or_default().to_owned(),
    };
    sanitise(&name)
}

/// The last part of an address's path, decoded; `None` where it has none.
fn last_segment(url: &Url) -> Option<String> {
    let last = url.path_segments()?.next_back()?;
    let name = percent_decode_str(last).decode_utf8_lossy().into_owned();
    (!name.is_empty()).then_some(name)
}

/// What a structured field may begin with, in any case.
const PREFIX: &str = "MEDIA:";

impl Source {
    fn parse(text: &str) -> Result<Self, MediaError> {
        let refused = |problem| Err(MediaError::InvalidReference(problem));
        if text.is_empty() {
            return refused("it is empty");
        }
        if text.len() > MAX_BYTES {
            return refused("it has more than 4096 bytes");
        }
        if text.chars().any(char::is_control) {
            return refused("it has control characters");
        }
        match scheme(text) {
            Some("http" | "https") => remote(text),
            Some("file") => local_url(text),
            Some(_) => refused("only https, http and file addresses are fetched"),
            None => local_path(text),
        }
    }
}

fn remote(text: &str) -> Result<Source, MediaError> {
    let url =
        Url::parse(text).map_err(|_| MediaError::InvalidReference("the address can't be read"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(MediaError::InvalidReference(
            "an address may not hold a user or a password",
        ));
    }
    Ok(Source::Remote(url))
}

fn local_url(text: &str) -> Result<Source, MediaError> {
    let (_, rest) = text.split_at("file:".len());
    let path = rest
        .strip_prefix("//")
        .map(|rest| match rest.split_at_checked("localhost".len()) {
            Some((host, path)) if host.eq_ignore_ascii_case("localhost") => path,
            _ => rest,
        })
        .filter(|path| path.starts_with('/'))
        .ok_or(MediaError::InvalidReference(
            "a `file:` address begins with `file:///` and names no other machine",
        ))?;
    let decoded = percent_decode_str(path)
        .decode_utf8()
        .map_err(|_| MediaError::InvalidReference("its percent signs don't spell UTF-8"))?;
    let decoded: &str = decoded.as_ref();
    if has_parent_step(decoded) {
        return Err(PARENT_STEP);
    }
    Ok(Source::Local(format!("file://{path}")))
}

fn local_path(text: &str) -> Result<Source, MediaError> {
    if has_parent_step(text) {
        return Err(PARENT_STEP);
    }
    if text.starts_with(r"\\") || text.starts_with("//") {
        return Err(MediaError::InvalidReference(
            "folders of other machines are not read",
        ));
    }
    if text.starts_with('~') && !text.starts_with("~/") && !text.starts_with("~$") {
        return Err(MediaError::InvalidReference(
            "only `~/` is a home folder here",
        ));
    }
    let has_slash = text.contains('/') || is_windows_path(text);
    if has_slash && text.ends_with(['/', '\\']) {
        return Err(MediaError::InvalidReference("it names a folder"));
    }
    if has_slash || has_extension(text) {
        Ok(Source::Local(text.to_owned()))
    } else {
        Err(MediaError::InvalidReference(
            "it is neither an address nor a path",
        ))
    }
}

const PARENT_STEP: MediaError = MediaError::InvalidReference("`..` is not followed");

fn has_parent_step(path: &str) -> bool {
    path.split(['/', '\\']).any(|step| step == "..")
}

/// The scheme of an address, in lower case. One letter is a drive of Windows.
fn scheme(text: &str) -> Option<&'static str> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    if !is_scheme {
        return None;
    }
    let known = ["https", "http", "file", "data", "mailto", "javascript"];
    match known
        .iter()
        .find(|known| known.eq_ignore_ascii_case(scheme))
    {
        Some(known) => Some(known),
        // `notes:today.txt` is a name.
        None => rest.starts_with("//").then_some("other"),
    }
}

fn is_windows_path(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':', b'\\' | b'/', _, ..] if letter.is_ascii_alphabetic())
}

fn has_extension(name: &str) -> bool {
    Path::new(name)
        .extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| {
            (1..=16).contains(&extension.len())
                && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests;
