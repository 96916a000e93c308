//! One skill and its files.

use bytes::Bytes;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::hex::hex;

use super::front_matter::{self, FrontMatter};
use super::links;
use super::mime;
use super::problem::{Report, Rule};
use super::uri::SkillUri;

/// The file that makes a folder a skill.
pub const SKILL_FILE: &str = "SKILL.md";

/// A valid skill, with all of its files in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Skill {
    name: String,
    description: String,
    front_matter: Map<String, Value>,
    files: Vec<SkillFile>,
}

/// One file of a skill, byte for byte as its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillFile {
    path: String,
    bytes: Bytes,
    digest: String,
    mime: &'static str,
}

impl Skill {
    /// Makes a skill of the files of a folder; `None` if one of its problems, which go to
    /// `report`, is an error.
    pub(super) fn new(
        folder: &str,
        mut files: Vec<SkillFile>,
        report: &mut Report,
    ) -> Option<Self> {
        files.sort_by(|one, other| one.path.cmp(&other.path));
        let Some(main) = files.iter().find(|file| file.path == SKILL_FILE) else {
            report.add("", Rule::SkillFileMissing, "the folder has no SKILL.md");
            return None;
        };
        let Ok(text) = std::str::from_utf8(&main.bytes) else {
            report.add(SKILL_FILE, Rule::NotText, "it must be UTF-8");
            return None;
        };
        let FrontMatter {
            name,
            description,
            members,
        } = front_matter::parse(text, folder, report)?;
        links::check(&files, report);
        Some(Self {
            name,
            description,
            front_matter: members,
            files,
        })
    }

    /// Its name, also that of its folder: lower-case ASCII letters, digits and hyphens.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it does and when to use it; at most 1,024 characters.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The front matter as JSON: every member that the author wrote, in that order.
    pub fn front_matter(&self) -> &Map<String, Value> {
        &self.front_matter
    }

    /// All files, `SKILL.md` included, in the order of their paths.
    pub fn files(&self) -> &[SkillFile] {
        &self.files
    }

    /// The file of exactly that path.
    pub fn file(&self, path: &str) -> Option<&SkillFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The URI of its `SKILL.md`.
    pub fn uri(&self) -> String {
        SkillUri::file(&self.name, SKILL_FILE)
    }
}

impl SkillFile {
    /// A file of a skill.
    pub(super) fn new(path: impl Into<String>, bytes: Bytes) -> Self {
        let path = path.into();
        Self {
            digest: digest(&bytes),
            mime: mime::of(&path, &bytes),
            path,
            bytes,
        }
    }

    /// Where it lies in its skill, with `/` between the parts.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The last part of its path.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Its contents. A clone of them shares the memory.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Its contents as text: UTF-8 without NUL. Other contents travel as base64.
    pub fn text(&self) -> Option<&str> {
        mime::text(&self.bytes)
    }

    /// `sha256:` and 64 lower-case hexadecimal digits, over the bytes.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)
    }

    /// Its MIME type, by its name and, where that says nothing, by its contents.
    pub fn mime(&self) -> &'static str {
        self.mime
    }
}

/// The digest of a file as manifests write it.
pub(super) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_over_the_bytes_as_they_are() {
        for (bytes, hex) in [
            (
                "",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                "abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
        ] {
            assert_eq!(digest(bytes.as_bytes()), format!("sha256:{hex}"));
        }
        assert_ne!(digest(b"a\n"), digest(b"a\r\n"));
        assert_ne!(digest(b"a"), digest(b"\xEF\xBB\xBFa"));
    }
}
