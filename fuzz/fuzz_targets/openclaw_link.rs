//! Whatever arrives on the link of OpenClaw's plugin, in whichever pieces: the lines are the
//! same, none is longer than allowed, and each is a frame or an error, always the same one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wecom::agent::openclaw::link::{Assembler, FromPlugin, MAX_LINE};

fn lines(assembler: &mut Assembler) -> Vec<Vec<u8>> {
    std::iter::from_fn(|| assembler.next_line()).collect()
}

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    let mut whole = Assembler::default();
    let taken = whole.push(bytes);
    let mut cut = Assembler::default();
    let taken_in_pieces = bytes
        .chunks(usize::from(piece).max(1))
        .try_for_each(|piece| cut.push(piece));
    assert_eq!(taken, taken_in_pieces);
    let lines_of_whole = lines(&mut whole);
    assert_eq!(lines_of_whole, lines(&mut cut));
    for line in lines_of_whole {
        assert!(line.len() < MAX_LINE && !line.contains(&b'\n'));
        match (FromPlugin::parse(&line), FromPlugin::parse(&line)) {
            (Ok(frame), Ok(again)) => assert_eq!(frame, again),
            (Err(error), Err(again)) => assert_eq!(error.to_string(), again.to_string()),
            (one, other) => panic!("{one:?} and {other:?}"),
        }
    }
});
