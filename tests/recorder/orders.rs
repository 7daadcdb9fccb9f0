// SPDX-License-Identifier: MIT
//! Whatever the order in which true stamps come, the report and the file tell the same.

use super::reel::{
    FIRST, RATE_HZ, SAMPLES, insist, picture, picture_at, probe, recorder, sample_at, side_by_side, sound,
};
use crate::support::chance::Chance;
use crate::support::ruler::{FrameFault, read_with_ffmpeg};
use hyperzoom::studio::MediaRecorder;
use hyperzoom::words::{AudioCodec, Container, VideoCodec};
use std::path::Path;
use std::time::Duration;

const KINDS: [(Container, VideoCodec, AudioCodec); 4] = [
    (Container::Mkv, VideoCodec::H264, AudioCodec::Pcm),
    (Container::Mp4, VideoCodec::H264, AudioCodec::Flac),
    (Container::Mov, VideoCodec::H264, AudioCodec::Pcm),
    (Container::Avi, VideoCodec::H264, AudioCodec::Pcm),
];
const SCRIPTS: u64 = 12;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A picture, and by how many microseconds its stamp is late.
    Picture(u64, u64),
    /// So many samples from one on.
    Sound(u64, u64),
    Pause,
    Resume,
}

#[derive(Debug)]
struct Script {
    number: u64,
    stamped: bool,
    steps: Vec<Step>,
}

/// Pictures of which some are missing and all jitter, blocks of any length, neither far ahead of the other, and pauses
/// in which the caller goes on or stops.
fn script(number: u64, chance: &mut Chance) -> Script {
    let stamped = chance.between(0, 4) > 0;
    let (mut steps, mut paused, mut pictured, mut heard) = (Vec::new(), false, FIRST, FIRST * SAMPLES);
    let jitter_us = chance.between(1, 12_000);
    while pictured < FIRST + 150 {
        let ahead = pictured * SAMPLES > heard + chance.between(1, u64::from(RATE_HZ) / 3);
        if ahead {
            let samples = chance.between(1, 6_000);
            steps.push(Step::Sound(heard, samples));
            heard += samples;
        } else {
            if !stamped || chance.between(0, 15) > 0 {
                steps.push(Step::Picture(pictured, chance.between(0, jitter_us)));
            }
            pictured += 1;
        }
        if chance.between(0, 60) == 0 {
            steps.push(if paused { Step::Resume } else { Step::Pause });
            paused = !paused;
            if stamped && chance.between(0, 2) == 0 {
                steps.push(if paused { Step::Resume } else { Step::Pause });
                paused = !paused;
                let away = chance.between(1, 20);
                (pictured, heard) =
                    (pictured + away, heard.max((pictured + away) * SAMPLES - chance.between(0, 2_000)));
            }
        }
    }
    Script { number, stamped, steps }
}

fn play(recorder: &MediaRecorder, script: &Script) {
    for step in &script.steps {
        match *step {
            Step::Picture(number, late_us) => {
                let at = script.stamped.then(|| picture_at(number) + Duration::from_micros(late_us));
                insist(|| recorder.submit_video(picture(number), at));
            }
            Step::Sound(first, samples) => {
                let block = sound(first, samples);
                insist(|| recorder.submit_audio(&block, script.stamped.then(|| sample_at(first))));
            }
            Step::Pause => recorder.pause().expect("it is not paused"),
            Step::Resume => recorder.resume().expect("it is paused"),
        }
    }
}

/// What is wrong, if anything is.
fn tells_the_truth(script: &Script, folder: &Path) -> Result<String, String> {
    let (container, video, audio) = KINDS[(script.number % 4) as usize];
    let file = folder.join(format!("{}.{}", script.number, container.extension()));
    let recorder = recorder(container, video, audio);
    recorder.start(&file).map_err(|why| why.to_string())?;
    play(&recorder, script);
    let report = recorder.stop().map_err(|why| why.to_string())?;
    let (seen, reading) = (probe(&file), read_with_ffmpeg(&file));
    let told = (report.frames, report.frames * SAMPLES, report.samples);
    let read = (seen.pictures, report.samples, reading.sound.len() as u64);
    let line = format!("{}: {container}, {told:?} told, {read:?} read, {} pauses", script.number, report.pauses.len());
    if told != read || !report.whole || reading.frames.len() as u64 != report.frames {
        return Err(format!("{line}\n{report:?}\n{script:?}"));
    }
    let backwards = |fault: &FrameFault| matches!(fault, FrameFault::Backwards { .. });
    // A picture that is held stands for several; only an older one than that would be wrong.
    let numbers: Vec<u32> = reading.frames.iter().filter_map(|frame| frame.number).collect();
    if !numbers.is_sorted() {
        let faults: Vec<_> = reading.frame_faults().into_iter().filter(backwards).collect();
        return Err(format!("{line}\n{faults:?}\n{script:?}"));
    }
    let sorted = report.pauses.is_sorted_by_key(|pause| pause.at_sample);
    let within = report.pauses.iter().all(|p| p.at_frame <= report.frames && p.at_sample <= report.samples);
    if sorted && within { Ok(line) } else { Err(format!("{line}\n{:?}", report.pauses)) }
}

#[test]
fn any_order_of_true_stamps_is_counted_as_the_file_has_it() {
    let mut chance = Chance::seeded("orders for a recorder");
    let scripts: Vec<Script> = (0..SCRIPTS).map(|number| script(number, &mut chance)).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let results = side_by_side(&scripts, |script| tells_the_truth(script, folder.path()));
    for result in results {
        println!("{}", result.unwrap_or_else(|why| panic!("{why}")));
    }
}
