// SPDX-License-Identifier: MIT
//! Walks through a file, somebody's or ours, finished or cut off at any byte, and books what it finds.
//!
//! ```text
//! +-- the rule of the loop ------------------------------------------------------+
//! | loop { match scanner.poll() {                                                |
//! |     Output::Read { at, len } => scanner.handle(at, &bytes_of_the_file),      |
//! |     Output::Done => break scanner.finish(),                                  |
//! | } }                                                                          |
//! +------------------------------------------------------------------------------+
//! ```
//! It asks for headers, `moov`, `moof` and our own notes, never for media. A journal of ours whose `moov` is
//! complete is found from the end of the file; everything else is found from the beginning.

use super::bytes::{Header, name};
use super::journal::{self, FOOTER_LEN, JOURNAL_MAX, Journal};
use super::ledger::Ledger;
use super::movie::{Movie, State, Tail, Torn};
use super::note;
use super::scan_error::ScanError;
use super::seam;

/// The largest piece that is read at once.
const READ_MAX: u64 = 1 << 20;
/// Enough for a header with a 64-bit size and a usertype.
const HEAD_LEN: u64 = 32;
/// A day of sound in the smallest packets and of pictures needs 200 MB of tables.
const MOOV_MAX: u64 = 512 << 20;
/// A fragment of an hour in the smallest packets stays below this.
const MOOF_MAX: u64 = 64 << 20;

/// What the scanner wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// These bytes of the file.
    Read {
        /// From where.
        at: u64,
        /// How many; fewer may be given, but not none.
        len: usize,
    },
    /// Nothing more.
    Done,
}

/// What is being read, and so what to do with it.
#[derive(Debug)]
enum Goal {
    Footer,
    Journal {
        moov_at: u64,
    },
    CommitHeader(Box<Journal>),
    FinalMoov(Box<Journal>, State),
    /// A box header at the top level.
    Head,
    /// A whole box at the top level.
    Whole {
        kind: super::bytes::FourCc,
    },
    /// A journal met at the top level: an attempt that did not end.
    Leftover(Tail),
    /// A header, then a note, inside the `mdat` of a finished file of ours.
    HiddenHead {
        end: u64,
    },
    HiddenNote {
        end: u64,
    },
}

/// See the module.
#[derive(Debug)]
pub struct Scanner {
    file_len: u64,
    at: u64,
    len: u64,
    gathered: Vec<u8>,
    goal: Option<Goal>,
    ledger: Ledger,
    notes_wanted: bool,
    outcome: Option<Result<Movie, ScanError>>,
}

impl Scanner {
    /// Begins with a file of that length.
    pub fn new(file_len: u64) -> Scanner {
        let mut scanner = Scanner {
            file_len,
            at: 0,
            len: 0,
            gathered: Vec::new(),
            goal: None,
            ledger: Ledger::new(),
            notes_wanted: true,
            outcome: None,
        };
        if file_len == 0 {
            scanner.outcome = Some(Err(ScanError::Empty));
        } else if file_len > 1 << 60 {
            scanner.outcome = Some(Err(ScanError::NotMp4));
        } else if file_len > FOOTER_LEN {
            scanner.want(file_len - FOOTER_LEN, FOOTER_LEN, Goal::Footer);
        } else {
            scanner.top(0);
        }
        scanner
    }

    /// Does not look for the notes of a finished file, which takes one read for each box of the recording.
    pub fn without_notes(mut self) -> Scanner {
        self.notes_wanted = false;
        self
    }

    /// What to do next.
    pub fn poll(&self) -> Output {
        match self.goal {
            None => Output::Done,
            Some(_) => {
                let had = self.gathered.len() as u64;
                Output::Read { at: self.at + had, len: (self.len - had).min(READ_MAX) as usize }
            }
        }
    }

    /// Takes bytes that were asked for.
    pub fn handle(&mut self, at: u64, bytes: &[u8]) {
        let had = self.gathered.len() as u64;
        if self.goal.is_none() || at != self.at + had {
            return;
        }
        if bytes.is_empty() {
            return self.end(Err(ScanError::Shrunk));
        }
        let useful = bytes.len().min((self.len - had) as usize);
        self.gathered.extend_from_slice(&bytes[..useful]);
        if self.gathered.len() as u64 == self.len {
            let gathered = std::mem::take(&mut self.gathered);
            let goal = self.goal.take().expect("it was just found to be there");
            self.reached(goal, &gathered);
        }
    }

    /// What was found. Before [`Output::Done`] that is [`ScanError::Shrunk`].
    pub fn finish(self) -> Result<Movie, ScanError> {
        self.outcome.unwrap_or(Err(ScanError::Shrunk))
    }

    fn want(&mut self, at: u64, len: u64, goal: Goal) {
        (self.at, self.len, self.goal) = (at, len, Some(goal));
        self.gathered.clear();
    }

    fn end(&mut self, outcome: Result<Movie, ScanError>) {
        self.goal = None;
        self.outcome = Some(outcome);
    }

    /// Goes on with the box at `at`.
    fn top(&mut self, at: u64) {
        match self.file_len - at {
            0 => self.close(None),
            left => self.want(at, left.min(HEAD_LEN), Goal::Head),
        }
    }

    fn close(&mut self, tail: Option<Tail>) {
        let ledger = std::mem::take(&mut self.ledger);
        let outcome = ledger.close(self.file_len, tail);
        self.end(outcome);
    }

    fn reached(&mut self, goal: Goal, bytes: &[u8]) {
        match goal {
            Goal::Footer => match journal::read_footer(bytes, self.file_len) {
                Some((at, moov_at)) => self.want(at, moov_at - at, Goal::Journal { moov_at }),
                None => self.top(0),
            },
            Goal::Journal { moov_at } => match Journal::decode(self.at, bytes) {
                Some(journal) if self.file_len - moov_at == journal.moov_len && journal.moov_len <= MOOV_MAX => {
                    self.want(journal.commit_at, 16, Goal::CommitHeader(Box::new(journal)));
                }
                _ => self.top(0),
            },
            Goal::CommitHeader(journal) => match commit_state(&journal, bytes) {
                Some(state) => self.want(journal.moov_at(), journal.moov_len, Goal::FinalMoov(journal, state)),
                None => self.top(0),
            },
            Goal::FinalMoov(journal, state) => self.final_moov(*journal, state, bytes),
            Goal::Head => self.head(bytes),
            Goal::Whole { kind } => match self.ledger.take(self.at, kind, bytes) {
                Ok(()) => self.top(self.at + self.len),
                Err(error) => self.end(Err(error)),
            },
            Goal::Leftover(tail) => self.leftover(tail, bytes),
            Goal::HiddenHead { end } => self.hidden_head(end, bytes),
            Goal::HiddenNote { end } => {
                // A note that can't be read is lost; the others are not.
                let _ = self.ledger.take(self.at, *b"uuid", bytes);
                self.hidden(self.at + self.len, end);
            }
        }
    }

    fn final_moov(&mut self, journal: Journal, state: State, bytes: &[u8]) {
        if super::bytes::crc32(bytes) != journal.moov_crc {
            return self.top(0);
        }
        let mut ledger = Ledger::new();
        let booked = ledger.take(self.at, *b"moov", bytes);
        match booked.and_then(|()| ledger.close(self.file_len, None)) {
            Ok(movie) if movie.state == State::Finished => {
                let inside = (journal.commit_at + 16, journal.at);
                let hides_notes = journal.form == journal::Form::Free && self.notes_wanted;
                self.outcome = Some(Ok(Movie { state, journal: Some(journal), ..movie }));
                if hides_notes {
                    self.hidden(inside.0, inside.1);
                }
            }
            _ => self.top(0),
        }
    }

    fn head(&mut self, bytes: &[u8]) {
        let (at, left) = (self.at, self.file_len - self.at);
        let tail = |torn| Some(Tail { at, torn, head: bytes[..bytes.len().min(16)].to_vec() });
        let header = match Header::parse(bytes) {
            Some(header) => header,
            None if at == 0 => return self.end(Err(ScanError::NotMp4)),
            None if left < 8 => return self.close(tail(Torn::Short)),
            None if left < 16 && bytes.starts_with(&[0, 0, 0, 1]) => return self.close(tail(Torn::Box)),
            None => return self.end(Err(ScanError::Garbage(at))),
        };
        if at == 0 && !can_be_first(&header) {
            return self.end(Err(ScanError::NotMp4));
        }
        self.ledger.head(at, bytes);
        let size = header.size.unwrap_or(left);
        let whole = size <= left && (header.size.is_some() || &header.kind == b"moov");
        let usertype = bytes.get(header.len as usize..).and_then(|rest| rest.first_chunk::<16>());
        let usertype = usertype.filter(|_| &header.kind == b"uuid");
        match &header.kind {
            b"mdat" => {
                self.ledger.media(at + header.len, at + size.min(left));
                if !whole {
                    return self.close(tail(Torn::Mdat));
                }
            }
            b"uuid" if usertype == Some(&journal::USERTYPE) => {
                let tail = Tail { at, torn: Torn::Journal, head: bytes[..bytes.len().min(16)].to_vec() };
                if !whole || size > JOURNAL_MAX {
                    return self.close(Some(tail));
                }
                return self.want(at, size, Goal::Leftover(tail));
            }
            kind if !whole => {
                if left > MOOF_MAX && header.size.is_some() && kind != b"free" {
                    return self.too_large(&header, size);
                }
                return self.close(tail(Torn::Box));
            }
            b"ftyp" => self.ledger.ftyp(at, size),
            b"moov" if size > MOOV_MAX => return self.too_large(&header, size),
            b"moof" if size > MOOF_MAX => return self.too_large(&header, size),
            b"moov" | b"moof" => return self.want(at, size, Goal::Whole { kind: header.kind }),
            b"uuid" if (is_note(usertype) || usertype == Some(&seam::USERTYPE)) && size <= note::BOX_MAX => {
                return self.want(at, size, Goal::Whole { kind: header.kind });
            }
            _ => {}
        }
        self.top(at + size);
    }

    fn too_large(&mut self, header: &Header, size: u64) {
        let kind = name(header.kind);
        self.end(Err(ScanError::TooLarge { kind, at: self.at, size }));
    }

    /// An attempt to finalise left its journal behind: media ends there, and it knows what was overwritten.
    fn leftover(&mut self, tail: Tail, bytes: &[u8]) {
        match Journal::decode(self.at, bytes) {
            None => self.close(Some(tail)),
            Some(journal) => {
                let at = self.at;
                self.close(None);
                if let Some(Ok(movie)) = &mut self.outcome {
                    movie.media_end = at;
                    movie.journal = Some(journal);
                }
            }
        }
    }

    /// Goes on looking for notes inside the `mdat` of a finished file.
    fn hidden(&mut self, at: u64, end: u64) {
        if at.checked_add(HEAD_LEN).is_some_and(|head_end| head_end <= end) {
            return self.want(at, HEAD_LEN, Goal::HiddenHead { end });
        }
        let ledger = std::mem::take(&mut self.ledger);
        if let Some(Ok(movie)) = &mut self.outcome {
            (movie.facts, movie.notes) = ledger.into_notes();
        }
    }

    fn hidden_head(&mut self, end: u64, bytes: &[u8]) {
        let Some((header, size)) = Header::parse(bytes).and_then(|h| h.size.map(|size| (h, size))) else {
            return self.hidden(end, end);
        };
        let usertype = bytes.get(header.len as usize..).and_then(|rest| rest.first_chunk::<16>());
        let fits = self.at.checked_add(size).is_some_and(|next| next <= end);
        match fits {
            false => self.hidden(end, end),
            true if &header.kind == b"uuid" && is_note(usertype) && size <= note::BOX_MAX => {
                self.want(self.at, size, Goal::HiddenNote { end });
            }
            true => self.hidden(self.at + size, end),
        }
    }
}

fn is_note(usertype: Option<&[u8; 16]>) -> bool {
    usertype.is_some_and(|usertype| [note::FACTS, note::FRAGMENT].contains(usertype))
}

/// The boxes with which files of this family begin.
fn can_be_first(header: &Header) -> bool {
    let kinds = [b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip", b"styp", b"pnot"];
    kinds.contains(&&header.kind)
}

/// How far the commit came, if the bytes are those of before, of after, or of both.
fn commit_state(journal: &Journal, now: &[u8]) -> Option<State> {
    let (before, after) = (journal.original_header()?, journal.header());
    let known = now.iter().zip(before.iter().zip(&after)).all(|(now, (before, after))| now == before || now == after);
    let done = now.starts_with(&after);
    known.then_some(if done { State::Finished } else { State::Committing })
}
