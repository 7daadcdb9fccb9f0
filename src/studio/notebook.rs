// SPDX-License-Identifier: MIT
//! Everything that is written down about a recording while it runs: for the notes inside the file, and for the
//! metadata beside it.

use crate::disk::Metadata;
use crate::words::{Facts, FragmentNote, Happening, Mono, SAMPLES_PER_FRAME, Sample, What};

/// Of more slips than these the metadata keeps the sum only; the notes in the file have them all.
const SLIPS_MAX: usize = 1_000;

/// Repeats and omissions of one fragment beyond this are told as one: the camera is not a 30 fps camera.
const SINGLE_SLIPS_MAX: usize = 2;

/// The notebook.
#[derive(Debug)]
pub struct Notebook {
    /// What is true of the whole.
    pub facts: Facts,
    /// What the JSON says.
    pub metadata: Metadata,
    unwritten: Vec<Happening>,
    slips: usize,
}

impl Notebook {
    /// The first page.
    pub fn open(facts: Facts, file: &str) -> Notebook {
        let metadata = Metadata::begin(&facts, file);
        Notebook { facts, metadata, unwritten: Vec::new(), slips: 0 }
    }

    /// Writes down one thing.
    pub fn write(&mut self, happening: Happening) {
        self.metadata.count(&happening.what);
        self.unwritten.push(happening);
    }

    /// The note behind a fragment, with what happened since the one before. `true` if there is news.
    pub fn note(
        &mut self,
        first_sample: Sample,
        samples: u64,
        at: Mono,
        session_us: i64,
        drift_ppm: f64,
    ) -> (FragmentNote, bool) {
        let happenings = condensed(std::mem::take(&mut self.unwritten));
        let news = happenings.iter().any(|h| slip(&h.what).is_none());
        self.keep(&happenings);
        let elapsed_us = at.since(self.facts.started_monotonic) / 1000;
        self.metadata.clock_sample(first_sample, at, drift_ppm);
        let note = FragmentNote {
            first_sample,
            samples,
            monotonic: at,
            utc_us: self.facts.started_utc_us + elapsed_us,
            session_us,
            drift_ppm,
            happenings,
        };
        (note, news)
    }

    /// Slips are limited in number, and only they: a camera of another rate makes some in every second.
    fn keep(&mut self, happenings: &[Happening]) {
        for happening in happenings {
            self.slips += usize::from(slip(&happening.what).is_some());
            if slip(&happening.what).is_none() || self.slips <= SLIPS_MAX {
                self.metadata.happenings.push(happening.clone());
            }
        }
    }

    /// The recording is `samples` long by now.
    pub fn measure(&mut self, samples: Sample, end: Mono) {
        self.metadata.measure(&self.facts, samples, samples / SAMPLES_PER_FRAME, end);
    }

    /// The last page. A file that is not finished stays in the state of one that is being recorded.
    pub fn close(&mut self, finished: bool, samples: Sample, frames: u64, end: Mono) {
        let left = condensed(std::mem::take(&mut self.unwritten));
        self.keep(&left);
        self.metadata.count_open_absences(samples);
        self.metadata.measure(&self.facts, samples, frames, end);
        if finished {
            self.metadata.state = "finished".to_owned();
            self.metadata.recording.container = "MP4".to_owned();
        }
    }
}

/// The same happenings; slips that are the camera's habit rather than an event become one entry each way.
fn condensed(happenings: Vec<Happening>) -> Vec<Happening> {
    let slips = happenings.iter().filter(|h| slip(&h.what).is_some()).count();
    if slips <= SINGLE_SLIPS_MAX {
        return happenings;
    }
    let at_sample = happenings.iter().find(|h| slip(&h.what).is_some()).map_or(0, |h| h.at_sample);
    let sum = |repeats: bool| -> u64 {
        happenings.iter().filter_map(|h| slip(&h.what)).filter(|s| s.0 == repeats).map(|s| s.1).sum()
    };
    let (repeated, omitted) = (sum(true), sum(false));
    let mut out: Vec<Happening> = happenings.into_iter().filter(|h| slip(&h.what).is_none()).collect();
    if repeated > 0 {
        out.push(Happening { at_sample, what: What::Repeated { frames: repeated } });
    }
    if omitted > 0 {
        out.push(Happening { at_sample, what: What::Omitted { frames: omitted } });
    }
    out.sort_by_key(|h| h.at_sample);
    out
}

fn slip(what: &What) -> Option<(bool, u64)> {
    match what {
        What::Repeated { frames } => Some((true, *frames)),
        What::Omitted { frames } => Some((false, *frames)),
        _ => None,
    }
}

/// Where a tick lies in the recording.
pub fn sample_of_tick(tick: u64) -> Sample {
    tick * SAMPLES_PER_FRAME
}

#[cfg(test)]
mod tests {
    use super::{Happening, What, condensed};

    #[test]
    fn a_single_slip_stays_an_event_and_a_camera_of_another_rate_becomes_one_entry() {
        let slip = |n: u64| Happening { at_sample: n * 1600, what: What::Repeated { frames: 1 } };
        assert_eq!(condensed(vec![slip(3)]), [slip(3)]);
        let many = condensed((0..5).map(slip).collect());
        assert_eq!(many, [Happening { at_sample: 0, what: What::Repeated { frames: 5 } }]);
    }
}
