// SPDX-License-Identifier: MIT
//! `sync_timecodes.txt`: the metadata as a person who edits reads it.

use super::Metadata;
use crate::words::{Happening, RATE_HZ, SAMPLES_PER_FRAME, What, timecode};

/// The whole text.
pub(super) fn text(metadata: &Metadata) -> String {
    let mut lines = head(metadata);
    lines.push(String::new());
    lines.extend(people(metadata));
    lines.push(String::new());
    lines.extend(tones(metadata));
    lines.push(String::new());
    lines.extend(happenings(metadata));
    lines.push(String::new());
    lines.join("\n")
}

fn head(metadata: &Metadata) -> Vec<String> {
    let clocks = &metadata.clocks;
    let name = if metadata.session_name.is_empty() { "(no name)" } else { &metadata.session_name };
    let mut lines = vec![
        format!("HyperZoom session {name}, id {}", metadata.session_id),
        String::new(),
        format!("Recording         {} ({})", metadata.recording.file, metadata.state),
        format!("Started           {} (universal time)", metadata.started_at_utc),
        format!("Length            {}", length_text(metadata.duration_seconds)),
        format!("Start timecode    {} (universal time of day, 30 fps, non-drop)", clocks.start_timecode),
        format!("End timecode      {}", clocks.end_timecode),
        format!("Session clock     {:.6} s to {:.6} s", clocks.session_start_seconds, clocks.session_end_seconds),
        format!("Microphone clock  {:+.2} ppm against this machine's", clocks.microphone_drift_ppm),
    ];
    if clocks.session_drift_ppm != 0.0 {
        lines.push(format!("                  {:+.2} ppm against the session's", clocks.session_drift_ppm));
    }
    lines
}

fn people(metadata: &Metadata) -> Vec<String> {
    let mut lines = vec!["Participants (each clock against the session clock: offset, and how much faster)".to_owned()];
    for p in &metadata.participants {
        let here = if p.id == metadata.participant_id { "  (this recording)" } else { "" };
        lines.push(format!(
            "  {}  {:+12.3} ms  {:+8.2} ppm  {}{here}",
            p.id, p.clock_offset_ms, p.clock_rate_ppm, p.name
        ));
    }
    lines
}

fn tones(metadata: &Metadata) -> Vec<String> {
    let tones: Vec<(&Happening, i64)> = metadata.happenings.iter().filter_map(tone).collect();
    if tones.is_empty() {
        return vec!["There is no sync tone in this recording.".to_owned()];
    }
    let start = timecode::parse(&metadata.clocks.start_timecode);
    let mut lines = vec!["Sync tones (first sample, time in the recording, timecode, session clock)".to_owned()];
    for (happening, session_us) in tones {
        let timecode = start.map_or_else(String::new, |f| timecode::text(f + happening.at_sample / SAMPLES_PER_FRAME));
        let time = length_text(happening.at_sample as f64 / RATE_HZ as f64);
        lines.push(format!(
            "  sample {:>10}  {time}  {timecode}  {:.6} s",
            happening.at_sample,
            session_us as f64 / 1e6
        ));
    }
    lines
}

fn tone(happening: &Happening) -> Option<(&Happening, i64)> {
    match happening.what {
        What::Tone { session_us } => Some((happening, session_us)),
        _ => None,
    }
}

fn happenings(metadata: &Metadata) -> Vec<String> {
    let told: Vec<&Happening> = metadata.happenings.iter().filter(|h| tone(h).is_none()).collect();
    if told.is_empty() {
        return vec!["Nothing was lost, repeated or left out.".to_owned()];
    }
    let title = "What happened (time in the recording)".to_owned();
    let line = |h: &&Happening| format!("  {}  {}", length_text(h.at_sample as f64 / RATE_HZ as f64), h.what);
    std::iter::once(title).chain(told.iter().map(line)).collect()
}

fn length_text(seconds: f64) -> String {
    let ms = (seconds * 1000.0).round() as u64;
    format!("{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
}

#[cfg(test)]
mod tests {
    use super::{length_text, text};
    use crate::disk::Metadata;
    use crate::words::{Facts, Happening, Mono, What};

    #[test]
    fn lengths_read_as_people_expect() {
        assert_eq!(length_text(3842.0416), "01:04:02.042");
    }

    #[test]
    fn an_editor_reads_of_tones_people_and_mutes() {
        let facts = Facts {
            started_utc_us: 72_900_000_000,
            participant: "guest".into(),
            participant_id: 1,
            ..Facts::default()
        };
        let mut metadata = Metadata::begin(&facts, "x.mp4");
        let host = metadata.participant_mut(0, "host");
        (host.clock_offset_ms, host.clock_rate_ppm) = (-12.34, 80.0);
        metadata.happenings.push(Happening { at_sample: 49_600, what: What::Tone { session_us: 1_033_333 } });
        metadata.happenings.push(Happening { at_sample: 96_000, what: What::Muted });
        metadata.measure(&facts, 144_000, 90, Mono(0));
        let told = text(&metadata);
        assert!(told.contains("sample      49600  00:00:01.033  20:15:01:01  1.033333 s"), "{told}");
        assert!(told.contains("0       -12.340 ms    +80.00 ppm  host\n"), "{told}");
        assert!(told.contains("+0.00 ppm  guest  (this recording)"), "{told}");
        assert!(told.contains("00:00:02.000  muted by hand"), "{told}");
    }
}
