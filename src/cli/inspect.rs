// SPDX-License-Identifier: MIT
//! `hyperzoom inspect`.

use super::shared::{say, say_json};
use crate::disk::metadata::utc_text;
use crate::disk::repair;
use crate::mp4::Report;
use crate::words::RATE_HZ;
use std::path::PathBuf;

/// Tell what a file holds.
#[derive(Debug, clap::Args)]
pub struct Inspect {
    /// An MP4
    file: PathBuf,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

impl Inspect {
    /// Prints.
    pub fn run(self) -> anyhow::Result<()> {
        let report = repair::inspect(&self.file)?;
        if self.json {
            return say_json(&report);
        }
        say(self.file.display());
        print(&report);
        Ok(())
    }
}

fn print(report: &Report) {
    let torn = match report.torn_bytes {
        0 => String::new(),
        bytes => format!(", {bytes} torn bytes at the end"),
    };
    say(format!("  {}, {:.3} s, {:.1} MB{torn}", report.state, report.duration_s, report.bytes as f64 / 1e6));
    for track in &report.tracks {
        say(format!(
            "  {:6} {:6} {} samples, {:.6} s, {:.1} kbit/s",
            track.kind,
            track.codec,
            track.samples,
            track.duration_s,
            track.bytes as f64 * 8.0 / 1000.0 / track.duration_s.max(1e-9)
        ));
        if track.kind == "video" {
            let steady = if track.constant_rate { "constant" } else { "NOT constant" };
            let keys = match (track.key_interval_min, track.key_interval_max) {
                (Some(min), Some(max)) if min == max => format!("a key frame every {min}"),
                (Some(min), Some(max)) => format!("key frames {min} to {max} apart"),
                _ => format!("{} key frame(s)", track.key_frames),
            };
            say(format!("         {:.3} fps {steady}, {keys}", track.rate));
        }
        if track.priming_units > 0 {
            say(format!("         priming of {} hidden by the edit list", track.priming_units));
        }
        for gap in &track.gaps {
            say(format!("         gap after sample {}: {} units missing", gap.after_sample, gap.missing_units));
        }
    }
    if let Some(timecode) = &report.timecode {
        say(format!("  timecode {timecode} (universal time of day)"));
    }
    if let Some(utc_us) = report.started_utc_us {
        say(format!("  started  {}", utc_text(utc_us)));
    }
    if let Some(ppm) = report.drift_ppm {
        say(format!("  microphone clock {ppm:+.2} ppm"));
    }
    for happening in &report.happenings {
        say(format!("  at {:.3} s: {}", happening.at_sample as f64 / RATE_HZ as f64, happening.what));
    }
}
