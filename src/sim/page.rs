//! The chat page's files, part of the binary.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The page itself.
pub(super) fn index() -> Response {
    response("index.html", INDEX)
}

/// One of the page's files.
pub(super) async fn file(Path(path): Path<String>) -> Response {
    match FILES.iter().find(|(name, _)| *name == path) {
        Some((name, text)) => response(name, text),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn response(name: &str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type(name)),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // Another version may listen on the same port tomorrow.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// What bots write is shown on this page: whatever it may contain, it can neither run
/// nor fetch anything from elsewhere, and no other page can frame it.
const POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

macro_rules! files {
    ($($name:literal,)*) => {
        &[$(($name, include_str!(concat!("page/", $name)))),*]
    };
}

const INDEX: &str = include_str!("page/index.html");

/// Name and text of every file but the index.
const FILES: &[(&str, &str)] = files![
    "actions.js",
    "announcer.js",
    "api.js",
    "app.js",
    "avatar.js",
    "base.css",
    "blocks.js",
    "card-form.js",
    "card.css",
    "card.js",
    "chat-id.js",
    "chat-list.js",
    "clipboard.js",
    "composer.css",
    "composer.js",
    "conversation.js",
    "detail-view.js",
    "dialog.js",
    "dom.js",
    "emitter.js",
    "enter.js",
    "entry-view.js",
    "faults.js",
    "feed.js",
    "fields.js",
    "hook-faults.js",
    "i18n.js",
    "icon.svg",
    "icons.js",
    "inline.js",
    "layout.css",
    "lightbox.js",
    "markdown.css",
    "markdown.js",
    "media-kind.js",
    "media-view.js",
    "mention.js",
    "overlay.css",
    "partner.js",
    "persona.js",
    "plain-text.js",
    "rail.js",
    "rating.js",
    "reasoning.js",
    "router.js",
    "shell.js",
    "store.js",
    "stream-body.js",
    "summary.js",
    "texts.js",
    "time.js",
    "toast.js",
    "transcript-view.js",
    "transcript.css",
    "transcript.js",
    "tray.js",
    "types.js",
    "typewriter.js",
    "voice-dialog.js",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sim/page");
        let mut on_disk: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "index.html")
            .collect();
        on_disk.sort();
        let served: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(served, on_disk);
    }

    #[test]
    fn every_file_has_a_type_that_browsers_accept() {
        for (name, _) in FILES {
            assert_ne!(content_type(name), "application/octet-stream", "{name}");
        }
    }

    #[test]
    fn the_page_loads_nothing_from_elsewhere() {
        for (name, text) in FILES.iter().chain(&[("index.html", INDEX)]) {
            for outside in [
                "src=\"http",
                "href=\"http",
                "url(http",
                "import 'http",
                "from 'http",
            ] {
                assert!(!text.contains(outside), "{name} has {outside}");
            }
        }
    }
}
