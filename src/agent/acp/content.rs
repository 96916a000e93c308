//! Parts of an answer that are not text.

use std::io;
use std::path::{Path, PathBuf};

use agent_client_protocol::v1::schema::{ContentBlock, ImageContent};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::agent::AgentEvent;
use crate::files;

/// Where pictures of answers are kept, below the agent's workspace.
const FOLDER: &str = "answers";

/// What a part of an answer becomes. `None`: nothing that a chat can show.
pub(super) async fn event(block: ContentBlock, workspace: &Path) -> Option<AgentEvent> {
    match block {
        ContentBlock::Image(image) => {
            let kept = keep(&image, workspace).await;
            kept.inspect_err(|error| tracing::warn!(%error, "a picture of an answer was not kept"))
                .ok()
                .map(|path| AgentEvent::Media(path.to_string_lossy().into_owned()))
        }
        ContentBlock::ResourceLink(link) => {
            let file = Url::parse(&link.uri)
                .ok()
                .filter(|url| url.scheme() == "file");
            Some(match file.and_then(|url| url.to_file_path().ok()) {
                Some(path) => AgentEvent::Media(path.to_string_lossy().into_owned()),
                None => AgentEvent::Text(format!("[{}]({})", link.name, link.uri)),
            })
        }
        _ => {
            tracing::debug!("a part of an answer can't be shown in a chat");
            None
        }
    }
}

/// Writes a picture down, under a name of ours.
async fn keep(image: &ImageContent, workspace: &Path) -> io::Result<PathBuf> {
    let bytes = STANDARD
        .decode(image.data.trim())
        .map_err(io::Error::other)?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let extension = files::image_type(&bytes, size)
        .and_then(files::extension_of)
        .ok_or_else(|| io::Error::other("it is no picture of a known type"))?;
    let folder = workspace.join(FOLDER);
    tokio::fs::create_dir_all(&folder).await?;
    let name = format!("{:032x}.{extension}", rand::random::<u128>());
    let path = folder.join(name);
    tokio::fs::write(&path, &bytes).await?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use agent_client_protocol::v1::schema::{ResourceLink, TextContent};

    use super::*;

    #[tokio::test]
    async fn a_picture_is_kept_and_anything_else_is_not() {
        let home = tempfile::tempdir().unwrap();
        let png: &[u8] = include_bytes!("../demo/picture.png");
        let image = |data| ContentBlock::Image(ImageContent::new(data, "image/png"));
        let Some(AgentEvent::Media(path)) = event(image(STANDARD.encode(png)), home.path()).await
        else {
            panic!("a file");
        };
        assert_eq!(Path::new(&path).extension().unwrap(), "png");
        assert_eq!(std::fs::read(path).unwrap(), png);
        for bad in ["not base64!", &STANDARD.encode("#!/bin/sh")] {
            assert_eq!(event(image(bad.to_owned()), home.path()).await, None);
        }
    }

    #[tokio::test]
    async fn links_to_files_are_files() {
        let home = Path::new("/nowhere");
        let link = |uri: &str| ContentBlock::ResourceLink(ResourceLink::new("a", uri));
        let text = ContentBlock::Text(TextContent::new("x"));
        assert_eq!(
            event(link("file:///tmp/a%20b.txt"), home).await,
            Some(AgentEvent::Media("/tmp/a b.txt".to_owned()))
        );
        assert_eq!(
            event(link("https://example.com/"), home).await,
            Some(AgentEvent::Text("[a](https://example.com/)".to_owned()))
        );
        assert_eq!(event(text, home).await, None);
    }
}
