// SPDX-License-Identifier: MIT
//! What `report.json` says, and the same in sentences: where every master lies, how well that is known, and what could
//! and could not be checked.
//!
//! Two checks prove different things. The tone was put into the file at a known sample, so finding it there proves the
//! file: priming, edit lists, recovering. Only sound that two masters share proves the estimate of the clocks.

use super::AllPlaced;
use super::listen::{AllHeard, Common, HeardPair, HeardTone};
use super::masters::{Master, Placed};
use crate::sync::align::compare::Heard;
use crate::sync::align::fit::median;
use crate::sync::timeline::edl;
use crate::words::{MASTER_FPS, RATE_HZ, timecode};
use serde::Serialize;

/// The report's own name.
pub(super) const FILE: &str = "report.json";

/// All of it.
#[derive(Clone, Debug, Serialize)]
pub struct AlignReport {
    /// Whose masters these are.
    pub session_id: String,
    /// What the time line is called.
    pub name: String,
    /// The timecode at its beginning: universal time of day by the host's clock.
    pub start_timecode: String,
    /// The session clock at its beginning, in seconds.
    pub start_session_s: f64,
    /// How long it is.
    pub length_s: f64,
    /// The masters.
    pub masters: Vec<MasterReport>,
    /// Every two of them.
    pub pairs: Vec<PairReport>,
    /// What was left out of one format or another, and why.
    pub remarks: Vec<String>,
    /// Corrected sound, if it was asked for.
    pub sound_files: Vec<String>,
}

/// One master on the time line.
#[derive(Clone, Debug, Serialize)]
pub struct MasterReport {
    /// Whose.
    pub name: String,
    /// Their number in the call.
    pub participant_id: u8,
    /// The file, from the folder of the report.
    pub file: String,
    /// "finished", "recovered", ... by the metadata, and by the file itself.
    pub state: String,
    /// The same by the file itself.
    pub file_state: String,
    /// Where it begins and ends, in seconds of the time line.
    pub start_s: f64,
    /// Where it ends.
    pub end_s: f64,
    /// The picture of the time line nearest to its beginning, as formats that know only pictures have it.
    pub start_frame: u64,
    /// By how much the beginning lies behind that picture.
    pub start_remainder_ms: f64,
    /// How much faster its samples run than the session clock.
    pub drift_ppm: f64,
    /// Where the session clock is known from: "call", "machine" (without a call) or "start only".
    pub clock: &'static str,
    /// How far the estimates lie from the line through them, typically.
    pub estimate_spread_us: f64,
    /// Estimates that the line goes through.
    pub estimates_used: usize,
    /// Estimates that all others contradict.
    pub estimates_left_out: usize,
    /// The tones it should hold.
    pub tones: Vec<ToneReport>,
    /// Why its sound could not be read (to the end), if so.
    pub trouble: Option<String>,
}

/// One tone.
#[derive(Clone, Debug, Serialize)]
pub struct ToneReport {
    /// Where it was put.
    pub at_sample: u64,
    /// Where that lies on the time line.
    pub timeline_s: f64,
    /// Where it was found; nothing if it was not.
    pub found_sample: Option<f64>,
    /// By how much the file has it later than it was put: the file's own fault.
    pub file_error_ms: Option<f64>,
    /// By how much the line has it later than the session clock had when it was put: how the estimate has changed since.
    pub estimate_error_ms: f64,
    /// How much better the place is than any other, 0 to 1.
    pub sureness: Option<f64>,
}

/// How a pair was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checked {
    /// By the beeps of the test sources of one machine.
    Beeps,
    /// By sound that both hear at once.
    SameSound,
    /// By voices from loudspeakers, in both directions.
    Loudspeakers,
    /// Not at all: only one hears the other.
    OneDirectionOnly,
    /// Not at all.
    NothingInCommon,
}

/// Two masters.
#[derive(Clone, Debug, Serialize)]
pub struct PairReport {
    /// Whose is the first.
    pub first: String,
    /// Whose is the second.
    pub second: String,
    /// How they were checked against each other.
    pub checked: Checked,
    /// By how much the second lies too late; nothing where that could not be told.
    pub residual_ms: Option<f64>,
    /// The same at the first place that could be compared.
    pub residual_start_ms: Option<f64>,
    /// The same at the last place.
    pub residual_end_ms: Option<f64>,
    /// By how much the second's tone lies later than the first's, of the first tone that both hold.
    pub tones_residual_ms: Option<f64>,
    /// At how many places.
    pub places: usize,
    /// The same for people, with what was assumed.
    pub sentence: String,
}

/// Puts it together.
pub(super) fn report(all: &AllPlaced, heard: AllHeard) -> AlignReport {
    let tell = |(placed, (tones, trouble)): (&Placed, &(Vec<HeardTone>, Option<String>))| {
        master(all, placed, tones, trouble.clone())
    };
    let masters: Vec<MasterReport> = all.masters.iter().zip(&heard.masters).map(tell).collect();
    let left = edl::left_out(&all.timeline);
    let remark = |clip: &&crate::sync::timeline::Clip| {
        format!("timeline.edl has no track for the pictures (or the sound) of {}; the other three have all", clip.name)
    };
    AlignReport {
        session_id: all.session_id.clone(),
        name: all.timeline.name.clone(),
        start_timecode: timecode::text(timecode::frame_of_day(all.timeline.start_utc_us)),
        start_session_s: rounded(all.origin_s, 1e6),
        length_s: rounded(all.timeline.length_s(), 1e6),
        pairs: heard.pairs.iter().map(|p| pair(&masters, p)).collect(),
        masters,
        remarks: left.iter().map(remark).collect(),
        sound_files: Vec::new(),
    }
}

fn master(all: &AllPlaced, placed: &Placed, tones: &[HeardTone], trouble: Option<String>) -> MasterReport {
    let Placed { master, clip } = placed;
    let start_frame = (clip.start_s() * MASTER_FPS as f64).round() as u64;
    let fit = &master.fit;
    MasterReport {
        name: clip.name.clone(),
        participant_id: master.metadata.participant_id,
        file: clip.path.clone(),
        state: master.metadata.state.clone(),
        file_state: master.file_state(),
        start_s: rounded(clip.start_s(), 1e6),
        end_s: rounded(clip.end_s(), 1e6),
        start_frame,
        start_remainder_ms: rounded((clip.start_s() - start_frame as f64 / MASTER_FPS as f64) * 1e3, 1e3),
        drift_ppm: rounded(fit.drift_ppm(), 1e3),
        clock: match (master.from_session, fit.used > 1) {
            (true, _) => "call",
            (false, true) => "machine",
            (false, false) => "start only",
        },
        estimate_spread_us: rounded(fit.spread_us, 10.0),
        estimates_used: fit.used,
        estimates_left_out: fit.left_out,
        tones: tones.iter().map(|tone| tone_report(all, master, tone)).collect(),
        trouble,
    }
}

fn tone_report(all: &AllPlaced, master: &Master, tone: &HeardTone) -> ToneReport {
    let session_s = master.fit.session_at(tone.at_sample as f64);
    ToneReport {
        at_sample: tone.at_sample,
        timeline_s: rounded(session_s - all.origin_s, 1e6),
        found_sample: tone.found.map(|found| rounded(found.position, 1e3)),
        file_error_ms: tone
            .found
            .map(|found| rounded((found.position - tone.at_sample as f64) / RATE_HZ as f64 * 1e3, 1e4)),
        estimate_error_ms: rounded((session_s - tone.session_us as f64 / 1e6) * 1e3, 1e4),
        sureness: tone.found.map(|found| rounded(found.sureness, 1e3)),
    }
}

fn pair(masters: &[MasterReport], heard: &HeardPair) -> PairReport {
    let (first, second) = (&masters[heard.first], &masters[heard.second]);
    let mut report = PairReport {
        first: first.name.clone(),
        second: second.name.clone(),
        checked: Checked::NothingInCommon,
        residual_ms: None,
        residual_start_ms: None,
        residual_end_ms: None,
        tones_residual_ms: tones_residual_ms(first, second),
        places: 0,
        sentence: String::new(),
    };
    let ms = |seconds: f64| Some(rounded(seconds * 1e3, 1e4));
    match &heard.common {
        Common::Beeps(found) if !found.is_empty() => {
            report.checked = Checked::Beeps;
            report.residual_ms = ms(median(found.iter().map(|beep| beep.1)));
            report.residual_start_ms = ms(found[0].1);
            report.residual_end_ms = ms(found[found.len() - 1].1);
            report.places = found.len();
        }
        Common::Voices(Heard::AtOnce { late_s, places, .. }) => {
            (report.checked, report.residual_ms, report.places) = (Checked::SameSound, ms(*late_s), *places);
        }
        Common::Voices(Heard::BothWays { late_s, places, .. }) => {
            (report.checked, report.residual_ms, report.places) = (Checked::Loudspeakers, ms(*late_s), *places);
        }
        Common::Voices(Heard::OneWay { places, .. }) => {
            (report.checked, report.places) = (Checked::OneDirectionOnly, *places);
        }
        Common::Beeps(_) | Common::Voices(Heard::Nothing) => {}
    }
    report.sentence = sentence(&report, &heard.common);
    report
}

/// Each tone tells which moment of the session it is; two masters differ by what their files and lines make of it.
fn tones_residual_ms(first: &MasterReport, second: &MasterReport) -> Option<f64> {
    let off = |master: &MasterReport| {
        let tone = master.tones.iter().find(|tone| tone.found_sample.is_some())?;
        Some(tone.file_error_ms? + tone.estimate_error_ms)
    };
    Some(rounded(off(second)? - off(first)?, 1e4))
}

fn sentence(report: &PairReport, common: &Common) -> String {
    let late = report.residual_ms.unwrap_or_default();
    let places = report.places;
    match common {
        _ if report.checked == Checked::Beeps => format!(
            "the beeps of their test sources differ by {late:+.3} ms ({:+.3} at the start, {:+.3} at the end; {places} \
             compared), taking both to be of one machine, as their clocks say",
            report.residual_start_ms.unwrap_or_default(),
            report.residual_end_ms.unwrap_or_default()
        ),
        Common::Voices(Heard::AtOnce { spread_s, .. }) => format!(
            "the same sound is in both, {late:+.3} ms apart at {places} places (within {:.2} ms); the way through the air \
             is part of that, 3 ms for each metre",
            spread_s * 1e3
        ),
        Common::Voices(Heard::BothWays { way_s, .. }) => format!(
            "each hears the other out of a loudspeaker, {:.1} ms later at {places} places; taking both ways to be equally \
             long, they differ by {late:+.3} ms",
            way_s * 1e3
        ),
        Common::Voices(Heard::OneWay { late_s, .. }) => format!(
            "only one hears the other, {:.1} ms later; how much of that is the way nobody can tell, so the estimate of the \
             clocks stands unchecked",
            late_s.abs() * 1e3
        ),
        Common::Beeps(_) | Common::Voices(_) => {
            "no sound is in both (as it should be with headphones), so the estimate of the clocks stands unchecked"
                .to_owned()
        }
    }
}

fn rounded(value: f64, digits: f64) -> f64 {
    (value * digits).round() / digits
}
