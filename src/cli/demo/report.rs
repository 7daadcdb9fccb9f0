// SPDX-License-Identifier: MIT
//! What a demo found out, for a newcomer: how long a voice takes, what was lost, what was recorded, and how well the
//! masters fit.

use super::person::{Heard, Person};
use crate::cli::shared::say;
use crate::studio::AlignReport;
use serde::Serialize;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Instant;

/// All of it.
#[derive(Debug, Serialize)]
pub struct DemoReport {
    /// For programs.
    pub event: &'static str,
    /// Everybody, the host first.
    pub people: Vec<Row>,
    /// Where the editor's time lines are.
    pub timeline: PathBuf,
    /// How well the masters fit.
    pub aligned: AlignReport,
}

/// One participant.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Their name.
    pub name: String,
    /// From asking to being in; nothing for the host.
    pub joined_ms: Option<u64>,
    /// From a frame's first sample to its datagram, at most, in 99 of 100.
    pub capture_to_send_p99_ms: Option<f64>,
    /// How each of the others was heard.
    pub hears: Vec<Ear>,
    /// Their session folder.
    pub folder: Option<PathBuf>,
    /// Their master.
    pub file: Option<PathBuf>,
    /// Its length in seconds.
    pub seconds: f64,
    /// Its pictures.
    pub frames: u64,
    /// Pictures that were lost: never any.
    pub frames_dropped: u64,
    /// Samples of silence in place of lost ones: never any.
    pub samples_silenced: u64,
}

/// How somebody was heard and seen, in the last second in which everybody was there.
#[derive(Debug, Serialize)]
pub struct Ear {
    /// Who.
    pub name: String,
    /// From their mouth to this ear.
    pub mouth_to_ear_ms: Option<f64>,
    /// Of a hundred frames of the whole call, how many were made up.
    pub concealed_percent: f64,
    /// From their camera to this screen, half of the pictures.
    pub picture_p50_ms: Option<f64>,
}

impl Row {
    /// Waits until the participant has finished.
    pub fn of(person: &mut Person, limit: Instant) -> anyhow::Result<Row> {
        let finished = person.await_event(limit, |heard| match heard {
            Heard::Finished(end) => Some(end.clone()),
            _ => None,
        })?;
        let joined_ms = person.heard.iter().find_map(|heard| match heard {
            Heard::Joined { took_ms } => Some(*took_ms),
            _ => None,
        });
        let stats = person.heard.iter().filter_map(|heard| match heard {
            Heard::Stats(stats) => Some(stats),
            _ => None,
        });
        // The last second in which most people were there: those who leave first are not forgotten.
        let fullest = stats.rev().max_by_key(|stats| stats["peers"].as_array().map_or(0, Vec::len));
        let path = |key: &str| finished[key].as_str().map(PathBuf::from);
        let count = |key: &str| finished[key].as_u64().unwrap_or(0);
        Ok(Row {
            name: person.name.clone(),
            joined_ms: joined_ms.filter(|_| person.name != "host"),
            capture_to_send_p99_ms: fullest.and_then(|stats| stats["capture_to_send_ms"]["p99_ms"].as_f64()),
            hears: fullest.and_then(|stats| stats["peers"].as_array()).into_iter().flatten().map(Ear::of).collect(),
            folder: path("folder"),
            file: path("file"),
            seconds: finished["seconds"].as_f64().unwrap_or(0.0),
            frames: count("frames"),
            frames_dropped: count("frames_dropped"),
            samples_silenced: count("samples_silenced"),
        })
    }
}

impl Ear {
    fn of(peer: &Value) -> Ear {
        let voice = &peer["voice"];
        let count = |key: &str| voice[key].as_f64().unwrap_or(0.0);
        Ear {
            name: peer["name"].as_str().unwrap_or_default().to_owned(),
            mouth_to_ear_ms: voice["mouth_to_ear_ms"].as_f64(),
            concealed_percent: 100.0 * count("concealed") / (count("concealed") + count("frames")).max(1.0),
            picture_p50_ms: peer["picture_ms"]["p50_ms"].as_f64(),
        }
    }
}

impl DemoReport {
    /// For people.
    pub fn print(&self) {
        say("");
        say("The voices, from mouth to ear (the air and the sound card's converters are not in it)");
        for row in &self.people {
            for ear in &row.hears {
                let voice = ear.mouth_to_ear_ms.map_or("not known".to_owned(), |ms| format!("{ms:.1} ms"));
                let picture = ear.picture_p50_ms.map_or(String::new(), |ms| format!("; picture {ms:.0} ms"));
                let (to, from) = (&row.name, &ear.name);
                say(format!("  {from:>8} to {to:<8} {voice:>9}, {:.2} % made up{picture}", ear.concealed_percent));
            }
        }
        say("");
        say("The masters, recorded by each for themselves");
        for row in &self.people {
            let lost = match (row.frames_dropped, row.samples_silenced) {
                (0, 0) => "nothing lost".to_owned(),
                (frames, samples) => format!("{frames} pictures and {samples} samples lost"),
            };
            say(format!("  {:>8}  {:.2} s, {} pictures, {lost}", row.name, row.seconds, row.frames));
            if let Some(file) = &row.file {
                say(format!("            {}", file.display()));
            }
        }
        say("");
        say("How well the masters fit together, by the clocks alone, checked by what they hold");
        for pair in &self.aligned.pairs {
            say(format!("  {} and {}: {}", pair.first, pair.second, pair.sentence));
        }
        say("");
        say(format!("For the editor: timeline.otio, .fcpxml, .xml and .edl in {}", self.timeline.display()));
    }
}
