// SPDX-License-Identifier: MIT
//! Which masters there are, and where their metadata places them.

use super::AllPlaced;
use crate::disk::repair::RepairError;
use crate::disk::session::{self, FindError};
use crate::disk::{Metadata, repair};
use crate::media::{Device, DeviceKind};
use crate::studio::repair::rebuilt;
use crate::sync::align::SessionFit;
use crate::sync::timeline::{Clip, Timeline};
use crate::words::{MASTER_FPS, SAMPLES_PER_FRAME, Sample, What, timecode};
use std::path::{Component, Path, PathBuf};

/// Why folders are not masters of one call.
#[derive(Debug, thiserror::Error)]
pub enum MastersError {
    /// No master in a folder.
    #[error(transparent)]
    Find(#[from] FindError),
    /// A master that cannot be read.
    #[error(transparent)]
    Unreadable(#[from] RepairError),
    /// A file of another program.
    #[error("{0} has no metadata beside it and none inside; only recordings of HyperZoom can be lined up")]
    Foreign(PathBuf),
    /// Two calls.
    #[error("{first} is of session {first_id} and {other} of session {other_id}; name folders of one session only")]
    OtherSession {
        /// The first folder.
        first: PathBuf,
        /// Its session.
        first_id: String,
        /// A folder that does not belong to it.
        other: PathBuf,
        /// And its session.
        other_id: String,
    },
    /// A file without anything in it.
    #[error("{0} holds neither sound nor pictures; leave it out")]
    Empty(PathBuf),
}

/// A master as it was found.
pub(super) struct Master {
    pub(super) folder: PathBuf,
    pub(super) file: PathBuf,
    pub(super) metadata: Metadata,
    pub(super) fit: SessionFit,
    /// Whether the session clock comes from pairs of its own, or from the machine's clock.
    pub(super) from_session: bool,
}

/// A master, and its clip on the time line.
pub(super) struct Placed {
    pub(super) master: Master,
    pub(super) clip: Clip,
}

/// The masters in the folders, all of one session; a folder that is named twice counts once.
pub(super) fn find(folders: &[PathBuf]) -> Result<Vec<Master>, MastersError> {
    let mut masters: Vec<Master> = Vec::new();
    for folder in folders {
        let master = read(folder)?;
        let same = |known: &Master| known.file.canonicalize().ok() == master.file.canonicalize().ok();
        if !masters.iter().any(same) {
            masters.push(master);
        }
    }
    if let Some((first, rest)) = masters.split_first()
        && let Some(other) = rest.iter().find(|m| m.metadata.session_id != first.metadata.session_id)
    {
        return Err(MastersError::OtherSession {
            first: first.folder.clone(),
            first_id: first.metadata.session_id.clone(),
            other: other.folder.clone(),
            other_id: other.metadata.session_id.clone(),
        });
    }
    masters.sort_by(|a, b| {
        let key = |m: &Master| (m.metadata.participant_id, m.fit.session_at(0.0));
        key(a).0.cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1))
    });
    Ok(masters)
}

fn read(folder: &Path) -> Result<Master, MastersError> {
    let found = session::find(folder)?;
    // Metadata that a crash left behind ends early; the file itself tells it all.
    let complete = found.metadata.filter(|m| m.state != "recording" && !m.session_id.is_empty());
    let metadata = match complete {
        Some(metadata) => metadata,
        None => rebuilt(&found.master)?.ok_or_else(|| MastersError::Foreign(found.master.clone()))?,
    };
    if length(&metadata) == 0 {
        return Err(MastersError::Empty(found.master));
    }
    let (fit, from_session) = fit(&metadata);
    Ok(Master { folder: found.folder, file: found.master, metadata, fit, from_session })
}

/// In samples, whichever lasts longer.
fn length(metadata: &Metadata) -> Sample {
    let recording = &metadata.recording;
    recording.total_samples.max(recording.total_frames_captured * SAMPLES_PER_FRAME)
}

/// The session clock through the master: from pairs of its own, or else by way of the machine's clock.
fn fit(metadata: &Metadata) -> (SessionFit, bool) {
    let clocks = &metadata.clocks;
    let start_us = (clocks.session_start_seconds * 1e6).round() as i64;
    let bends = metadata.happenings.iter().filter(|h| match &h.what {
        What::SoundBack { .. } => true,
        What::DeviceChanged { device, .. } => device == "microphone",
        _ => false,
    });
    let bends: Vec<Sample> = bends.map(|h| h.at_sample).collect();
    if clocks.session_samples.len() > 1 {
        return (SessionFit::of(&clocks.session_samples, &bends, length(metadata), start_us), true);
    }
    let own = metadata.participants.iter().find(|p| p.id == metadata.participant_id);
    let rate = own.map_or(0.0, |p| p.clock_rate_ppm * 1e-6);
    let session = |mono_ns: u64| {
        let elapsed_us = mono_ns.wrapping_sub(clocks.started_monotonic_ns) as i64 as f64 / 1e3;
        start_us + (elapsed_us / (1.0 + rate)).round() as i64
    };
    let pairs: Vec<(Sample, i64)> = clocks.samples.iter().map(|&(sample, mono)| (sample, session(mono))).collect();
    (SessionFit::of(&pairs, &bends, length(metadata), start_us), false)
}

/// Everything on one time line, which begins with the earliest first sample.
pub(super) fn place(masters: Vec<Master>, out: &Path) -> AllPlaced {
    let origin_s = masters.iter().map(|m| m.fit.session_at(0.0)).fold(f64::MAX, f64::min);
    // The host's clock is the session's, so its time of day is everybody's.
    let reference = &masters[0];
    let behind_s = reference.fit.session_at(0.0) - origin_s;
    let start_utc_us = start_of_day_us(&reference.metadata) - (behind_s * 1e6).round() as i64;
    let metadata = &reference.metadata;
    let (session_id, name) = (metadata.session_id.clone(), metadata.session_name.clone());
    let name = if name.is_empty() { format!("Session {session_id}") } else { name };
    let mut names: Vec<String> = Vec::new();
    let mut placed: Vec<Placed> = Vec::new();
    for master in masters {
        names.push(unique(&person(&master.metadata), &names));
        let corners = master.fit.knots().iter().map(|&(sample, s)| (sample, s - origin_s)).collect();
        let recording = &master.metadata.recording;
        let size =
            recording.video_resolution.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
        let clip = Clip {
            name: names[names.len() - 1].clone(),
            path: relative(out, &master.file),
            start_utc_us: start_of_day_us(&master.metadata),
            samples: length(&master.metadata),
            size: size.filter(|_| recording.total_frames_captured > 0),
            has_sound: recording.total_samples > 0,
            corners,
        };
        placed.push(Placed { master, clip });
    }
    let clips = placed.iter().map(|p| p.clip.clone()).collect();
    AllPlaced { masters: placed, timeline: Timeline { name, start_utc_us, clips }, session_id, origin_s }
}

/// The universal time of day of sample 0, as the file's own timecode has it.
fn start_of_day_us(metadata: &Metadata) -> i64 {
    let frame = timecode::parse(&metadata.clocks.start_timecode).unwrap_or(0);
    (frame * 1_000_000).div_ceil(MASTER_FPS) as i64
}

fn person(metadata: &Metadata) -> String {
    let known = metadata.participants.iter().find(|p| p.id == metadata.participant_id && !p.name.trim().is_empty());
    known.map_or_else(|| format!("participant {}", metadata.participant_id), |p| p.name.trim().to_owned())
}

/// Two people of one name, or two takes of one person, are told apart.
fn unique(name: &str, taken: &[String]) -> String {
    let same =
        |a: &str, b: &str| crate::disk::folder::safe_name(a).eq_ignore_ascii_case(&crate::disk::folder::safe_name(b));
    let numbered = (2..).map(|n| format!("{name} {n}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !taken.iter().any(|t| same(t, name))).expect("numbers do not end")
}

/// The way from a folder to a file, with `/` between the parts; the whole path where there is no common root.
fn relative(from: &Path, to: &Path) -> String {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (from, to) = (whole(from), whole(to));
    let (a, b): (Vec<Component>, Vec<Component>) = (from.components().collect(), to.components().collect());
    let common = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    if common == 0 {
        return to.to_string_lossy().replace('\\', "/");
    }
    let ups = a[common..].iter().map(|_| "..".to_owned());
    let downs = b[common..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
    ups.chain(downs).collect::<Vec<_>>().join("/")
}

impl Master {
    /// Whether its sound is the ruler's.
    pub(super) fn is_test(&self) -> bool {
        self.metadata.recording.microphone == Device::test(DeviceKind::Microphone).name
    }

    /// By how many seconds the session clock is ahead of the machine's at sample 0; the same for two masters of one
    /// machine, whatever their names.
    pub(super) fn ahead_of_machine_s(&self) -> f64 {
        self.fit.session_at(0.0) - self.metadata.clocks.started_monotonic_ns as f64 / 1e9
    }

    /// Whether the file is finished; reads only its boxes.
    pub(super) fn file_state(&self) -> String {
        repair::inspect(&self.file).map_or_else(|_| "unknown".to_owned(), |report| report.state.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{relative, unique};

    #[test]
    fn paths_lead_from_the_time_line_to_the_master() {
        let home = tempfile::tempdir().expect("a folder");
        let (out, session) = (home.path().join("edit/out"), home.path().join("rec/guest's call"));
        std::fs::create_dir_all(&out).expect("made");
        std::fs::create_dir_all(&session).expect("made");
        std::fs::write(session.join("a.mp4"), b"").expect("written");
        assert_eq!(relative(&out, &session.join("a.mp4")), "../../rec/guest's call/a.mp4");
    }

    #[test]
    fn names_are_told_apart_as_files_would_be() {
        let taken = ["guest".to_owned(), "Guest 2".to_owned()];
        assert_eq!((unique("Guest", &taken), unique("host", &taken)), ("Guest 3".to_owned(), "host".to_owned()));
    }
}
