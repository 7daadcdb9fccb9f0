// SPDX-License-Identifier: MIT
//! Files built byte by byte, for what the tools at hand do not make.

use super::interrupted::{Memory, finalise, recovered, scan};
use super::own::facts;
use super::tools::{difference, folder, packets, run};
use hyperzoom::disk::repair::{self, Disk};
use hyperzoom::mp4::{self, Ledger, Note, Options, ScanError, State};
use hyperzoom::words::FragmentNote;
use std::time::Instant;

pub fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&(body.len() as u32 + 8).to_be_bytes()[..], kind, &body].concat()
}

pub fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// A track of raw sound (`sowt`) or of pictures (`mp4v`) that is good enough for a demuxer.
fn trak(id: u32, handler: &[u8; 4], timescale: u32) -> Vec<u8> {
    let sound = handler == b"soun";
    let matrix = words(&[0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000]);
    let tkhd = boxed(b"tkhd", &[&words(&[7, 0, 0, id, 0, 0, 0, 0, 0, 0]), &matrix, &words(&[64 << 16, 64 << 16])]);
    let mdhd = boxed(b"mdhd", &[&words(&[0, 0, 0, timescale, 0, 0x55c4_0000])]);
    let hdlr = boxed(b"hdlr", &[&words(&[0, 0]), handler, &words(&[0, 0, 0]), b"x\0"]);
    let entry = if sound {
        boxed(b"sowt", &[&words(&[0, 1, 0, 0]), &words(&[2 << 16 | 16, 0, 48_000 << 16])])
    } else {
        let name = [0; 32];
        let size = words(&[64 << 16 | 64, 0x48_0000, 0x48_0000, 0]);
        boxed(b"mp4v", &[&words(&[0, 1, 0, 0, 0, 0]), &size, b"\0\x01", &name, b"\0\x18\xff\xff"])
    };
    let stsd = boxed(b"stsd", &[&words(&[0, 1]), &entry]);
    let empty = |kind: &[u8; 4]| boxed(kind, &[&words(&[0, 0])]);
    let stsz = boxed(b"stsz", &[&words(&[0, 0, 0])]);
    let stbl = boxed(b"stbl", &[&stsd, &empty(b"stts"), &empty(b"stsc"), &stsz, &empty(b"stco")]);
    let header = if sound { boxed(b"smhd", &[&words(&[0, 0])]) } else { boxed(b"vmhd", &[&words(&[1, 0, 0])]) };
    let dinf = boxed(b"dinf", &[&boxed(b"dref", &[&words(&[0, 1]), &boxed(b"url ", &[&words(&[1])])])]);
    let minf = boxed(b"minf", &[&header, &dinf, &stbl]);
    boxed(b"trak", &[&tkhd, &boxed(b"mdia", &[&mdhd, &hdlr, &minf])])
}

/// `ftyp` and `moov`. Each track: handler, time scale, and what `trex` says of duration, size and flags.
pub fn header(tracks: &[(&[u8; 4], u32, [u32; 3])]) -> Vec<u8> {
    let matrix = words(&[0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000]);
    let mvhd = [words(&[0, 0, 0, 1000, 0, 0x1_0000, 0x100_0000, 0, 0]), matrix, words(&[0, 0, 0, 0, 0, 0, 9])];
    let mut parts = vec![boxed(b"mvhd", &[&mvhd.concat()])];
    let mut trexes = Vec::new();
    for (index, (handler, timescale, trex)) in tracks.iter().enumerate() {
        let id = index as u32 + 1;
        parts.push(trak(id, handler, *timescale));
        trexes.push(boxed(b"trex", &[&words(&[0, id, 1, trex[0], trex[1], trex[2]])]));
    }
    parts.push(boxed(b"mvex", &[&trexes.concat()]));
    [boxed(b"ftyp", &[b"iso6\0\0\0\0iso6"]), boxed(b"moov", &[&parts.concat()])].concat()
}

/// A `moof` around `traf` bodies; each is made when it is known how long the whole is.
pub fn moof(trafs: &dyn Fn(u32) -> Vec<Vec<u8>>) -> Vec<u8> {
    let make = |len: u32| {
        let trafs: Vec<Vec<u8>> = trafs(len).iter().map(|body| boxed(b"traf", &[body])).collect();
        boxed(b"moof", &[&boxed(b"mfhd", &[&words(&[0, 1])]), &trafs.concat()])
    };
    make(make(0).len() as u32)
}

const BASE_IS_MOOF: u32 = 0x02_0000;

/// A fragment of pictures of `size` bytes in samples of the default duration.
fn simple(tfdt: Option<u32>, count: u32, size: u32) -> Vec<u8> {
    let moof = moof(&|len| {
        let tfhd = boxed(b"tfhd", &[&words(&[BASE_IS_MOOF, 1])]);
        let tfdt = tfdt.map(|time| boxed(b"tfdt", &[&words(&[0, time])])).unwrap_or_default();
        // First sample flags: a key frame among others that are none.
        let trun = boxed(b"trun", &[&words(&[0x5, count, len + 8, 0x0200_0000])]);
        vec![[tfhd, tfdt, trun].concat()]
    });
    [moof, boxed(b"mdat", &[&vec![count as u8; (count * size) as usize]])].concat()
}

/// Recovers and compares ffprobe's packets before and after; returns the decoding times.
fn same_packets(name: &str, file: &[u8]) -> Vec<i64> {
    let folder = folder();
    let path = folder.path().join("x.mp4");
    std::fs::write(&path, file).expect("the folder is writable");
    let Some(before) = packets(&path) else {
        println!("skipped: ffprobe is not installed");
        return Vec::new();
    };
    repair::recover(&path).unwrap_or_else(|why| panic!("{name}: {why}"));
    let after = packets(&path).expect("a recovered file opens");
    assert_eq!(difference(&before, &after), None, "{name}");
    assert!(!after.is_empty(), "{name}");
    after.iter().map(|packet| packet.dts).collect()
}

#[test]
fn defaults_gaps_missing_times_and_strange_boxes_keep_every_packet() {
    let head = header(&[(b"vide", 30_000, [1000, 50, 0x0101_0000])]);
    let between = [
        boxed(b"sidx", &[&[0; 24]]),
        boxed(b"prft", &[&[0; 24]]),
        boxed(b"emsg", &[&[0; 40]]),
        boxed(b"uuid", &[b"somebody else's ", &[0; 7]]),
        boxed(b"free", &[]),
    ];
    let pieces = [simple(Some(0), 3, 50), simple(None, 2, 50), simple(Some(9000), 3, 50), simple(Some(11_500), 2, 50)];
    let mut file = head;
    for (piece, strange) in pieces.iter().zip(&between) {
        file.extend_from_slice(piece);
        file.extend_from_slice(strange);
    }
    file.extend_from_slice(&between.concat());
    let times = same_packets("strange boxes", &file);
    assert!(times.is_empty() || times == [0, 1000, 2000, 3000, 4000, 9000, 10_000, 11_000, 11_500, 12_500]);
    let report = mp4::inspect(&scan(&file));
    assert_eq!((report.tracks[0].gap_count, report.tracks[0].gaps[0].missing_units), (1, 4000));
}

#[test]
fn large_size_fields_and_a_last_box_without_size_keep_every_packet() {
    let head = header(&[(b"vide", 30_000, [1000, 50, 0])]);
    let last = simple(Some(3000), 3, 50);
    let first = moof(&|len| {
        let tfhd = boxed(b"tfhd", &[&words(&[BASE_IS_MOOF, 1])]);
        let tfdt = boxed(b"tfdt", &[&words(&[0x0100_0000, 0, 0])]);
        vec![[tfhd, tfdt, boxed(b"trun", &[&words(&[1, 3, len + 16])])].concat()]
    });
    let wide = [&words(&[1])[..], b"mdat", &166_u64.to_be_bytes(), &[7; 150]].concat();
    let mut endless = last.clone();
    let mdat = endless.len() - 158;
    endless[mdat..mdat + 4].fill(0);
    for (name, last) in [("64-bit size", &last), ("no size", &endless)] {
        let file = [&head[..], &first, &wide, last].concat();
        let times = same_packets(name, &file);
        assert!(times.is_empty() || times == [0, 1000, 2000, 3000, 4000, 5000], "{name}");
        let done = recovered(&file);
        let undo = mp4::undo(&scan(&done)).expect("there is a journal");
        let mut disk = Memory::new(&done);
        repair::carry_out(&mut disk, &undo).expect("a good disk does what it is told");
        assert!(disk.bytes == file, "{name}: undo gives every byte back");
    }
}

#[test]
fn a_moof_behind_its_media_and_two_before_theirs_keep_every_packet() {
    let head = header(&[(b"vide", 30_000, [1000, 50, 0])]);
    let traf = |base: u64, time: u32| {
        let tfhd = boxed(b"tfhd", &[&words(&[1, 1]), &base.to_be_bytes()]);
        vec![[tfhd, boxed(b"tfdt", &[&words(&[0, time])]), boxed(b"trun", &[&words(&[1, 2, 0])])].concat()]
    };
    let media = boxed(b"mdat", &[&[9; 100]]);
    let start = head.len() as u64 + 8;
    let behind = [&head[..], &media, &moof(&|_| traf(start, 0))].concat();
    let movie = scan(&behind);
    assert_eq!((movie.tracks[0].samples.count(), movie.samples_torn), (2, 0));
    let len = moof(&|_| traf(0, 0)).len() as u64;
    let before = |base| [moof(&|_| traf(base, 0)), moof(&|_| traf(base + 108, 2000))].concat();
    let two = [&head[..], &before(start + 2 * len), &media, &media].concat();
    same_packets("two moofs", &two);
    assert_eq!(scan(&recovered(&two)).tracks[0].samples.count(), 4);
}

#[test]
fn an_edit_list_in_the_wrong_place_is_put_right_at_the_opening() {
    let mut muxer = header(&[(b"vide", 30_000, [1000, 50, 0]), (b"soun", 48_000, [1024, 4, 0])]);
    let list = boxed(b"elst", &[&words(&[0, 1, 0, 77, 0x1_0000])]);
    let find = |bytes: &[u8], what: &[u8]| bytes.windows(4).position(|four| four == what).expect("it is there");
    // Into the first trak, and the three boxes around it grow.
    let (moov, trak) = (find(&muxer, b"moov") - 4, find(&muxer, b"trak") - 4);
    for at in [moov, trak] {
        let size = u32::from_be_bytes(muxer[at..at + 4].try_into().expect("four bytes"));
        muxer[at..at + 4].copy_from_slice(&(size + list.len() as u32).to_be_bytes());
    }
    let mdia = find(&muxer, b"mdia") - 4;
    muxer.splice(mdia..mdia, list);
    let opening = mp4::opening(&muxer, &facts()).expect("a good header");
    assert_eq!(&opening[4..12], b"ftypisom");
    let boxes: Vec<_> = super::own::boxes(&opening).iter().map(|(kind, whole)| (kind.to_vec(), whole.len())).collect();
    assert_eq!(boxes[1], (b"free".to_vec(), 16));
    assert_eq!(boxes[2].0, b"moov");
    assert_eq!(boxes[3].0, b"uuid");
    let movie = scan(&opening);
    let media_times: Vec<_> = movie.tracks.iter().map(|track| track.edits[0].media_time).collect();
    assert_eq!(media_times, [Some(0), Some(1024)]);
    assert_eq!(movie.facts, Some(facts()));
    assert_eq!(opening.windows(4).filter(|four| four == b"elst").count(), 2);
    assert_eq!(opening.windows(4).filter(|four| four == b"edts").count(), 2);
}

#[test]
fn a_second_moov_between_fragments_is_passed_over() {
    let head = header(&[(b"vide", 30_000, [1000, 50, 0])]);
    let moov = &head[20..];
    let file = [&head[..], &simple(Some(0), 3, 50), moov, &simple(Some(3000), 3, 50)].concat();
    same_packets("second moov", &file);
    assert_eq!(scan(&recovered(&file)).tracks[0].samples.count(), 6);
}

#[test]
fn a_recorder_that_left_room_for_it_gets_the_safe_commit() {
    let head = header(&[(b"vide", 30_000, [1000, 50, 0]), (b"soun", 48_000, [1024, 4, 0])]);
    let free = boxed(b"free", &[&[0; 8]]);
    let file = [&head[..20], &free, &head[20..], &simple(Some(0), 3, 50)].concat();
    let done = recovered(&file);
    let movie = scan(&done);
    assert_eq!(movie.journal.as_ref().map(|journal| journal.form), Some(mp4::Form::Free));
    assert_eq!(movie.tracks.len(), 1, "a track without samples is left out");
    same_packets("hybrid", &file);
}

#[test]
fn hostile_counts_are_refused_at_once() {
    let head = header(&[(b"soun", 48_000, [1, 0, 0])]);
    let huge = |size: u32| {
        let moof = moof(&|len| {
            let tfhd = boxed(b"tfhd", &[&words(&[BASE_IS_MOOF | 0x10, 1, size])]);
            vec![[tfhd, boxed(b"trun", &[&words(&[1, u32::MAX, len + 8])])].concat()]
        });
        [&head[..], &moof, &boxed(b"mdat", &[&[0; 400]])].concat()
    };
    let started = Instant::now();
    let refused = repair::scan(&mut Memory::new(&huge(0)), true).expect_err("four billion empty samples");
    assert!(refused.to_string().contains("more samples"), "{refused}");
    assert_eq!(scan(&huge(4)).tracks[0].samples.count(), 100, "only those that are there");
    assert!(started.elapsed().as_secs() < 2);
}

#[test]
fn encrypted_files_are_left_alone() {
    let mut file = [header(&[(b"vide", 30_000, [1000, 50, 0])]), simple(Some(0), 3, 50)].concat();
    let entry = file.windows(4).position(|four| four == b"mp4v").expect("the header has one");
    file[entry..entry + 4].copy_from_slice(b"encv");
    let why = repair::scan(&mut Memory::new(&file), true).expect_err("it is encrypted");
    assert!(matches!(why, repair::ScanFailed::Contents(ScanError::Encrypted)));
}

#[test]
fn files_beyond_four_gigabytes_and_eight_hours_keep_every_packet() {
    let folder = folder();
    let path = folder.path().join("long.mp4");
    let mut file = std::fs::File::options().read(true).write(true).create(true).truncate(true).open(&path);
    let disk = file.as_mut().expect("the folder is writable");
    // 10 MHz, as one widespread system counts: 32 bits end after seven minutes.
    let head = header(&[(b"vide", 10_000_000, [333_333, 50, 0])]);
    disk.write_at(0, &head).expect("there is room");
    let mut at = head.len() as u64;
    for index in 0..80_u64 {
        let media: u64 = 1 << 26;
        let make = |base: u64| {
            moof(&|_| {
                let tfhd = boxed(b"tfhd", &[&words(&[1, 1]), &base.to_be_bytes()]);
                let time = index * 400 * 10_000_000;
                let tfdt = boxed(b"tfdt", &[&words(&[0x0100_0000]), &time.to_be_bytes()]);
                vec![[tfhd, tfdt, boxed(b"trun", &[&words(&[1, 3, 700])])].concat()]
            })
        };
        let moof = make(at + make(0).len() as u64 + 16 + media - 2000);
        let mdat = [&words(&[1])[..], b"mdat", &(media + 16).to_be_bytes()].concat();
        disk.write_at(at, &[moof.clone(), mdat].concat()).expect("there is room");
        at += moof.len() as u64 + 16 + media;
        disk.write_at(at - 2000 + 700, &[index as u8 + 1; 150]).expect("there is room");
    }
    disk.truncate(at).expect("it only gets longer");
    let Some(before) = packets(&path) else { return };
    assert_eq!(before.len(), 240);
    repair::recover(&path).expect("large files recover");
    let after = packets(&path).expect("a recovered file opens");
    assert_eq!(difference(&before, &after), None);
    let name = path.to_str().expect("plain");
    let told = run("ffprobe", &["-v", "error", "-show_entries", "stream=duration_ts", "-of", "csv=p=0", name]);
    assert_eq!(told.expect("it was there").trim(), (79 * 400 * 10_000_000_u64 + 3 * 333_333).to_string());
    repair::undo(&path).expect("there is a journal");
    assert_eq!(std::fs::metadata(&path).expect("it is there").len(), at);
    assert_eq!(packets(&path).map(|again| again == before), Some(true));
}

/// A master of that many seconds, appended to a file and to the books.
fn long_master(disk: &mut impl Disk, seconds: u32) -> (Ledger, u64) {
    let muxer = header(&[(b"vide", 30_000, [1000, 0, 0]), (b"soun", 48_000, [1024, 0, 0])]);
    let mut piece = mp4::opening(&muxer, &facts()).expect("a good header");
    let mut ledger = Ledger::new();
    let mut at = 0;
    for second in 0..=seconds {
        ledger.append(at, &piece).expect("whole boxes");
        disk.write_at(at, &piece).expect("there is room");
        at += piece.len() as u64;
        let sizes = |base: u32, count: u32| (0..count).map(move |i| base + (i * 7 + second) % 11);
        let (video, audio): (Vec<u32>, Vec<u32>) = (sizes(20, 30).collect(), sizes(4, 47).collect());
        let moof = moof(&|len| {
            let traf = |id: u32, time: u32, at: u32, sizes: &[u32]| {
                let tfhd = boxed(b"tfhd", &[&words(&[BASE_IS_MOOF, id])]);
                let tfdt = boxed(b"tfdt", &[&words(&[0, time])]);
                [tfhd, tfdt, boxed(b"trun", &[&words(&[0x201, sizes.len() as u32, at]), &words(sizes)])].concat()
            };
            let between = len + 8 + video.iter().sum::<u32>();
            vec![traf(1, second * 30_000, len + 8, &video), traf(2, second * 47 * 1024, between, &audio)]
        });
        let mdat = boxed(b"mdat", &[&vec![0; (video.iter().sum::<u32>() + audio.iter().sum::<u32>()) as usize]]);
        let first_sample = u64::from(second) * 48_000;
        let note = Note::Fragment(FragmentNote { first_sample, samples: 48_000, ..FragmentNote::default() });
        piece = [moof, mdat, mp4::encode_note(&note)].concat();
    }
    (ledger, at)
}

#[test]
fn two_hours_are_finished_in_less_than_a_second() {
    let mut disk = tempfile::tempfile().expect("the system has room for temporary files");
    let (ledger, len) = long_master(&mut disk, 7200);
    let started = Instant::now();
    let movie = ledger.finish(len).expect("whole boxes");
    let plan = mp4::finalise(&movie, &Options::default()).expect("it can be").expect("it is not");
    repair::finish(&mut disk, &movie, &plan).expect("a good disk does what it is told");
    let took = started.elapsed();
    let grew = plan.grows_by(len);
    println!("two hours, {} samples: finished in {took:?}, tables {grew} bytes", movie.tracks[0].samples.count());
    assert!(took.as_millis() < 1000, "it took {took:?}");
    assert!(grew < 4 << 20);
    let started = Instant::now();
    let again = repair::scan(&mut disk, true).expect("it opens");
    println!("scanned with its notes in {:?}", started.elapsed());
    assert_eq!((again.state, again.notes.len()), (State::Finished, 7200));
    assert_eq!(again.tracks[0].samples.count(), 7200 * 30);
}

#[test]
fn two_hours_left_behind_are_recovered_quickly() {
    let mut disk = Memory::default();
    let (_, len) = long_master(&mut disk, 7200);
    disk.bytes.truncate(len as usize - 1000);
    let started = Instant::now();
    let movie = scan(&disk.bytes);
    let plan = finalise(&movie).expect("it is not finished");
    repair::finish(&mut disk, &movie, &plan).expect("a good disk does what it is told");
    println!("two hours recovered in {:?}", started.elapsed());
    assert!(started.elapsed().as_secs() < 5);
}
