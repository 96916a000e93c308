//! How long a voice recording plays: AMR has no header that says it.

use std::time::Duration;

/// What narrow-band AMR begins with.
const MAGIC: &[u8] = b"#!AMR\n";

/// Bytes of a frame behind its first one, by the frame's type: eight bit rates, comfort
/// noise of four kinds, three types without a meaning, and silence.
const BYTES_BY_TYPE: [usize; 16] = [12, 13, 15, 17, 19, 20, 26, 31, 5, 6, 5, 5, 0, 0, 0, 0];

/// What one frame plays.
const FRAME: Duration = Duration::from_millis(20);

/// Counts the frames of a recording while it passes by.
#[derive(Debug, Clone, Default)]
pub(super) struct AmrCounter {
    head: Head,
    frames: u32,
    /// Bytes of the frame under way that are still to come.
    missing: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    /// So much of the magic was seen.
    Reading(usize),
    Amr,
    Other,
}

impl Default for Head {
    fn default() -> Self {
        Self::Reading(0)
    }
}

impl AmrCounter {
    /// Looks at the next bytes.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while let Head::Reading(seen) = self.head {
            let Some((first, rest)) = bytes.split_first() else {
                return;
            };
            bytes = rest;
            self.head = match MAGIC.get(seen) {
                Some(expected) if expected == first && seen + 1 == MAGIC.len() => Head::Amr,
                Some(expected) if expected == first => Head::Reading(seen + 1),
                _ => Head::Other,
            };
        }
        if self.head == Head::Other {
            return;
        }
        loop {
            let Some((_, behind)) = bytes.split_at_checked(self.missing) else {
                self.missing -= bytes.len();
                return;
            };
            bytes = behind;
            self.missing = 0;
            let Some((first, rest)) = bytes.split_first() else {
                return;
            };
            bytes = rest;
            self.frames = self.frames.saturating_add(1);
            let kind = usize::from(first >> 3 & 0x0F);
            self.missing = BYTES_BY_TYPE.get(kind).copied().unwrap_or_default();
        }
    }

    /// How long what passed by plays; `None` if it is no narrow-band AMR.
    pub(super) fn playing_time(&self) -> Option<Duration> {
        (self.head == Head::Amr).then(|| FRAME.saturating_mul(self.frames))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `frames` of type 7 (12.2 kbit/s), the only one that phones record in.
    fn recording(frames: usize) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for _ in 0..frames {
            bytes.push(0x3C);
            bytes.extend([0xA5; 31]);
        }
        bytes
    }

    fn time_of(bytes: &[u8], piece: usize) -> Option<Duration> {
        let mut counter = AmrCounter::default();
        for piece in bytes.chunks(piece) {
            counter.update(piece);
        }
        counter.playing_time()
    }

    #[test]
    fn frames_are_counted_however_the_bytes_come() {
        for piece in [1, 7, 32, 1000, 1 << 20] {
            let time = time_of(&recording(3_000), piece);
            assert_eq!(time, Some(Duration::from_mins(1)), "{piece}");
        }
    }

    #[test]
    fn frames_of_every_type_have_their_length() {
        let mut bytes = MAGIC.to_vec();
        for (kind, length) in BYTES_BY_TYPE.iter().enumerate() {
            bytes.push(u8::try_from(kind << 3).unwrap() | 0x04);
            bytes.extend(vec![0xFF; *length]);
        }
        assert_eq!(time_of(&bytes, 5), Some(FRAME * 16));
    }

    #[test]
    fn other_bytes_play_no_time() {
        assert_eq!(time_of(b"#!AMR-WB\n\x04", 3), None);
        assert_eq!(time_of(b"#!AM", 3), None);
        assert_eq!(time_of(b"", 3), None);
        assert_eq!(time_of(b"#!AMR\n", 3), Some(Duration::ZERO));
    }
}
