// SPDX-License-Identifier: MIT
//! Lining up the masters of a call: folders in, time lines for editors, a report, and on request corrected sound out.
//!
//! ```text
//!  folders --masters--> who, which file, clocks --> Timeline --> .otio .fcpxml .xml .edl
//!                 \--listen--> tones, voices, beeps --> Report --> report.json, and words
//!                  \--correct--> NAME.wav
//! ```
//!
//! The masters themselves are only read.

mod correct;
mod listen;
mod masters;
mod report;

pub use masters::MastersError;
pub use report::{AlignReport, Checked, MasterReport, PairReport, ToneReport};

use crate::media::ReadSoundError;
use crate::sync::timeline::{Timeline, edl, fcpxml, otio, xmeml};
use masters::Placed;
use std::io;
use std::path::{Path, PathBuf};

/// What to line up, and where to put it.
#[derive(Clone, Debug)]
pub struct AlignSettings {
    /// Session folders of one call.
    pub folders: Vec<PathBuf>,
    /// Where the time lines go; made if it is not there.
    pub out: PathBuf,
    /// Whether corrected sound is wanted too.
    pub wav: bool,
}

/// Why masters are not lined up.
#[derive(Debug, thiserror::Error)]
pub enum AlignError {
    /// Which masters.
    #[error(transparent)]
    Masters(#[from] MastersError),
    /// Their sound, where it was asked for.
    #[error(transparent)]
    Sound(#[from] ReadSoundError),
    /// What could not be written.
    #[error("{path} cannot be written ({cause}); choose another folder with --out")]
    Unwritable {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

/// Lines them up; `tell` hears what is being done, since an hour of sound takes a while.
pub fn align(settings: &AlignSettings, tell: &mut dyn FnMut(String)) -> Result<AlignReport, AlignError> {
    let out = &settings.out;
    let masters = masters::find(&settings.folders)?;
    std::fs::create_dir_all(out).map_err(|cause| AlignError::Unwritable { path: out.clone(), cause })?;
    let placed = masters::place(masters, out);
    write_timelines(&placed.timeline, out)?;
    let heard = listen::listen(&placed, tell);
    let mut report = report::report(&placed, heard);
    if settings.wav {
        report.sound_files = correct::write_all(&placed, out, tell)?;
    }
    let mut json = serde_json::to_string_pretty(&report)
        .map_err(|e| io::Error::other(e.to_string()))
        .map_err(|cause| AlignError::Unwritable { path: out.join(report::FILE), cause })?;
    json.push('\n');
    write(&out.join(report::FILE), &json)?;
    Ok(report)
}

fn write_timelines(timeline: &Timeline, out: &Path) -> Result<(), AlignError> {
    write(&out.join("timeline.otio"), &otio::write(timeline))?;
    write(&out.join("timeline.fcpxml"), &fcpxml::write(timeline))?;
    write(&out.join("timeline.xml"), &xmeml::write(timeline))?;
    write(&out.join("timeline.edl"), &edl::write(timeline))
}

fn write(path: &Path, text: &str) -> Result<(), AlignError> {
    std::fs::write(path, text).map_err(|cause| AlignError::Unwritable { path: path.to_owned(), cause })
}

/// All masters, in the order of the time line's clips.
struct AllPlaced {
    masters: Vec<Placed>,
    timeline: Timeline,
    session_id: String,
    /// The session clock at the time line's beginning, in seconds.
    origin_s: f64,
}
