//! What a member says to an app, and the way that it takes.

use bytes::Bytes;

use super::id::AppId;
use super::media::MemberFile;
use super::member::AppSaid;
use crate::ids::{MediaId, UserId};
use crate::sim::attachment::{AttachmentKind, NAME_MAX};
use crate::sim::rules::Answers;
use crate::sim::shared::Shared;
use crate::sim::sim::SimError;
use crate::sim::world::{AppSpeech, AppWords, Media};

/// What a member says or does.
#[derive(Debug, Clone)]
pub(super) enum AppSaying {
    Text(String),
    File {
        kind: AttachmentKind,
        name: String,
        data: Bytes,
    },
    Voice {
        /// AMR; silence if there is none.
        sound: Option<Bytes>,
        /// What the service recognises, if it tells.
        recognition: Option<String>,
    },
    Location {
        latitude: f64,
        longitude: f64,
        label: String,
    },
    Link {
        title: String,
        description: String,
        url: String,
    },
    Event {
        name: String,
        fields: Vec<(String, String)>,
    },
    Press {
        task_id: String,
        key: String,
        answers: Answers,
    },
}

impl AppSaying {
    /// Writes it down and calls the app.
    pub(super) fn tell(
        self,
        shared: &Shared,
        app: &AppId,
        user: &UserId,
    ) -> Result<AppSaid, SimError> {
        // Nothing is stored for somebody who cannot say it.
        shared.world().require_app_member(app, user)?;
        let words = self.words(shared, app, user)?;
        let media_id = match &words {
            AppWords::File { id, .. } => Some(id.clone()),
            _ => None,
        };
        let speech = AppSpeech {
            app: app.clone(),
            user: user.clone(),
            words,
        };
        let now_ms = shared.now();
        let heard = shared.world().say_to_app(speech, now_ms)?;
        Ok(AppSaid {
            msgid: heard.msgid,
            entry: heard.entry,
            delivered: heard.delivered,
            media_id,
        })
    }

    fn words(self, shared: &Shared, app: &AppId, user: &UserId) -> Result<AppWords, SimError> {
        Ok(match self {
            Self::Text(text) => AppWords::Text(text),
            Self::File { kind, name, data } => file(shared, kind, name, data, None)?,
            Self::Voice { sound, recognition } => {
                let sound = sound.unwrap_or_else(silence);
                let name = "voice.amr".to_owned();
                file(shared, AttachmentKind::Voice, name, sound, recognition)?
            }
            Self::Location {
                latitude,
                longitude,
                label,
            } => AppWords::Location {
                latitude,
                longitude,
                label,
            },
            Self::Link {
                title,
                description,
                url,
            } => AppWords::Link {
                title,
                description,
                url,
            },
            Self::Event { name, fields } => {
                let names = fields.iter().map(|(name, _)| name).chain([&name]);
                for name in names {
                    if !is_name(name) {
                        return Err(SimError::Invalid(format!("`{name}` is no name of XML")));
                    }
                }
                AppWords::Event { name, fields }
            }
            Self::Press {
                task_id,
                key,
                answers,
            } => {
                let pressed = shared
                    .world()
                    .app_press(app, user, &task_id, &key, &answers)?;
                let (detail, is_menu) = pressed;
                let kind = detail.get("card_type").and_then(|kind| kind.as_str());
                let kind = kind.unwrap_or_default();
                let now_ms = shared.now();
                let response_code = shared.apps().cards.click(kind, &task_id, app, now_ms);
                AppWords::Click {
                    detail,
                    is_menu,
                    response_code,
                }
            }
        })
    }
}

/// Puts a file where `media/get` finds it.
fn file(
    shared: &Shared,
    kind: AttachmentKind,
    name: String,
    data: Bytes,
    recognition: Option<String>,
) -> Result<AppWords, SimError> {
    if name.is_empty() || name.len() > NAME_MAX {
        let text = format!("a file's name has 1 to {NAME_MAX} bytes");
        return Err(SimError::Invalid(text));
    }
    if data.len() > FILE_MAX {
        let text = format!("a file for an app has at most {FILE_MAX} bytes");
        return Err(SimError::Invalid(text));
    }
    let at_ms = shared.now();
    let stored = MemberFile {
        name: Some(name.clone()),
        content_type: content_type(&name).to_owned(),
        data: data.clone(),
    };
    let id: MediaId = shared.apps().media.put(kind.as_str(), stored, at_ms);
    let media = Media {
        bot: None,
        kind: kind.as_str().to_owned(),
        name,
        data,
        md5: None,
        at_ms,
    };
    Ok(AppWords::File {
        kind,
        id,
        media,
        recognition,
    })
}

/// As what `media/get` gives a file.
fn content_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "amr" => "voice/amr",
        "mp4" => "video/mp4",
        "json" => "application/json",
        "txt" => "text/plain",
        "pdf" => "application/pdf",
        _ => "application/octet-stream",
    }
}

/// A second of AMR in which nobody speaks: fifty frames without data.
fn silence() -> Bytes {
    const NO_DATA: u8 = 0x7c;
    let frames = [NO_DATA; 50];
    [b"#!AMR\n".as_slice(), &frames].concat().into()
}

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Bytes of a file that members can send to an app: beyond what an app can send itself.
const FILE_MAX: usize = 100 * 1_024 * 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_amr() {
        assert!(silence().starts_with(b"#!AMR\n"));
        assert!(silence().len() > 6);
    }

    #[test]
    fn only_names_become_elements() {
        for (name, is_good) in [
            ("EventKey", true),
            ("Location_X", true),
            ("", false),
            ("a b", false),
            ("1a", false),
            ("a><b", false),
        ] {
            assert_eq!(is_name(name), is_good, "{name}");
        }
    }
}
