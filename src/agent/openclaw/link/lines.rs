//! Lines of bounded length, whichever pieces they arrive in.

use std::collections::VecDeque;
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes of a line, its newline included. What is larger goes by its path.
pub const MAX_LINE: usize = 1024 * 1024;

/// Bytes that are read at once.
const PIECE: usize = 64 * 1024;

/// A line was longer than [`MAX_LINE`]. Where the next one begins is not looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line of the link has more than {MAX_LINE} bytes")]
pub struct LineTooLong;

/// Puts pieces together to lines.
#[derive(Debug, Default)]
pub struct Assembler {
    /// The line that has no end yet; at most [`MAX_LINE`] bytes.
    open: Vec<u8>,
    /// Whole lines without their ends.
    lines: VecDeque<Vec<u8>>,
}

impl Assembler {
    /// Takes the next piece.
    ///
    /// # Errors
    /// [`LineTooLong`]; the lines before it can be taken all the same.
    pub fn push(&mut self, mut piece: &[u8]) -> Result<(), LineTooLong> {
        loop {
            let newline = piece.iter().position(|byte| *byte == b'\n');
            let (part, rest) = match newline {
                Some(at) => piece.split_at(at),
                None => (piece, &[][..]),
            };
            // The newline counts.
            if self.open.len() + part.len() >= MAX_LINE {
                return Err(LineTooLong);
            }
            self.open.extend_from_slice(part);
            let Some((_, after)) = rest.split_first() else {
                return Ok(());
            };
            self.lines.push_back(std::mem::take(&mut self.open));
            piece = after;
        }
    }

    /// The next whole line, without its end.
    pub fn next_line(&mut self) -> Option<Vec<u8>> {
        self.lines.pop_front()
    }
}

/// Reads lines.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: R,
    assembler: Assembler,
    piece: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            assembler: Assembler::default(),
            piece: Vec::with_capacity(PIECE),
        }
    }

    /// The next line; `None` at the end. Cancel safe: what was read stays.
    ///
    /// # Errors
    /// The other side is gone, or sent a line that is too long.
    pub(super) async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(line) = self.assembler.next_line() {
                return Ok(Some(line));
            }
            self.piece.clear();
            if self.reader.read_buf(&mut self.piece).await? == 0 {
                return Ok(None);
            }
            self.assembler
                .push(&self.piece)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn taken(assembler: &mut Assembler) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| assembler.next_line()).collect()
    }

    #[test]
    fn a_line_may_be_as_long_as_the_limit_and_no_longer() {
        let mut assembler = Assembler::default();
        let longest = [vec![b'x'; MAX_LINE - 1], vec![b'\n']].concat();
        assert_eq!(assembler.push(&longest), Ok(()));
        assert_eq!(taken(&mut assembler), [vec![b'x'; MAX_LINE - 1]]);
        assert_eq!(assembler.push(b"ok\n"), Ok(()));
        assert_eq!(assembler.push(&vec![b'x'; MAX_LINE]), Err(LineTooLong));
        assert_eq!(taken(&mut assembler), [b"ok".to_vec()]);
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(
            text in proptest::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..200),
            cuts in proptest::collection::vec(0_usize..200, 0..6),
        ) {
            let mut whole = Assembler::default();
            whole.push(&text).unwrap();
            let mut cut = Assembler::default();
            let mut cuts = cuts.into_iter().map(|at| at.min(text.len())).collect::<Vec<_>>();
            cuts.sort_unstable();
            let mut from = 0;
            for at in cuts.into_iter().chain([text.len()]) {
                cut.push(&text[from..at]).unwrap();
                from = at;
            }
            let lines = taken(&mut whole);
            prop_assert_eq!(&lines, &taken(&mut cut));
            let expected = text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
            prop_assert_eq!(&lines[..], &expected[..expected.len() - 1]);
        }
    }
}
