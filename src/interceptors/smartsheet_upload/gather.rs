//! Local files, opened and measured, before any of them leaves.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::sync::Arc;

use super::cells::{Cell, Kind};
use crate::files::{FileError, FileId, FileRoots, HEAD_BYTES, Measured, OpenedFile, image_type};
use crate::interceptors::ToolError;
use crate::interceptors::files_out::{CALL_LIMIT, FILE_LIMIT, Leaving, not_opened};

/// Distinct files in one call.
const MAX_FILES: usize = 50;

/// One file that is to leave.
#[derive(Debug, Clone)]
pub(super) struct Gathered {
    /// A copy that nobody else can reach: what was measured is what leaves, whatever
    /// happens to the original meanwhile.
    pub(super) copy: Arc<File>,
    pub(super) about: Leaving,
    is_image: bool,
}

/// The files of all cells: `files[which[i]]` is that of `cells[i]`.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) files: Vec<Gathered>,
    pub(super) which: Vec<usize>,
}

/// Opens and copies every file that the cells name, each once.
///
/// # Errors
/// The first file that may not leave, or can't be read.
pub(super) async fn gather(roots: &FileRoots, cells: &[Cell]) -> Result<Files, ToolError> {
    let mut files: Vec<Gathered> = Vec::new();
    let mut which = Vec::with_capacity(cells.len());
    let mut by_path: HashMap<&str, usize> = HashMap::new();
    let mut by_id: HashMap<FileId, usize> = HashMap::new();
    let mut total = 0;
    for cell in cells {
        let index = if let Some(index) = by_path.get(cell.path.as_str()) {
            *index
        } else {
            let known = by_id.clone();
            let opened = roots
                .open_then(&cell.path, FILE_LIMIT, move |file| {
                    let id = file.id;
                    match known.get(&id) {
                        Some(index) => Ok((id, Err(*index))),
                        None => Ok((id, Ok(copy(file)?))),
                    }
                })
                .await
                .map_err(|error| not_opened(&cell.place.to_string(), &error))?;
            match opened {
                (_, Err(index)) => index,
                (id, Ok(file)) => {
                    total += file.about.size;
                    admit(cell, &file, files.len(), total)?;
                    files.push(file);
                    by_id.insert(id, files.len() - 1);
                    files.len() - 1
                }
            }
        };
        by_path.insert(&cell.path, index);
        if cell.kind == Kind::Image && files.get(index).is_none_or(|file| !file.is_image) {
            return Err(ToolError::invalid_args(format!(
                "{}: the file is no PNG, JPEG, GIF, WebP or BMP image",
                cell.place
            ))
            .reason("not_an_image")
            .next("Name an image, or attach the file with file_path in a file field."));
        }
        which.push(index);
    }
    Ok(Files { files, which })
}

fn admit(cell: &Cell, file: &Gathered, others: usize, total: u64) -> Result<(), ToolError> {
    let place = &cell.place;
    if file.about.size == 0 {
        return Err(ToolError::invalid_args(format!("{place}: the file is empty")).reason("empty"));
    }
    if others >= MAX_FILES {
        return Err(ToolError::too_large(
            format!("{place}: at most {MAX_FILES} different files may be sent in one call"),
            others as u64 + 1,
            MAX_FILES as u64,
        ));
    }
    if total > CALL_LIMIT {
        return Err(ToolError::too_large(
            format!(
                "{place}: with `{}` the files have {total} bytes, at most {CALL_LIMIT} are \
                 allowed in one call",
                file.about.name
            ),
            total,
            CALL_LIMIT,
        ));
    }
    Ok(())
}

fn copy(mut file: OpenedFile) -> Result<Gathered, FileError> {
    let failed = |source: io::Error| FileError::Io {
        given: file.given.clone(),
        source,
    };
    let to = tempfile::tempfile().map_err(failed)?;
    // One byte more than allowed, so that a file that has grown is noticed.
    let mut measured = Measured::new(to, file.limit.saturating_add(1), HEAD_BYTES);
    let mut from = (&file.file).take(file.limit.saturating_add(1));
    io::copy(&mut from, &mut measured)
        .and_then(|_| measured.flush())
        .map_err(failed)?;
    let (mut copy, found) = measured.finish();
    copy.rewind().map_err(failed)?;
    file.within_limit(found.size)?;
    Ok(Gathered {
        copy: Arc::new(copy),
        is_image: image_type(&found.head, found.size).is_some(),
        about: Leaving {
            name: std::mem::take(&mut file.name),
            relative: std::mem::take(&mut file.relative),
            size: found.size,
            sha256: found.sha256,
        },
    })
}
