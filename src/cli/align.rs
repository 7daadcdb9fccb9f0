// SPDX-License-Identifier: MIT
//! `hyperzoom align`.

use super::shared::{say, say_json, start_media};
use crate::studio::{self, AlignReport, AlignSettings, MasterReport};
use std::path::PathBuf;

/// Place all masters of a call on one time line.
#[derive(Debug, clap::Args)]
pub struct Align {
    /// The session folder of each participant, whatever it is called by now
    #[arg(required = true, value_name = "SESSION_FOLDER")]
    folders: Vec<PathBuf>,
    /// Where the time lines and the report go
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Also write everybody's sound without drift, all files beginning with the time line
    #[arg(long)]
    wav: bool,
    /// The report as one JSON object on standard output
    #[arg(long)]
    json: bool,
}

impl Align {
    /// Lines up and reports.
    pub fn run(self) -> anyhow::Result<()> {
        start_media()?;
        let settings = AlignSettings { folders: self.folders, out: self.out, wav: self.wav };
        let report = studio::align(&settings, &mut |what| eprintln!("{what} ..."))?;
        if self.json {
            return say_json(&report);
        }
        print(&report);
        say(format!("Written to {}: timeline.otio, .fcpxml, .xml (FCP7), .edl, report.json", settings.out.display()));
        if !report.sound_files.is_empty() {
            say(format!("and without drift, each beginning with the time line: {}", report.sound_files.join(", ")));
        }
        Ok(())
    }
}

fn print(report: &AlignReport) {
    say(format!(
        "{} (session {}), {:.3} s from timecode {}",
        report.name, report.session_id, report.length_s, report.start_timecode
    ));
    say("");
    say("Where each master lies");
    for master in &report.masters {
        say(format!(
            "  {:<16} from {:>11.4} s to {:>11.4} s, clock {:+.2} ppm  {}",
            master.name, master.start_s, master.end_s, master.drift_ppm, master.file
        ));
        known(master);
        tones(master);
    }
    if !report.pairs.is_empty() {
        say("");
        say("How well they fit");
    }
    for pair in &report.pairs {
        say(format!("  {} and {}: {}", pair.first, pair.second, pair.sentence));
    }
    say("");
    report.remarks.iter().for_each(say);
}

fn known(master: &MasterReport) {
    let left = match master.estimates_left_out {
        0 => String::new(),
        n => format!(", {n} left out that all others contradict"),
    };
    say(match master.clock {
        "call" => format!(
            "  {:16}   known from {} estimates of the session clock, typically {:.0} us from the line{left}",
            "", master.estimates_used, master.estimate_spread_us
        ),
        "machine" => format!(
            "  {:16}   known from this machine's clock alone: there was no call, or nothing was heard of it",
            ""
        ),
        _ => format!("  {:16}   known by its first sample only; its drift is not", ""),
    });
    if let Some(trouble) = &master.trouble {
        say(format!("  {:16}   its sound could not be checked: {trouble}", ""));
    }
}

fn tones(master: &MasterReport) {
    if master.tones.is_empty() {
        say(format!("  {:16}   it holds no sync tone to check the file by", ""));
    }
    for tone in &master.tones {
        say(match tone.file_error_ms {
            Some(error) => format!(
                "  {:16}   sync tone at {:.3} s is in the file where it was put ({error:+.3} ms)",
                "", tone.timeline_s
            ),
            None => format!("  {:16}   sync tone at {:.3} s was not found in the sound", "", tone.timeline_s),
        });
    }
}
