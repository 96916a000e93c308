//! Uploads under way, and what was uploaded.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

use crate::ids::{BotId, MediaId};
use crate::sim::entry::EntryMedia;
use crate::sim::rules::{self, Chunk, MEDIA_LIFE_MS, Refusal, Session, Upload, code};

/// A finished upload.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Media {
    /// The bot that uploaded it and may send it; `None` for what a person sent.
    pub(in crate::sim) bot: Option<BotId>,
    /// `image`, `voice`, `video` or `file`.
    pub(in crate::sim) kind: String,
    /// File name.
    pub(in crate::sim) name: String,
    /// The bytes.
    pub(in crate::sim) data: Bytes,
    /// Its lower-case MD5, of what a person sent.
    pub(in crate::sim) md5: Option<String>,
    /// When it was finished (Unix milliseconds).
    pub(in crate::sim) at_ms: i64,
}

impl Media {
    /// As an entry shows it.
    pub(super) fn shown(&self, id: MediaId) -> EntryMedia {
        EntryMedia {
            id,
            name: self.name.clone(),
            size: u64::try_from(self.data.len()).unwrap_or(u64::MAX),
            kind: self.kind.clone(),
        }
    }
}

#[derive(Debug)]
struct Open {
    bot: BotId,
    opened_ms: i64,
    session: Session,
    result: Option<MediaId>,
}

/// All uploads, bounded in number and bytes.
#[derive(Debug, Default)]
pub(in crate::sim) struct MediaStore {
    uploads: HashMap<String, Open>,
    uploads_order: VecDeque<String>,
    upload_bytes: usize,
    media: HashMap<MediaId, Media>,
    media_order: VecDeque<MediaId>,
    media_bytes: usize,
}

impl MediaStore {
    /// Opens an upload under `id`; the oldest makes room.
    pub(super) fn open(&mut self, id: String, bot: BotId, upload: Upload, now_ms: i64) {
        self.uploads_order.push_back(id.clone());
        let session = Session::new(upload);
        self.uploads.insert(
            id,
            Open {
                bot,
                opened_ms: now_ms,
                session,
                result: None,
            },
        );
        self.shrink_uploads();
    }

    /// Takes a chunk.
    pub(super) fn put(
        &mut self,
        bot: &BotId,
        id: &str,
        chunk: Chunk,
        now_ms: i64,
    ) -> Result<(), Refusal> {
        let open = find(&mut self.uploads, bot, id, now_ms)?;
        if open.result.is_some() {
            return Err(Refusal::parameter("the upload is finished"));
        }
        let before = open.session.size();
        open.session.put(chunk)?;
        self.upload_bytes = self.upload_bytes + open.session.size() - before;
        self.shrink_uploads();
        Ok(())
    }

    /// Closes an upload; asked again, it gives the same answer. `new_id` is used for the
    /// first.
    pub(super) fn finish(
        &mut self,
        bot: &BotId,
        id: &str,
        new_id: MediaId,
        now_ms: i64,
    ) -> Result<(MediaId, &Media), Refusal> {
        let open = find(&mut self.uploads, bot, id, now_ms)?;
        let media_id = if let Some(done) = &open.result {
            done.clone()
        } else {
            let data = rules::finish(&open.session)?;
            self.upload_bytes -= open.session.size();
            let upload = open.session.upload.clone();
            open.session = Session::new(upload.clone());
            open.result = Some(new_id.clone());
            let media = Media {
                bot: Some(bot.clone()),
                kind: upload.kind,
                name: upload.filename,
                data,
                md5: None,
                at_ms: now_ms,
            };
            self.keep(new_id.clone(), media);
            new_id
        };
        match self.media.get(&media_id) {
            Some(media) => Ok((media_id, media)),
            None => Err(no_media()),
        }
    }

    /// Keeps a file; the oldest make room.
    pub(super) fn keep(&mut self, id: MediaId, media: Media) {
        self.media_bytes += media.data.len();
        self.media_order.push_back(id.clone());
        self.media.insert(id, media);
        self.shrink_media();
    }

    /// What a bot may send under `id` as `kind`.
    pub(super) fn usable(
        &self,
        bot: &BotId,
        id: &MediaId,
        kind: &str,
        now_ms: i64,
    ) -> Result<&Media, Refusal> {
        self.media
            .get(id)
            .filter(|media| media.bot.as_ref() == Some(bot) && media.kind == kind)
            .filter(|media| now_ms - media.at_ms <= MEDIA_LIFE_MS)
            .ok_or_else(no_media)
    }

    /// Whatever has this id.
    pub(in crate::sim) fn get(&self, id: &MediaId) -> Option<&Media> {
        self.media.get(id)
    }

    fn shrink_uploads(&mut self) {
        while self.uploads_order.len() > 1
            && (self.uploads_order.len() > UPLOADS_MAX || self.upload_bytes > BYTES_MAX)
            && let Some(oldest) = self.uploads_order.pop_front()
        {
            if let Some(open) = self.uploads.remove(&oldest) {
                self.upload_bytes -= open.session.size();
            }
        }
    }

    fn shrink_media(&mut self) {
        while self.media_order.len() > 1
            && (self.media_order.len() > MEDIA_MAX || self.media_bytes > BYTES_MAX)
            && let Some(oldest) = self.media_order.pop_front()
        {
            if let Some(media) = self.media.remove(&oldest) {
                self.media_bytes -= media.data.len();
            }
        }
    }
}

fn find<'a>(
    uploads: &'a mut HashMap<String, Open>,
    bot: &BotId,
    id: &str,
    now_ms: i64,
) -> Result<&'a mut Open, Refusal> {
    uploads
        .get_mut(id)
        .filter(|open| open.bot == *bot && now_ms - open.opened_ms <= SESSION_LIFE_MS)
        .ok_or_else(|| Refusal::normal(code::BAD_PARAMETER, "invalid upload_id"))
}

fn no_media() -> Refusal {
    Refusal::normal(code::BAD_MEDIA_ID, "invalid media_id")
}

/// An upload must be finished within half an hour.
const SESSION_LIFE_MS: i64 = 30 * 60_000;
/// Uploads under way that are remembered.
const UPLOADS_MAX: usize = 256;
/// Finished uploads that are remembered, of bots and people.
const MEDIA_MAX: usize = 4_096;
/// Bytes of all uploads under way, and again of all finished ones.
const BYTES_MAX: usize = 128 * 1_024 * 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(size: u64) -> Upload {
        Upload {
            kind: "file".to_owned(),
            filename: "f.txt".to_owned(),
            total_size: size,
            total_chunks: 1,
            md5: None,
        }
    }

    fn chunk(data: &'static [u8]) -> Chunk {
        Chunk {
            index: 0,
            data: Bytes::from_static(data),
        }
    }

    #[test]
    fn an_upload_belongs_to_its_bot_for_half_an_hour() {
        let (bot, other) = (BotId::from("a"), BotId::from("b"));
        let mut store = MediaStore::default();
        store.open("U".to_owned(), bot.clone(), upload(6), 0);
        let code = |result: Result<(), Refusal>| result.err().map(|refusal| refusal.code);
        assert_eq!(code(store.put(&bot, "U", chunk(b"abcdef"), 1)), None);
        assert_eq!(
            code(store.put(&other, "U", chunk(b"abcdef"), 1)),
            Some(code::BAD_PARAMETER)
        );
        assert_eq!(
            code(store.put(&bot, "V", chunk(b"abcdef"), 1)),
            Some(code::BAD_PARAMETER)
        );
        let late = SESSION_LIFE_MS + 1;
        assert_eq!(
            code(store.put(&bot, "U", chunk(b"abcdef"), late)),
            Some(code::BAD_PARAMETER)
        );

        let (first, _) = store.finish(&bot, "U", "M1".into(), 2).unwrap();
        let (again, media) = store.finish(&bot, "U", "M2".into(), 3).unwrap();
        assert_eq!((first, again.clone()), (MediaId::from("M1"), again));
        assert_eq!((media.at_ms, media.data.as_ref()), (2, b"abcdef".as_ref()));
        assert_eq!(
            code(store.put(&bot, "U", chunk(b"abcdef"), 4)),
            Some(code::BAD_PARAMETER)
        );
        assert_eq!(store.upload_bytes, 0);
    }

    #[test]
    fn media_is_used_as_what_it_is_for_three_days() {
        let bot = BotId::from("a");
        let mut store = MediaStore::default();
        store.open("U".to_owned(), bot.clone(), upload(6), 0);
        store.put(&bot, "U", chunk(b"abcdef"), 0).unwrap();
        store.finish(&bot, "U", "M".into(), 0).unwrap();
        let cases = [
            ("a", "M", "file", 0, true),
            ("a", "M", "file", MEDIA_LIFE_MS, true),
            ("a", "M", "file", MEDIA_LIFE_MS + 1, false),
            ("a", "M", "image", 0, false),
            ("b", "M", "file", 0, false),
            ("a", "m", "file", 0, false),
        ];
        for (bot, id, kind, at, usable) in cases {
            let found = store.usable(&bot.into(), &id.into(), kind, at);
            assert_eq!(found.is_ok(), usable, "{bot} {id} {kind} {at}");
        }
    }

    #[test]
    fn what_a_person_sent_is_no_bots_to_send() {
        let mut store = MediaStore::default();
        let media = Media {
            bot: None,
            kind: "file".to_owned(),
            name: "f.txt".to_owned(),
            data: Bytes::from_static(b"abcdef"),
            md5: None,
            at_ms: 0,
        };
        store.keep("M".into(), media);
        assert!(store.get(&"M".into()).is_some());
        let usable = store.usable(&"a".into(), &"M".into(), "file", 0);
        assert_eq!(
            usable.err().map(|refusal| refusal.code),
            Some(code::BAD_MEDIA_ID)
        );
    }

    #[test]
    fn the_oldest_uploads_make_room() {
        let bot = BotId::from("a");
        let mut store = MediaStore::default();
        for n in 0..=UPLOADS_MAX {
            store.open(format!("U{n}"), bot.clone(), upload(6), 0);
        }
        assert!(store.put(&bot, "U0", chunk(b"abcdef"), 0).is_err());
        assert!(store.put(&bot, "U1", chunk(b"abcdef"), 0).is_ok());
    }
}
