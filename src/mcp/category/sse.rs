//! Server-sent events, taken apart as they arrive.

use super::body::make_room;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// A reader of events. It keeps one event at a time, whose data is built in the buffer it
/// arrived in, and leaves it to its owner to limit what is pushed.
///
/// The stream may begin with a byte order mark; lines end with LF, CR or both. What the
/// format does not know is ignored, so a strict reader's errors do not exist.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    data: Option<Vec<u8>>,
    begun: bool,
    after_cr: bool,
}

impl Events {
    /// Takes the next piece of the stream; `event` is given the data of every event that is
    /// complete with it.
    pub(super) fn push(&mut self, mut piece: &[u8], mut event: impl FnMut(Vec<u8>)) {
        while let Some(first) = piece.first() {
            if std::mem::take(&mut self.after_cr) && *first == b'\n' {
                piece = piece.get(1..).unwrap_or_default();
                continue;
            }
            let end = piece.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (line, rest) = piece.split_at(end.unwrap_or(piece.len()));
            make_room(&mut self.line, line.len());
            self.line.extend_from_slice(line);
            let Some((ending, rest)) = rest.split_first() else {
                return;
            };
            self.after_cr = *ending == b'\r';
            piece = rest;
            if let Some(data) = self.end_line() {
                event(data);
            }
        }
    }

    /// The data of an event that the end of the stream cut off. The format says to drop it;
    /// some servers forget the last blank line.
    pub(super) fn finish(mut self) -> Option<Vec<u8>> {
        self.end_line().or(self.data)
    }

    /// Ends a line; a blank one ends the event.
    fn end_line(&mut self) -> Option<Vec<u8>> {
        if !std::mem::replace(&mut self.begun, true) && self.line.starts_with(BOM) {
            self.line.drain(..BOM.len());
        }
        if self.line.is_empty() {
            return self.data.take();
        }
        let colon = self.line.iter().position(|byte| *byte == b':');
        let (name, value) = match colon {
            Some(colon) => (self.line.get(..colon), colon + 1),
            None => (self.line.get(..), self.line.len()),
        };
        if name == Some(b"data") {
            let value = value + usize::from(self.line.get(value) == Some(&b' '));
            match &mut self.data {
                // A large answer is one line: its buffer becomes the data.
                None => {
                    self.line.drain(..value);
                    self.data = Some(std::mem::take(&mut self.line));
                }
                Some(data) => {
                    let line = self.line.get(value..).unwrap_or_default();
                    make_room(data, line.len() + 1);
                    data.push(b'\n');
                    data.extend_from_slice(line);
                }
            }
        }
        self.line.clear();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of a stream that arrives in pieces of `size` bytes, and its rest.
    fn events(stream: &[u8], size: usize) -> (Vec<String>, Option<String>) {
        let mut events = Events::default();
        let mut seen = Vec::new();
        for piece in stream.chunks(size) {
            events.push(piece, |data| seen.push(String::from_utf8(data).unwrap()));
        }
        let rest = events.finish().map(|data| String::from_utf8(data).unwrap());
        (seen, rest)
    }

    #[test]
    fn streams_are_read_alike_however_they_are_cut() {
        let rows: [(&str, &[&str], Option<&str>); 12] = [
            ("data: a\n\ndata: b\n\n", &["a", "b"], None),
            ("data: a\r\n\r\ndata: b\r\n\r\n", &["a", "b"], None),
            ("data: a\r\rdata: b\r\r", &["a", "b"], None),
            ("\u{feff}data: a\n\n", &["a"], None),
            ("\n\u{feff}data: a\n\n", &[], None),
            (": ping\n\n: ping\ndata: a\n\n", &["a"], None),
            ("data: {\ndata:  \"x\"\ndata:}\n\n", &["{\n \"x\"\n}"], None),
            ("event: message\nid: 1\nretry: x\ndata: a\n\n", &["a"], None),
            ("id\nunknown: y\ndata\n\n", &[""], None),
            ("event: a\nevent: b\ndata: 二\n\n", &["二"], None),
            ("data: a\n\ndata: cut", &["a"], Some("cut")),
            ("data: a\n\ndata: cut\n", &["a"], Some("cut")),
        ];
        for (stream, seen, rest) in rows {
            for size in 1..=stream.len() {
                let (events, left) = events(stream.as_bytes(), size);
                assert_eq!(events, seen, "{stream:?} in pieces of {size}");
                assert_eq!(left.as_deref(), rest, "{stream:?} in pieces of {size}");
            }
        }
    }
}
