//! What a program is asked.

use std::fmt::Write as _;

use agent_client_protocol::v1::schema::{
    ContentBlock, ImageContent, PromptCapabilities, ResourceLink, TextContent,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::agent::{Attachment, AttachmentKind, TurnRequest};
use crate::ids::ChatKind;

/// Largest picture that is handed over in the prompt itself, in bytes; models take no larger
/// ones. Others are named, and the program reads them.
const MAX_IMAGE: u64 = 5 * 1024 * 1024;

/// Pictures that are handed over in one prompt.
const MAX_IMAGES: usize = 8;

/// How files are sent, where nobody else says so.
const HOW_TO_SEND: &str = "To send a file or a picture, write a line of its own: MEDIA: followed \
    by an absolute path, a path in your workspace, or a URL.";

/// The blocks of a turn. `instructions` stand before the first question of a session.
pub(super) async fn blocks(
    turn: &TurnRequest,
    instructions: Option<&str>,
    can: &PromptCapabilities,
) -> Vec<ContentBlock> {
    let context = instructions.map(|instructions| text(context(turn, instructions)));
    let mut blocks: Vec<ContentBlock> = context.into_iter().collect();
    blocks.push(text(question(turn)));
    let mut images = 0;
    for attachment in &turn.attachments {
        let in_prompt = can.image
            && attachment.kind == AttachmentKind::Image
            && attachment.size <= MAX_IMAGE
            && images < MAX_IMAGES;
        let image = if in_prompt {
            image(attachment).await
        } else {
            None
        };
        images += usize::from(image.is_some());
        blocks.push(image.unwrap_or_else(|| link(attachment)));
    }
    blocks
}

/// Where the program finds itself, once a session.
fn context(turn: &TurnRequest, instructions: &str) -> String {
    let place = match turn.chat.kind {
        ChatKind::Direct => format!(
            "You talk with the member `{}` in a direct chat of WeCom (企业微信).",
            turn.chat.id
        ),
        ChatKind::Group => format!(
            "You talk in the group chat `{}` of WeCom (企业微信). Before each message stands the \
             id of the member who wrote it.",
            turn.chat.id
        ),
    };
    let how = if instructions.is_empty() {
        HOW_TO_SEND
    } else {
        instructions
    };
    format!("{place}\n{how}")
}

fn question(turn: &TurnRequest) -> String {
    let mut text = String::new();
    if turn.chat.kind == ChatKind::Group
        && let Some(sender) = turn.identity.requester()
    {
        // Writing to a text does not fail.
        writeln!(text, "[{sender}]").ok();
    }
    if let Some(quote) = &turn.quote {
        for line in quote.lines() {
            writeln!(text, "> {line}").ok();
        }
        text.push('\n');
    }
    text.push_str(&turn.text);
    text
}

fn text(text: String) -> ContentBlock {
    ContentBlock::Text(TextContent::new(text))
}

/// The picture itself. `None`: it can't be read, or is none.
async fn image(attachment: &Attachment) -> Option<ContentBlock> {
    let bytes = tokio::fs::read(&attachment.path).await.ok()?;
    let size = u64::try_from(bytes.len())
        .ok()
        .filter(|size| *size <= MAX_IMAGE)?;
    let mime = crate::files::image_type(&bytes, size)?;
    let image = ImageContent::new(STANDARD.encode(&bytes), mime);
    Some(ContentBlock::Image(image))
}

fn link(attachment: &Attachment) -> ContentBlock {
    let address = Url::from_file_path(&attachment.path).map_or_else(
        |()| attachment.path.display().to_string(),
        |address| address.to_string(),
    );
    let link = ResourceLink::new(attachment.name.clone(), address)
        .mime_type(attachment.content_type.clone())
        .size(i64::try_from(attachment.size).ok());
    ContentBlock::ResourceLink(link)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::acp::tests::turn;

    fn texts(blocks: &[ContentBlock]) -> Vec<&str> {
        let text = |block: &'_ ContentBlock| match block {
            ContentBlock::Text(text) => Some(text.text.clone()),
            _ => None,
        };
        blocks
            .iter()
            .filter_map(text)
            .map(|text| &*text.leak())
            .collect()
    }

    #[tokio::test]
    async fn a_group_hears_who_wrote_and_what_was_quoted() {
        let mut asked = turn(ChatKind::Group, "lisi", "what is this?");
        asked.quote = Some("one\ntwo".to_owned());
        let blocks = blocks(&asked, Some(""), &PromptCapabilities::new()).await;
        let texts = texts(&blocks);
        assert!(texts[0].contains("group chat `wr1`") && texts[0].contains("MEDIA:"));
        assert_eq!(texts[1], "[lisi]\n> one\n> two\n\nwhat is this?");
    }

    #[tokio::test]
    async fn later_questions_stand_alone() {
        let asked = turn(ChatKind::Direct, "lisi", "and now?");
        let blocks = blocks(&asked, None, &PromptCapabilities::new()).await;
        assert_eq!(texts(&blocks), ["and now?"]);
    }

    #[tokio::test]
    async fn pictures_go_along_where_they_are_understood() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a b.png");
        let png = include_bytes!("../demo/picture.png");
        std::fs::write(&path, png).unwrap();
        let mut asked = turn(ChatKind::Direct, "lisi", "");
        asked.attachments = vec![Attachment {
            kind: AttachmentKind::Image,
            path,
            name: "a b.png".to_owned(),
            content_type: "image/png".to_owned(),
            size: png.len() as u64,
        }];
        let pictures = PromptCapabilities::new().image(true);
        let seen = blocks(&asked, None, &pictures).await;
        assert!(matches!(&seen[1], ContentBlock::Image(image) if image.mime_type == "image/png"));
        let named = blocks(&asked, None, &PromptCapabilities::new()).await;
        let ContentBlock::ResourceLink(link) = &named[1] else {
            panic!("a link: {named:?}");
        };
        assert!(link.uri.starts_with("file:///") && link.uri.ends_with("/a%20b.png"));
        assert_eq!(link.name, "a b.png");
    }
}
