//! What a model is told before a conversation, and what it is asked.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use tokio::io::AsyncReadExt;

use super::failure::Trouble;
use super::message::{Content, ImageUrl, Message, Part};
use crate::agent::{AgentServices, Attachment, AttachmentKind, FailureClass, TurnRequest};
use crate::config::{OpenAiBackend, SystemPrompt};
use crate::cron::schedule::default_zone;
use crate::ids::ChatKind;

/// Who the assistant is where nobody says so.
const BUILT_IN: &str = "You are a helpful assistant in WeCom (企业微信). Answer in the language of \
    the question, briefly and to the point; say so when you do not know something. Write plain \
    Markdown: paragraphs, lists, bold, links and code; no HTML.";

/// Largest file with a prompt, in bytes.
const MAX_PROMPT: u64 = 256 * 1024;

/// Largest picture that a model is shown, in bytes; most take no larger ones.
const MAX_IMAGE: u64 = 5 * 1024 * 1024;

/// Pictures that a model is shown with one message, and their bytes altogether: requests have
/// limits, too.
const MAX_IMAGES: usize = 8;
const MAX_IMAGE_BYTES: u64 = 12 * 1024 * 1024;

/// What stands before the conversation. The same for a whole day, so that endpoints that
/// remember the beginning of a prompt do.
pub(super) async fn system(
    turn: &TurnRequest,
    settings: &OpenAiBackend,
    services: &AgentServices,
    instructions: &str,
) -> Result<Message, Trouble> {
    let mut content = match &settings.system_prompt {
        SystemPrompt::BuiltIn => BUILT_IN.to_owned(),
        SystemPrompt::Text(text) => text.clone(),
        SystemPrompt::File(path) => file(path).await?,
    };
    let day = today(services);
    // Writing to a text does not fail.
    write!(content, "\n\n{day}\n{}", place(turn)).ok();
    if !instructions.is_empty() {
        write!(content, "\n\n{instructions}").ok();
    }
    Ok(Message::System { content })
}

/// What somebody wrote, with what came along.
pub(super) async fn question(turn: &TurnRequest, settings: &OpenAiBackend) -> Message {
    let text = text(turn);
    let mut pictures = Vec::new();
    let mut room = MAX_IMAGE_BYTES;
    for attachment in &turn.attachments {
        let is_wanted = settings.images
            && attachment.kind == AttachmentKind::Image
            && attachment.size <= MAX_IMAGE.min(room)
            && pictures.len() < MAX_IMAGES;
        if is_wanted && let Some(url) = data_url(attachment).await {
            room = room.saturating_sub(attachment.size);
            pictures.push(Part::ImageUrl {
                image_url: ImageUrl { url },
            });
        }
    }
    if pictures.is_empty() {
        return Message::user(text);
    }
    let mut parts = vec![Part::Text { text }];
    parts.append(&mut pictures);
    Message::User {
        content: Content::Parts(parts),
    }
}

async fn file(path: &Path) -> Result<String, Trouble> {
    let unusable = |why: &str| {
        let detail = format!("`systemPromptFile` {} {why}", path.display());
        Trouble::lasting(FailureClass::Broken, detail)
    };
    let file = tokio::fs::File::open(path)
        .await
        .map_err(|error| unusable(&format!("can't be read: {error}")))?;
    let mut text = String::new();
    file.take(MAX_PROMPT + 1)
        .read_to_string(&mut text)
        .await
        .map_err(|error| unusable(&format!("can't be read: {error}")))?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > MAX_PROMPT {
        return Err(unusable("is larger than 256 KiB"));
    }
    Ok(text.trim_end().to_owned())
}

fn today(services: &AgentServices) -> String {
    let config = services.config.get();
    let zone =
        default_zone(config.cron.default_time_zone.as_deref()).unwrap_or(jiff::tz::TimeZone::UTC);
    let now = Timestamp::from_millisecond(services.clock.now_ms()).unwrap_or_default();
    let now = now.to_zoned(zone);
    let zone = now.time_zone().iana_name().unwrap_or("local time");
    format!("Today is {} ({zone}).", now.strftime("%A, %Y-%m-%d"))
}

fn place(turn: &TurnRequest) -> String {
    match (turn.chat.kind, turn.identity.requester()) {
        (ChatKind::Direct, Some(member)) => {
            format!("You talk with the member `{member}` in a direct chat of WeCom.")
        }
        (ChatKind::Direct, None) => {
            format!(
                "Your answer goes to the direct chat with `{}` in WeCom.",
                turn.chat.id
            )
        }
        (ChatKind::Group, _) => format!(
            "You talk in the group chat `{}` of WeCom. Before each message stands, in brackets, \
             the id of the member who wrote it.",
            turn.chat.id
        ),
    }
}

fn text(turn: &TurnRequest) -> String {
    let mut text = String::new();
    if turn.chat.kind == ChatKind::Group
        && let Some(sender) = turn.identity.requester()
    {
        writeln!(text, "[{sender}]").ok();
    }
    if let Some(quote) = &turn.quote {
        for line in quote.lines() {
            writeln!(text, "> {line}").ok();
        }
        text.push('\n');
    }
    text.push_str(&turn.text);
    for attachment in &turn.attachments {
        write!(text, "\n{}", named(attachment)).ok();
    }
    if turn.earlier_attempts > 0 {
        text.push_str(
            "\n[The answer to this message was interrupted before. Some of what it asks for may \
             be done already: look before you do it again.]",
        );
    }
    text.trim_start_matches('\n').to_owned()
}

/// A file as the model reads of it: tools take the path.
fn named(attachment: &Attachment) -> String {
    let what = match attachment.kind {
        AttachmentKind::Image => "picture",
        AttachmentKind::File => "file",
        AttachmentKind::Video => "video",
    };
    format!(
        "[{what} `{}` ({}, {} bytes) at {}]",
        attachment.name,
        attachment.content_type,
        attachment.size,
        attachment.path.display()
    )
}

/// The picture itself. `None`: it can't be read, or is none.
async fn data_url(attachment: &Attachment) -> Option<String> {
    let bytes = tokio::fs::read(&attachment.path).await.ok()?;
    let size = u64::try_from(bytes.len())
        .ok()
        .filter(|size| *size <= MAX_IMAGE)?;
    let mime = crate::files::image_type(&bytes, size)?;
    Some(format!("data:{mime};base64,{}", STANDARD.encode(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::openai::tests::{services, settings, turn};

    fn picture(path: &Path, size: usize) -> Attachment {
        Attachment {
            kind: AttachmentKind::Image,
            path: path.to_owned(),
            name: "a.png".to_owned(),
            content_type: "image/png".to_owned(),
            size: size as u64,
        }
    }

    async fn system_text(settings: &OpenAiBackend, turn: &TurnRequest) -> Result<String, Trouble> {
        let (_home, services) = services();
        match system(turn, settings, &services, "Tools: none.").await? {
            Message::System { content } => Ok(content),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn the_prompt_says_who_when_and_where() {
        let settings = settings("http://127.0.0.1");
        let text = system_text(&settings, &turn(ChatKind::Direct, "hi"))
            .await
            .unwrap();
        let (own, context) = text.split_once("\n\n").unwrap();
        assert_eq!(own, BUILT_IN);
        assert_eq!(
            context,
            "Today is Monday, 2026-11-23 (Asia/Shanghai).\nYou talk with the member `lisi` in a \
             direct chat of WeCom.\n\nTools: none."
        );
        let text = system_text(&settings, &turn(ChatKind::Group, "hi"))
            .await
            .unwrap();
        assert!(text.contains("group chat `wr1`"), "{text}");
    }

    #[tokio::test]
    async fn a_prompt_in_a_file_is_read_each_time_and_missed_where_it_is_not() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("prompt.md");
        let mut settings = settings("http://127.0.0.1");
        settings.system_prompt = SystemPrompt::File(path.clone());
        let turn = turn(ChatKind::Direct, "hi");
        let missing = system_text(&settings, &turn).await.unwrap_err().failure;
        assert!(
            missing.detail.contains("prompt.md can't be read"),
            "{missing}"
        );
        for words in ["You are Bot 1.\n", "You are Bot 2."] {
            std::fs::write(&path, words).unwrap();
            let text = system_text(&settings, &turn).await.unwrap();
            assert!(
                text.starts_with(&format!("{}\n\nToday", words.trim_end())),
                "{text}"
            );
        }
        std::fs::write(&path, "x".repeat(256 * 1024 + 1)).unwrap();
        assert!(system_text(&settings, &turn).await.is_err());
    }

    #[tokio::test]
    async fn a_group_hears_who_wrote_what_was_quoted_and_that_it_was_tried() {
        let mut asked = turn(ChatKind::Group, "what is this?");
        asked.quote = Some("one\ntwo".to_owned());
        asked.earlier_attempts = 1;
        let Message::User {
            content: Content::Text(text),
        } = question(&asked, &settings("http://127.0.0.1")).await
        else {
            panic!("a text");
        };
        assert!(
            text.starts_with("[lisi]\n> one\n> two\n\nwhat is this?\n[The answer to this message"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn pictures_are_shown_to_models_that_see_and_named_to_all() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a.png");
        let png = include_bytes!("../demo/picture.png");
        std::fs::write(&path, png).unwrap();
        let mut settings = settings("http://127.0.0.1");
        let mut asked = turn(ChatKind::Direct, "");
        asked.attachments = vec![picture(&path, png.len())];
        let name = format!(
            "[picture `a.png` (image/png, {} bytes) at {}]",
            png.len(),
            path.display()
        );
        assert_eq!(
            question(&asked, &settings).await,
            Message::user(name.clone())
        );
        settings.images = true;
        let Message::User {
            content: Content::Parts(parts),
        } = question(&asked, &settings).await
        else {
            panic!("parts");
        };
        assert_eq!(parts[0], Part::Text { text: name });
        let url = format!("data:image/png;base64,{}", STANDARD.encode(png));
        let image_url = ImageUrl { url };
        assert_eq!(parts[1..], [Part::ImageUrl { image_url }]);
    }

    #[tokio::test]
    async fn a_picture_that_is_too_large_or_none_is_named_only() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a.png");
        std::fs::write(&path, "#!/bin/sh").unwrap();
        let mut settings = settings("http://127.0.0.1");
        settings.images = true;
        let mut asked = turn(ChatKind::Direct, "look");
        for size in [9, 6 * 1024 * 1024] {
            asked.attachments = vec![picture(&path, size)];
            let Message::User { content } = question(&asked, &settings).await else {
                panic!("a question");
            };
            assert!(matches!(content, Content::Text(_)), "{size}");
        }
    }
}
