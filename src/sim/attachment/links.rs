//! The addresses that bots were given.

use std::collections::{HashMap, VecDeque};

use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::AttachmentKind;
use super::cipher::FileKey;
use super::fault::{DownloadFaultKind, Standing};
use super::handover::{Handover, KeyManner};
use super::journal::{Download, Fetch};
use crate::ids::{BotId, MediaId, MessageId};

/// A file that is to be handed over.
#[derive(Debug)]
pub(in crate::sim) struct Link<'a> {
    /// The bot that gets it.
    pub(in crate::sim) bot: &'a BotId,
    /// The message that carries it.
    pub(in crate::sim) msgid: &'a MessageId,
    /// What it is sent as.
    pub(in crate::sim) kind: AttachmentKind,
    /// The stored file.
    pub(in crate::sim) media: &'a MediaId,
    /// Its name.
    pub(in crate::sim) name: &'a str,
    /// Its size in bytes.
    pub(in crate::sim) size: usize,
    /// Its digest, where it is known.
    pub(in crate::sim) md5: Option<&'a str>,
    /// How it is handed over.
    pub(in crate::sim) handover: &'a Handover,
    /// The key of the bot's callbacks, if it is called: its files lie under that.
    pub(in crate::sim) callback_key: Option<[u8; 32]>,
}

/// A request that an address allows.
#[derive(Debug)]
pub(super) struct Granted {
    /// The stored file.
    pub(super) media: MediaId,
    /// The key, unless it lies there as it is.
    pub(super) key: Option<FileKey>,
    /// `Content-Disposition`.
    pub(super) disposition: Option<String>,
    /// What goes wrong this time.
    pub(super) faults: Vec<DownloadFaultKind>,
    /// The whole URL.
    pub(super) url: String,
}

/// The last addresses, with their requests.
#[derive(Debug)]
pub(in crate::sim) struct Links {
    base: String,
    by_id: HashMap<String, Issued>,
    order: VecDeque<String>,
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct Issued {
    download: Download,
    sign: String,
    key: Option<FileKey>,
    disposition: Option<String>,
    standing: Standing,
}

impl Default for Links {
    fn default() -> Self {
        Self {
            base: String::new(),
            by_id: HashMap::new(),
            order: VecDeque::new(),
            changes: watch::Sender::new(0),
        }
    }
}

impl Links {
    /// Sets the address that all of them begin with.
    pub(in crate::sim) fn listen_at(&mut self, base: String) {
        self.base = base;
    }

    /// Makes an address; the oldest makes room. Returns its name and the object of a push
    /// that tells of it.
    pub(in crate::sim) fn add(&mut self, link: &Link<'_>, now_ms: i64) -> (String, Value) {
        let id = random_hex();
        let sign = random_hex();
        let url = format!("{}/cos/{id}?sign={sign}", self.base);
        let (key, told) = keys(link);
        let mut pushed = Map::new();
        pushed.insert("url".to_owned(), json!(url));
        if let Some(told) = told {
            pushed.insert("aeskey".to_owned(), json!(told.text()));
        }
        let is_file = link.kind == AttachmentKind::File;
        let is_hinted = is_file && link.callback_key.is_none();
        if link.handover.hints.unwrap_or(is_hinted) {
            pushed.insert("filename".to_owned(), json!(link.name));
            pushed.insert("file_size".to_owned(), json!(link.size));
            if let Some(md5) = link.md5 {
                pushed.insert("md5".to_owned(), json!(md5));
            }
        }
        let disposition = match &link.handover.disposition {
            Some(disposition) => Some(disposition.clone()),
            None => is_file.then(|| disposition(link.name)),
        };
        let life_ms = i64::try_from(link.handover.life_ms).unwrap_or(i64::MAX);
        let issued = Issued {
            download: Download {
                id: id.clone(),
                url,
                bot: link.bot.clone(),
                msgid: link.msgid.clone(),
                kind: link.kind,
                media: link.media.clone(),
                name: link.name.to_owned(),
                size: u64::try_from(link.size).unwrap_or(u64::MAX),
                at: now_ms,
                expires_at: now_ms.saturating_add(life_ms),
                fetched: 0,
                fetches: Vec::new(),
            },
            sign,
            key: (link.handover.key != KeyManner::Plain).then_some(key),
            disposition,
            standing: Standing::new(&link.handover.faults),
        };
        self.order.push_back(id.clone());
        self.by_id.insert(id.clone(), issued);
        if self.order.len() > LINKS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_id.remove(&oldest);
        }
        (id, Value::Object(pushed))
    }

    /// Whether a request for an address is good; it is written down in any case. The
    /// refusal is an HTTP status.
    pub(super) fn ask(&mut self, id: &str, sign: &str, now_ms: i64) -> Result<Granted, u16> {
        let Some(issued) = self.by_id.get_mut(id) else {
            return Err(NOT_FOUND);
        };
        let download = &mut issued.download;
        let is_good = issued.sign == sign && now_ms < download.expires_at;
        let faults = if is_good {
            issued.standing.next()
        } else {
            Vec::new()
        };
        let status = faults.iter().find_map(|fault| match fault {
            DownloadFaultKind::Status(status) => Some(*status),
            DownloadFaultKind::Redirect(_) => Some(FOUND),
            _ => None,
        });
        let status = if is_good {
            status.unwrap_or(OK)
        } else {
            FORBIDDEN
        };
        download.fetched += 1;
        if download.fetches.len() < FETCHES_MAX {
            download.fetches.push(Fetch { at: now_ms, status });
        }
        self.changes.send_modify(|n| *n += 1);
        if !is_good {
            return Err(FORBIDDEN);
        }
        Ok(Granted {
            media: download.media.clone(),
            key: issued.key,
            disposition: issued.disposition.clone(),
            faults,
            url: download.url.clone(),
        })
    }

    /// All that are remembered, oldest first.
    pub(in crate::sim) fn list(&self) -> impl Iterator<Item = &Download> {
        self.order
            .iter()
            .filter_map(|id| Some(&self.by_id.get(id)?.download))
    }

    /// Tells of requests.
    pub(in crate::sim) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

/// The key under which a file lies, and the one that the push tells. Callbacks tell none:
/// their files lie under the callbacks' own key.
fn keys(link: &Link<'_>) -> (FileKey, Option<FileKey>) {
    let own = FileKey::draw();
    match (link.callback_key, link.handover.key) {
        (Some(key), KeyManner::Right | KeyManner::Plain) => (FileKey::of(key), None),
        (None, KeyManner::Right) | (_, KeyManner::Own) => (own, Some(own)),
        (None, KeyManner::Wrong) => (own, Some(FileKey::draw())),
        (Some(_), KeyManner::Wrong) | (_, KeyManner::Missing) | (None, KeyManner::Plain) => {
            (own, None)
        }
    }
}

/// A name in both forms: old clients read the first, the second says the encoding.
fn disposition(name: &str) -> String {
    let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    format!("attachment; filename=\"{encoded}\"; filename*=UTF-8''{encoded}")
}

fn random_hex() -> String {
    format!("{:032x}", rand::random::<u128>())
}

const OK: u16 = 200;
const FOUND: u16 = 302;
const FORBIDDEN: u16 = 403;
const NOT_FOUND: u16 = 404;
/// Addresses that are remembered: more than can be valid at a time in any test.
const LINKS_MAX: usize = 4_096;
/// Requests for one address that are remembered; the rest is counted.
const FETCHES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn add(links: &mut Links, handover: &Handover, now_ms: i64) -> (String, Value) {
        let link = Link {
            bot: &"b".into(),
            msgid: &"m".into(),
            kind: AttachmentKind::File,
            media: &"M".into(),
            name: "日报.pdf",
            size: 5,
            md5: Some("00"),
            handover,
            callback_key: None,
        };
        links.add(&link, now_ms)
    }

    fn sign(pushed: &Value) -> String {
        let url = pushed["url"].as_str().unwrap();
        url.split_once("?sign=").unwrap().1.to_owned()
    }

    #[test]
    fn an_address_is_valid_with_its_sign_until_it_expires() {
        let mut links = Links::default();
        let (id, pushed) = add(&mut links, &Handover::default(), 1_000);
        let sign = sign(&pushed);
        assert_eq!(pushed["filename"], "日报.pdf");
        let name = "%E6%97%A5%E6%8A%A5%2Epdf";
        let expected = format!("attachment; filename=\"{name}\"; filename*=UTF-8''{name}");
        let granted = links.ask(&id, &sign, 300_999).unwrap();
        assert_eq!(granted.disposition, Some(expected));
        assert_eq!(links.ask(&id, &sign, 301_000).unwrap_err(), 403);
        assert_eq!(links.ask(&id, "0", 1_000).unwrap_err(), 403);
        assert_eq!(links.ask("x", &sign, 1_000).unwrap_err(), 404);
        let download = links.list().next().unwrap();
        let statuses: Vec<u16> = download.fetches.iter().map(|fetch| fetch.status).collect();
        assert_eq!((download.fetched, statuses), (3, vec![200, 403, 403]));
    }

    #[test]
    fn the_key_is_told_as_it_is_wanted() {
        let mut links = Links::default();
        let cases = [
            (KeyManner::Right, true, true),
            (KeyManner::Wrong, true, true),
            (KeyManner::Missing, false, true),
            (KeyManner::Plain, false, false),
        ];
        for (key, is_told, is_encrypted) in cases {
            let handover = Handover {
                key,
                ..Handover::default()
            };
            let (id, pushed) = add(&mut links, &handover, 0);
            let used = links.ask(&id, &sign(&pushed), 0).unwrap().key;
            assert_eq!(pushed.get("aeskey").is_some(), is_told, "{key:?}");
            assert_eq!(used.is_some(), is_encrypted, "{key:?}");
            let told = pushed.get("aeskey").and_then(Value::as_str);
            let used = used.map(|key| key.text());
            assert_eq!(
                told == used.as_deref(),
                key == KeyManner::Right || !is_encrypted
            );
        }
    }

    #[test]
    fn the_oldest_addresses_and_requests_make_room() {
        let mut links = Links::default();
        let (first, pushed) = add(&mut links, &Handover::default(), 0);
        for _ in 0..=FETCHES_MAX {
            links.ask(&first, &sign(&pushed), 0).unwrap();
        }
        let kept = links.list().next().unwrap();
        assert_eq!(kept.fetches.len(), FETCHES_MAX);
        assert_eq!(kept.fetched, u64::try_from(FETCHES_MAX).unwrap() + 1);
        for _ in 0..LINKS_MAX {
            add(&mut links, &Handover::default(), 0);
        }
        assert_eq!(links.ask(&first, &sign(&pushed), 0).unwrap_err(), 404);
        assert_eq!(links.list().count(), LINKS_MAX);
    }
}
