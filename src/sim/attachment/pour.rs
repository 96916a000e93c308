//! The body of a file that is fetched: in pieces, and as broken as it is wanted.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio_util::sync::CancellationToken;

use super::cipher::{Encryption, FileKey};
use super::fault::DownloadFaultKind;

/// What a body consists of.
pub(super) enum Source {
    /// A file, encrypted on its way.
    Encrypted(Box<Encryption>),
    /// A file as it is.
    Plain(Option<Bytes>),
    /// So many zeros.
    Zeros(u64),
}

/// A body, and the length that is announced for it.
pub(super) struct Pour {
    source: Source,
    ready: Bytes,
    /// Bytes that come yet.
    left: u64,
    piece: usize,
    pause: Duration,
    end: End,
    announced: Option<u64>,
}

/// How a body ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Orderly,
    Cut,
    Stall,
    Over,
}

impl Pour {
    /// The body of a file under its key, with its faults.
    pub(super) fn new(data: Bytes, key: Option<FileKey>, faults: &[DownloadFaultKind]) -> Self {
        let size = data.len();
        let huge = faults.iter().find_map(|fault| match fault {
            DownloadFaultKind::Huge(bytes) => Some((*bytes).min(HUGE_MAX)),
            _ => None,
        });
        let (source, whole) = match (huge, key) {
            (Some(bytes), _) => (Source::Zeros(bytes), bytes),
            (None, Some(key)) => {
                let source = Source::Encrypted(Box::new(Encryption::new(key, data)));
                (source, length(Encryption::length(size)))
            }
            (None, None) => (Source::Plain(Some(data)), length(size)),
        };
        let mut pour = Self {
            source,
            ready: Bytes::new(),
            left: whole,
            piece: usize::MAX,
            pause: Duration::ZERO,
            end: End::Orderly,
            announced: Some(whole),
        };
        for fault in faults {
            pour.suffer(fault, whole);
        }
        pour
    }

    fn suffer(&mut self, fault: &DownloadFaultKind, whole: u64) {
        match fault {
            DownloadFaultKind::Drip { bytes, pause_ms } => {
                self.piece = (*bytes).max(1);
                self.pause = Duration::from_millis(*pause_ms);
            }
            DownloadFaultKind::Stall(after) => {
                self.left = self.left.min(*after);
                self.end = End::Stall;
            }
            DownloadFaultKind::Cut(after) => {
                self.left = self.left.min(*after);
                self.end = End::Cut;
            }
            DownloadFaultKind::Truncate(after) => {
                self.left = self.left.min(*after);
                self.announced = Some(self.left);
            }
            DownloadFaultKind::LongLength(more) => {
                self.announced = Some(whole.saturating_add(*more));
                self.end = End::Cut;
            }
            DownloadFaultKind::ShortLength(fewer) => {
                self.announced = Some(whole.saturating_sub(*fewer));
            }
            DownloadFaultKind::NoLength => self.announced = None,
            _ => {}
        }
    }

    /// `Content-Length`, if it is announced.
    pub(super) fn announced(&self) -> Option<u64> {
        self.announced
    }

    /// The body. It ends early when the simulator stops.
    pub(super) fn stream(
        self,
        stop: CancellationToken,
    ) -> impl Stream<Item = Result<Bytes, io::Error>> {
        unfold((self, stop), |(mut pour, stop)| async move {
            let piece = tokio::select! {
                () = stop.cancelled() => None,
                piece = pour.next() => piece,
            };
            Some((piece?, (pour, stop)))
        })
    }

    async fn next(&mut self) -> Option<Result<Bytes, io::Error>> {
        if self.ready.is_empty() && self.left > 0 {
            self.ready = self.source.next().unwrap_or_default();
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let piece = self
            .ready
            .split_to(self.ready.len().min(self.piece).min(most));
        if piece.is_empty() {
            return match self.end {
                End::Orderly | End::Over => None,
                End::Stall => std::future::pending().await,
                End::Cut => {
                    self.end = End::Over;
                    // What was written must have left before the connection goes.
                    tokio::time::sleep(FLUSH).await;
                    Some(Err(io::Error::from(io::ErrorKind::ConnectionReset)))
                }
            };
        }
        self.left -= length(piece.len());
        if !self.pause.is_zero() {
            tokio::time::sleep(self.pause).await;
        }
        Some(Ok(piece))
    }
}

impl Source {
    fn next(&mut self) -> Option<Bytes> {
        match self {
            Self::Encrypted(encryption) => encryption.next(),
            Self::Plain(data) => data.take(),
            Self::Zeros(left) => {
                let size = usize::try_from(*left)
                    .unwrap_or(usize::MAX)
                    .min(ZEROS.len());
                *left -= length(size);
                Some(Bytes::from_static(ZEROS).slice(..size)).filter(|piece| !piece.is_empty())
            }
        }
    }
}

fn length(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

/// For written bytes to leave.
const FLUSH: Duration = Duration::from_millis(50);
static ZEROS: &[u8] = &[0; 64 * 1_024];
/// Bytes of a body that no file has: beyond every limit of a client, and no day's work.
const HUGE_MAX: u64 = 1 << 32;

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::DownloadFaultKind::{Cut, Huge, LongLength, NoLength, ShortLength, Stall, Truncate};
    use super::*;

    /// Announced length, bytes that came, and whether the end was a good one.
    type Poured = (Option<u64>, usize, bool);

    async fn poured(faults: &[DownloadFaultKind]) -> Poured {
        let pour = Pour::new(vec![1; 100_000].into(), None, faults);
        let announced = pour.announced();
        let mut stream = std::pin::pin!(pour.stream(CancellationToken::new()));
        let mut came = 0;
        loop {
            match tokio::time::timeout(Duration::from_mins(1), stream.next()).await {
                Ok(Some(Ok(piece))) => came += piece.len(),
                Ok(None) => return (announced, came, true),
                Ok(Some(Err(_))) | Err(_) => return (announced, came, false),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_are_as_broken_as_wanted() {
        let drip = DownloadFaultKind::Drip {
            bytes: 1_000,
            pause_ms: 10,
        };
        let cases: [(&[DownloadFaultKind], Poured); 10] = [
            (&[], (Some(100_000), 100_000, true)),
            (&[drip], (Some(100_000), 100_000, true)),
            (&[Stall(70_000)], (Some(100_000), 70_000, false)),
            (&[Cut(7)], (Some(100_000), 7, false)),
            (&[Truncate(7)], (Some(7), 7, true)),
            (&[LongLength(7)], (Some(100_007), 100_000, false)),
            (&[ShortLength(7)], (Some(99_993), 100_000, true)),
            (&[NoLength], (None, 100_000, true)),
            (&[Huge(1_000_000)], (Some(1_000_000), 1_000_000, true)),
            (&[Huge(200_000), NoLength, Cut(9)], (None, 9, false)),
        ];
        for (faults, expected) in cases {
            assert_eq!(poured(faults).await, expected, "{faults:?}");
        }
    }

    #[tokio::test]
    async fn a_stop_ends_a_body_that_stalls() {
        let stop = CancellationToken::new();
        let pour = Pour::new(Bytes::new(), None, &[Stall(0)]);
        let mut stream = std::pin::pin!(pour.stream(stop.clone()));
        stop.cancel();
        assert!(stream.next().await.is_none());
    }
}
