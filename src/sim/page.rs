//! The chat page's files.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

/// The page itself.
pub(super) fn index() -> Response {
    Html(INDEX).into_response()
}

/// One of the page's files.
pub(super) async fn file(Path(path): Path<String>) -> Response {
    match FILES.iter().find(|file| file.path == path) {
        Some(file) => ([(header::CONTENT_TYPE, file.content_type)], file.text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A file of the page, part of the binary.
struct File {
    path: &'static str,
    content_type: &'static str,
    text: &'static str,
}

const INDEX: &str = "<!doctype html><title>WeCom simulator</title><p>See /sim/state</p>";

const FILES: &[File] = &[File {
    path: "index.html",
    content_type: "text/html; charset=utf-8",
    text: INDEX,
}];
