// SPDX-License-Identifier: MIT
//! Files cut at every byte, and files with bytes changed at random.

use super::interrupted::{Memory, essence, recovered, scan};
use super::own::pieces;
use super::tools::{difference, ffmpeg, folder, packets};
use hyperzoom::disk::repair;
use hyperzoom::mp4::{self, FinaliseError, Options, State};

/// The world is a seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        println!("seed {seed}");
        Random(seed)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// How many samples a cut leaves whole: those of fragments whose moof is whole and whose bytes are there.
fn expected(file: &[u8], len: usize) -> u64 {
    let movie = scan(file);
    let moof_ends: Vec<u64> = moof_ends(file);
    let mut count = 0;
    for track in &movie.tracks {
        let mut sizes: Vec<u64> = Vec::new();
        if let mp4::Sizes::Each(each) = &track.samples.sizes {
            sizes = each.iter().map(|&size| u64::from(size)).collect();
        }
        let mut next = sizes.into_iter();
        for chunk in &track.samples.chunks {
            let mut at = chunk.at;
            let described = moof_ends.iter().rfind(|&&end| end <= chunk.at).copied().unwrap_or(0);
            for size in next.by_ref().take(chunk.samples as usize) {
                at += size;
                count += u64::from(at <= len as u64 && described <= len as u64);
            }
        }
    }
    count
}

fn moof_ends(file: &[u8]) -> Vec<u64> {
    let all = super::own::boxes(file);
    let end = |whole: &[u8]| (whole.as_ptr() as usize - file.as_ptr() as usize + whole.len()) as u64;
    all.into_iter().filter(|(kind, _)| *kind == b"moof").map(|(_, whole)| end(whole)).collect()
}

fn cut_everywhere(name: &str, file: &[u8], step: usize) {
    let mut finished = 0;
    for len in (0..=file.len()).step_by(step) {
        let cut = &file[..len];
        match repair::scan(&mut Memory::new(cut), true) {
            Err(why) => assert!(!why.to_string().is_empty()),
            Ok(movie) => match mp4::finalise(&movie, &Options::default()) {
                Err(why) => assert_eq!(why, FinaliseError::NothingRecorded, "{name} cut at {len}"),
                Ok(_) => {
                    let done = scan(&recovered(cut));
                    assert_eq!(done.state, State::Finished);
                    assert_eq!(essence(&done), essence(&movie), "{name} cut at {len}");
                    let media = done.tracks.iter().filter(|track| &track.handler != b"tmcd");
                    let count: u64 = media.map(|track| u64::from(track.samples.count())).sum();
                    assert_eq!(count, expected(file, len), "{name} cut at {len}");
                    finished += 1;
                }
            },
        }
    }
    assert!(finished > file.len() / step / 2, "{name}: most cuts leave something to recover");
}

#[test]
fn a_file_cut_at_any_byte_recovers_every_whole_sample() {
    let folder = folder();
    let small = "-c:v libx264 -preset veryfast -qp 50 -bf 0 -g 5 -c:a aac -b:a 16k -movflags +frag_keyframe";
    for (name, flags) in [("a.mp4", "empty_moov+default_base_moof"), ("b.mp4", "empty_moov+omit_tfhd_offset")] {
        let Some(path) = ffmpeg(folder.path(), name, "0.5", &format!("{small}+{flags}")) else { return };
        cut_everywhere(name, &std::fs::read(path).expect("ffmpeg just made it"), 1);
    }
    let ours = pieces(folder.path()).expect("ffmpeg is there").concat();
    cut_everywhere("ours", &ours, 97);
}

#[test]
fn after_a_cut_other_readers_see_the_packets_they_saw_before() {
    let folder = folder();
    let Some(pieces) = pieces(folder.path()) else { return };
    let file = pieces.concat();
    let mut random = Random::new(7);
    let path = folder.path().join("cut.mp4");
    for _ in 0..12 {
        let len = pieces[0].len() + random.below(file.len() - pieces[0].len());
        std::fs::write(&path, &file[..len]).expect("the folder is writable");
        let Some(before) = packets(&path) else { continue };
        if repair::recover(&path).is_err() {
            continue;
        }
        let after = packets(&path).expect("a recovered file opens");
        for stream in 0..2 {
            let of = |packets: &[super::tools::Packet]| -> Vec<_> {
                packets.iter().filter(|packet| packet.stream == stream).cloned().collect()
            };
            let (before, mut after) = (of(&before), of(&after));
            // Before, the last packet may be a torn half, at which ffmpeg stops although the other track has more.
            let shorter = before.len().min(after.len());
            assert!(before.len() - shorter <= 1, "cut at {len}, stream {stream}");
            let after = &mut after[..shorter];
            if let (Some(last), Some(old)) = (after.last_mut(), before.get(shorter.wrapping_sub(1))) {
                last.duration = old.duration;
            }
            assert_eq!(difference(&before[..shorter], after), None, "cut at {len}");
        }
    }
}

#[test]
fn changed_bytes_never_crash_hang_or_eat_memory() {
    let folder = folder();
    let theirs = "-c:v libx264 -bf 2 -g 15 -c:a aac -movflags +frag_keyframe";
    let Some(path) = ffmpeg(folder.path(), "a.mp4", "1", theirs) else { return };
    let theirs = std::fs::read(path).expect("ffmpeg just made it");
    let ours = pieces(folder.path()).expect("ffmpeg is there").concat();
    let finished = recovered(&ours);
    let mut random = Random::new(2026);
    let mut survived = 0;
    for subject in [&theirs, &ours, &finished] {
        let interesting = places(subject);
        for _ in 0..4000 {
            let mut bytes = subject.clone();
            for _ in 0..1 + random.below(3) {
                let at = match random.below(4) {
                    0 => random.below(bytes.len()),
                    _ => interesting[random.below(interesting.len())],
                };
                bytes[at] = [0, 1, 0x7f, 0x80, 0xff, random.below(256) as u8][random.below(6)];
            }
            if random.below(4) == 0 {
                bytes.truncate(random.below(bytes.len()));
            }
            let Ok(movie) = repair::scan(&mut Memory::new(&bytes), true) else { continue };
            let _ = mp4::inspect(&movie);
            let Ok(Some(plan)) = mp4::finalise(&movie, &Options::default()) else { continue };
            let mut disk = Memory::new(&bytes);
            repair::carry_out(&mut disk, &plan).expect("a good disk does what it is told");
            let done = repair::scan(&mut disk, true).expect("what we finished can be read");
            assert_eq!(done.state, State::Finished);
            survived += 1;
            let undo = mp4::undo(&done).expect("there is a journal");
            repair::carry_out(&mut disk, &undo).expect("a good disk does what it is told");
            assert!(disk.bytes == bytes, "undo gives every byte back");
        }
    }
    println!("{survived} of 12000 changed files could still be finished");
}

/// Bytes that are not media.
fn places(file: &[u8]) -> Vec<usize> {
    let mut places = Vec::new();
    for (kind, whole) in super::own::boxes(file) {
        let start = whole.as_ptr() as usize - file.as_ptr() as usize;
        let len = if kind == b"mdat" { 16 } else { whole.len() };
        places.extend(start..start + len);
    }
    places
}
