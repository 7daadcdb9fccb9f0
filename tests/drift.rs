// SPDX-License-Identifier: MIT
//! Two hours with clocks that drift, simulated: the very engines of the recorder, fed by formulas.

use hyperzoom::sync::sound::{self, Block};
use hyperzoom::sync::{Cadence, SoundTrack, cadence};
use hyperzoom::words::{Mono, RATE_HZ, SAMPLES_PER_FRAME};

const BLOCK: u64 = 480;
const SECONDS: u64 = 7_200;
/// At 100 ppm a picture slips in so many seconds; over a whole cycle the error's mean is its bias.
const CYCLE_SECONDS: usize = 334;

/// What the two hours came to.
struct Evening {
    /// For each second: flash behind beep, in milliseconds.
    flash_behind_beep_ms: Vec<f64>,
    samples_in: u64,
    sound_out: u64,
    silence_out: u64,
    repeated: u64,
    omitted: u64,
}

struct Machine {
    track: SoundTrack<u64>,
    cadence: Cadence<u64>,
    /// The picture number shown at each tick.
    shown: Vec<Option<u64>>,
    /// The microphone's sample with which the recording begins.
    first_sample: Option<u64>,
    evening: Evening,
}

impl Machine {
    fn drain(&mut self, now: Mono) {
        loop {
            match self.track.poll(now) {
                sound::Output::Sound { payload, skip, take } => {
                    self.first_sample.get_or_insert(payload * BLOCK + skip);
                    self.evening.sound_out += take;
                }
                sound::Output::Silence(samples) => self.evening.silence_out += samples,
                sound::Output::Happened(happening) => panic!("nothing was lost: {happening:?}"),
                sound::Output::WaitUntil(_) => break,
            }
        }
        loop {
            let track = &self.track;
            match self.cadence.poll(now, |tick| track.mono_at(tick * SAMPLES_PER_FRAME)) {
                cadence::Output::Show(picture) => self.shown.push(picture),
                cadence::Output::Repeated { .. } => self.evening.repeated += 1,
                cadence::Output::Omitted { frames, .. } => self.evening.omitted += frames,
                cadence::Output::WaitUntil(_) => break,
                other => panic!("the camera never left: {other:?}"),
            }
        }
    }
}

/// A microphone `ppm` fast against camera and machine, whose blocks come up to `late_ns` late.
fn evening(ppm: f64, late_ns: u64) -> Evening {
    let begin = Mono(50 * Mono::SECOND);
    let taken = |sample: u64| Mono(begin.0 + (sample as f64 * 1e9 / (RATE_HZ as f64 * (1.0 + ppm * 1e-6))) as u64);
    let evening = Evening {
        flash_behind_beep_ms: Vec::new(),
        samples_in: 0,
        sound_out: 0,
        silence_out: 0,
        repeated: 0,
        omitted: 0,
    };
    let (track, cadence) = (SoundTrack::new(begin), Cadence::new());
    let mut machine = Machine { track, cadence, shown: Vec::new(), first_sample: None, evening };
    let start = begin.offset(Mono::SECOND as i64);
    let (mut picture, mut begun, mut noise) = (30, false, 1u64);
    for block in 0..SECONDS * 100 {
        let sample = block * BLOCK;
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let late = if late_ns == 0 { 0 } else { (noise >> 33) % late_ns };
        let at = taken(sample).offset(late as i64);
        let now = taken(sample + BLOCK).offset(late as i64);
        if block == 95 {
            machine.track.begin(start);
            begun = true;
        }
        machine.track.block(now, Block { at, samples: BLOCK, position: None, payload: block });
        if begun {
            while begin.offset((picture * Mono::SECOND / 30) as i64) <= now {
                machine.cadence.picture(begin.offset((picture * Mono::SECOND / 30) as i64), picture);
                picture += 1;
            }
            machine.drain(now);
        }
    }
    let first_sample = machine.first_sample.expect("it begins");
    machine.evening.samples_in = SECONDS * 100 * BLOCK - first_sample;
    machine.evening.flash_behind_beep_ms = flashes(&machine.shown, first_sample, ppm);
    machine.evening
}

/// Where each second's flash lies against its beep, both counted in the file.
fn flashes(shown: &[Option<u64>], first_sample: u64, ppm: f64) -> Vec<f64> {
    let at_tick = |number: u64| shown.iter().position(|p| *p == Some(number));
    let mut from = 0;
    let mut offsets = Vec::new();
    for second in 1..SECONDS - 2 {
        let found = shown[from..].iter().position(|p| *p == Some(second * 30));
        let Some(tick) = found.map(|t| t + from) else {
            assert!(at_tick(second * 30).is_none(), "flashes come in order");
            continue;
        };
        from = tick;
        let beep = second as f64 * RATE_HZ as f64 * (1.0 + ppm * 1e-6) - first_sample as f64;
        offsets.push((tick as f64 * SAMPLES_PER_FRAME as f64 - beep) / RATE_HZ as f64 * 1e3);
    }
    offsets
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn a_microphone_a_hundred_ppm_off_keeps_every_flash_within_half_a_frame_and_loses_no_sample() {
    for (ppm, late_ns) in [(100.0, 0), (-100.0, 0), (100.0, 2_000_000), (-100.0, 2_000_000)] {
        let evening = evening(ppm, late_ns);
        assert_eq!((evening.sound_out, evening.silence_out), (evening.samples_in, 0), "{ppm} ppm");
        let offsets = &evening.flash_behind_beep_ms;
        let worst = offsets.iter().fold(0.0f64, |w, o| w.max(o.abs()));
        let (first, last) = (mean(&offsets[..CYCLE_SECONDS]), mean(&offsets[offsets.len() - CYCLE_SECONDS..]));
        println!(
            "{ppm:+} ppm, blocks up to {} ms late: worst {worst:.2} ms, mean of the first cycle {first:+.2} ms, of \
             the last {last:+.2} ms, {} repeated, {} left out",
            late_ns / 1_000_000,
            evening.repeated,
            evening.omitted
        );
        let half_a_frame_ms = 1000.0 / 60.0;
        // What the late blocks blur comes on top of the half frame that constant rate costs.
        assert!(worst <= half_a_frame_ms + late_ns as f64 / 1e6 + 0.1, "{ppm} ppm: {worst}");
        assert!(first.abs() <= 5.0 && last.abs() <= 5.0, "{ppm} ppm: {first} {last}");
        let (needed, other) =
            if ppm > 0.0 { (evening.repeated, evening.omitted) } else { (evening.omitted, evening.repeated) };
        assert!((21..=22).contains(&needed), "{ppm} ppm: {needed} slips");
        assert_eq!(other, 0, "{ppm} ppm: no slip the other way");
    }
}
