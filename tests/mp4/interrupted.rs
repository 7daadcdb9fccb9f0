// SPDX-License-Identifier: MIT
//! A disk that dies, fills up, or tears a write at any byte.

use super::own::{boxes, pieces};
use super::tools::{Packet, ffmpeg, folder, packets};
use hyperzoom::disk::repair::{self, Disk};
use hyperzoom::mp4::{self, Movie, Options, Plan, State, Step};
use std::collections::HashSet;
use std::io;
use std::path::Path;

/// A file in memory that fails on purpose.
#[derive(Clone, Default)]
pub struct Memory {
    pub bytes: Vec<u8>,
    /// How many more operations work.
    pub works: Option<usize>,
    /// How many bytes of the write that fails arrive.
    pub torn: usize,
    /// Whether everything fails from then on (a kill), or only what makes the file longer (a full disk).
    pub full: bool,
}

impl Memory {
    pub fn new(bytes: &[u8]) -> Memory {
        Memory { bytes: bytes.to_vec(), ..Memory::default() }
    }

    fn operation(&mut self) -> bool {
        match &mut self.works {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        if self.bytes.len() < at + bytes.len() && !bytes.is_empty() {
            self.bytes.resize(at + bytes.len(), 0);
        }
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

impl Disk for Memory {
    fn len(&mut self) -> io::Result<u64> {
        Ok(self.bytes.len() as u64)
    }

    fn read_at(&mut self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let there = self.bytes.get(at as usize..).unwrap_or(&[]);
        let len = there.len().min(buffer.len());
        buffer[..len].copy_from_slice(&there[..len]);
        Ok(len)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let grows = at as usize + bytes.len() > self.bytes.len();
        if (grows || !self.full) && !self.operation() {
            let torn = self.torn.min(bytes.len());
            self.torn = 0;
            self.put(at as usize, &bytes[..torn]);
            return Err(if self.full { io::ErrorKind::StorageFull } else { io::ErrorKind::Other }.into());
        }
        self.put(at as usize, bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        if !self.full && !self.operation() {
            return Err(io::ErrorKind::Other.into());
        }
        self.bytes.truncate(len as usize);
        Ok(())
    }
}

pub fn scan(bytes: &[u8]) -> Movie {
    repair::scan(&mut Memory::new(bytes), true).expect("this state of the file can be read")
}

pub fn finalise(movie: &Movie) -> Option<Plan> {
    mp4::finalise(movie, &Options::default()).expect("this state of the file can be finished")
}

/// Brings whatever is there to its end.
pub fn recovered(bytes: &[u8]) -> Vec<u8> {
    let movie = scan(bytes);
    let mut disk = Memory::new(bytes);
    if let Some(plan) = finalise(&movie) {
        repair::finish(&mut disk, &movie, &plan).expect("a good disk does what it is told");
    }
    disk.bytes
}

fn undone(bytes: &[u8]) -> Vec<u8> {
    let plan = mp4::undo(&scan(bytes)).expect("there is a journal");
    let mut disk = Memory::new(bytes);
    repair::carry_out(&mut disk, &plan).expect("a good disk does what it is told");
    disk.bytes
}

/// What counts of a track: its number, sizes, places and durations.
type Essence = (u32, mp4::Sizes, Vec<mp4::Chunk>, Vec<(u32, u32)>);

/// What counts of a movie.
pub fn essence(movie: &Movie) -> Vec<Essence> {
    let media = movie.tracks.iter().filter(|track| &track.handler != b"tmcd" && track.samples.count() > 0);
    let parts =
        media.map(|t| (t.id, t.samples.sizes.clone(), t.samples.chunks.clone(), t.samples.deltas.runs().to_vec()));
    parts.collect()
}

/// Lengths at which to tear a write: all of a short one, some of a long one.
fn tears(len: usize) -> Vec<usize> {
    match len {
        0..=64 => (0..=len).collect(),
        _ => (0..=40).chain((1..30).map(|part| len * part / 30)).chain(len - 60..=len).collect(),
    }
}

/// Every state of the file that an interruption of the plan can leave.
fn states(bytes: &[u8], plan: &Plan) -> Vec<(usize, usize, Vec<u8>)> {
    let mut disk = Memory::new(bytes);
    let mut states = Vec::new();
    for (index, step) in plan.steps.iter().enumerate() {
        match step {
            Step::Write { at, bytes } => {
                for torn in tears(bytes.len()) {
                    let mut torn_disk = disk.clone();
                    torn_disk.put(*at as usize, &bytes[..torn]);
                    states.push((index, torn, torn_disk.bytes));
                }
                disk.put(*at as usize, bytes);
            }
            Step::Truncate { len } => disk.bytes.truncate(*len as usize),
            Step::Sync => {}
        }
    }
    states.push((plan.steps.len(), 0, disk.bytes));
    states
}

/// What must not change about a packet.
fn identity(packet: &Packet) -> (u32, i64, i64, u64, &str) {
    (packet.stream, packet.pts, packet.dts, packet.size, &packet.hash)
}

/// Whole and torn recordings of ours and of others. The number tells whether the commit is a single write.
fn subjects(folder: &Path) -> Option<Vec<(&'static str, Vec<u8>, bool)>> {
    let ours = pieces(folder)?.concat();
    let theirs = "-c:v libx264 -bf 2 -g 30 -c:a aac -movflags +frag_keyframe+empty_moov+default_base_moof";
    let theirs = std::fs::read(ffmpeg(folder, "theirs.mp4", "2", theirs)?).expect("ffmpeg just made it");
    let find = |bytes: &[u8], kind: &[u8]| {
        let mut all = boxes(bytes).into_iter().filter(|(found, _)| *found == kind);
        let second = all.nth(1).expect("it has two such boxes");
        second.1.as_ptr() as usize - bytes.as_ptr() as usize
    };
    let (mdat, moof) = (find(&ours, b"mdat"), find(&ours, b"moof"));
    let their_mdat = find(&theirs, b"mdat");
    let mut zeros = ours.clone();
    zeros.extend_from_slice(&[0; 5000]);
    Some(vec![
        ("ours, whole", ours.clone(), false),
        ("ours, torn in the media", ours[..mdat + 3000].to_vec(), false),
        ("ours, torn in a moof", ours[..moof + 100].to_vec(), false),
        ("ours, three bytes too many", ours[..moof + 3].to_vec(), false),
        ("ours, with zeros behind", zeros, false),
        ("theirs, whole", theirs.clone(), true),
        ("theirs, torn in the media", theirs[..their_mdat + 900].to_vec(), true),
    ])
}

#[test]
fn any_interruption_of_finishing_is_completed_by_the_next_attempt() {
    let folder = folder();
    let Some(subjects) = subjects(folder.path()) else { return };
    for (name, bytes, _) in subjects {
        let subject = scan(&bytes);
        let plan = finalise(&subject).expect("it is not finished");
        let wanted = essence(&subject);
        let first_append =
            plan.steps.iter().position(|step| matches!(step, Step::Write { bytes, .. } if bytes.len() > 40));
        for (index, torn, state) in states(&bytes, &plan) {
            let there = scan(&state);
            assert_eq!(essence(&there), wanted, "{name}, step {index} torn at {torn}: the samples differ");
            let done = recovered(&state);
            let movie = scan(&done);
            assert_eq!(movie.state, State::Finished, "{name}, step {index} torn at {torn}");
            assert_eq!(essence(&movie), wanted, "{name}, step {index} torn at {torn}: the finished samples differ");
            assert!(finalise(&movie).is_none(), "finishing twice changes nothing");
            assert!(movie.journal.is_some(), "{name}, step {index} torn at {torn}: no journal");
            let back = undone(&done);
            // The old bytes of a torn end are safe as soon as the journal is; before, the end is mended all the same.
            let torn_end = subject.tail.is_some();
            if !torn_end || Some(index) > first_append {
                // Fewer bytes of a journal than tell whose it is are taken for a torn end.
                let begun = Some(index) == first_append && torn < 24;
                let same = back == bytes || begun && back.starts_with(&bytes);
                assert!(same, "{name}, step {index} torn at {torn}: undo gives other bytes");
            }
            assert_eq!(essence(&scan(&back)), wanted);
        }
        assert!(undone(&recovered(&bytes)) == bytes, "{name}: undo gives every byte back");
    }
}

#[test]
fn at_every_moment_of_finishing_and_undoing_other_readers_see_every_packet() {
    let folder = folder();
    let Some(subjects) = subjects(folder.path()) else { return };
    let path = folder.path().join("state.mp4");
    let read = |bytes: &[u8]| -> Option<Vec<Packet>> {
        std::fs::write(&path, bytes).expect("the folder is writable");
        let media = packets(&path)?.into_iter().filter(|packet| packet.stream < 2);
        Some(media.collect())
    };
    for (name, bytes, single) in subjects.into_iter().filter(|(name, ..)| !name.contains("zeros")) {
        let plan = finalise(&scan(&bytes)).expect("it is not finished");
        let done = recovered(&bytes);
        let wanted = read(&done).expect("a finished file opens");
        let undo = mp4::undo(&scan(&done)).expect("there is a journal");
        // ffmpeg refuses a file that ends inside a moof; it must open as soon as that is mended.
        let opens_at_first = read(&bytes).is_some();
        let is_append = |step: &Step| matches!(step, Step::Write { bytes, .. } if bytes.len() > 40);
        let first_append = plan.steps.iter().position(is_append).unwrap_or(0);
        for (from, plan, count) in [(&bytes, &plan, plan.commit_from), (&done, &undo, 0)] {
            for (index, torn, state) in states(from, plan) {
                // A single write over a header is whole because it lies inside one sector.
                let in_commit = single && index == count && torn > 0 && torn < 8;
                let short = matches!(plan.steps.get(index), Some(Step::Write { bytes, .. }) if bytes.len() <= 16);
                if !opens_at_first && (index < first_append || count == 0) {
                    continue;
                }
                // Every byte of one file's moves; of the others the moments before and after each.
                let wanted_here = if name == "ours, whole" { short } else { torn == 0 };
                if in_commit || !(wanted_here || torn % 977 == 0) {
                    continue;
                }
                let seen = read(&state).unwrap_or_else(|| panic!("{name}, step {index} torn at {torn}: refused"));
                // More may be seen: padding that a finished file hides and, at a torn end, packets whose missing
                // bytes ffmpeg takes from whatever comes next.
                let seen: HashSet<_> = seen.iter().map(identity).collect();
                let lost = wanted.iter().find(|packet| !seen.contains(&identity(packet)));
                assert_eq!(lost, None, "{name}, step {index} torn at {torn}");
            }
        }
    }
}

#[test]
fn an_interrupted_undo_can_be_completed_or_taken_back() {
    let folder = folder();
    let Some(subjects) = subjects(folder.path()) else { return };
    for (name, bytes, _) in subjects {
        let done = recovered(&bytes);
        let undo = mp4::undo(&scan(&done)).expect("there is a journal");
        for (index, torn, state) in states(&done, &undo) {
            let movie = scan(&state);
            if index < undo.steps.len() {
                assert!(undone(&state) == bytes, "{name}, step {index} torn at {torn}: undo gives other bytes");
            }
            let again = recovered(&state);
            assert_eq!(essence(&scan(&again)), essence(&movie), "{name}, step {index} torn at {torn}");
            assert_eq!(scan(&again).state, State::Finished);
        }
    }
}

#[test]
fn a_full_disk_leaves_the_file_as_it_was() {
    let folder = folder();
    let Some(subjects) = subjects(folder.path()) else { return };
    for (name, bytes, _) in subjects {
        let movie = scan(&bytes);
        let plan = finalise(&movie).expect("it is not finished");
        for works in 0..4 {
            for torn in [0, 1, 7, 20, 90, 1000] {
                let mut disk = Memory { works: Some(works), torn, full: true, ..Memory::new(&bytes) };
                if repair::finish(&mut disk, &movie, &plan).is_err() {
                    assert!(disk.bytes == bytes, "{name}: the disk was full after {works} writes and {torn} bytes");
                }
            }
        }
        let enough = plan.grows_by(bytes.len() as u64);
        assert!(enough < 64 * 1024, "{name} needs {enough} bytes");
    }
}
