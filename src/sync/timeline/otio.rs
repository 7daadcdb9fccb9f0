// SPDX-License-Identifier: MIT
//! OpenTimelineIO: times at 48,000 a second, so that a start is exact to a sample, and a linear time warp for each
//! piece of a clip that runs at another speed than the time line.

use super::{Clip, Timeline, address};
use crate::words::{MASTER_FPS, RATE_HZ, timecode};
use serde_json::{Value, json};

/// The whole file.
pub fn write(timeline: &Timeline) -> String {
    let start = f64::from(timecode::frame_of_day(timeline.start_utc_us));
    let kinds = [("Video", Clip::has_pictures as fn(&Clip) -> bool), ("Audio", |clip| clip.has_sound)];
    let tracks = kinds.iter().flat_map(|(kind, holds)| {
        timeline.clips.iter().filter(|clip| holds(clip)).map(|clip| track(clip, kind)).collect::<Vec<_>>()
    });
    let whole = json!({
        "OTIO_SCHEMA": "Timeline.1",
        "name": timeline.name,
        "global_start_time": time(start, MASTER_FPS as f64),
        "tracks": {
            "OTIO_SCHEMA": "Stack.1", "name": "tracks", "source_range": null, "effects": [], "markers": [],
            "metadata": {}, "children": tracks.collect::<Vec<_>>(),
        },
        "metadata": {},
    });
    format!("{whole:#}\n")
}

impl Clip {
    fn has_pictures(&self) -> bool {
        self.size.is_some()
    }
}

fn track(clip: &Clip, kind: &str) -> Value {
    let pieces = clip.pieces();
    let mut children = Vec::new();
    if pieces[0].0 > 0 {
        children.push(gap(pieces[0].0));
    }
    children.extend(pieces.windows(2).map(|w| piece(clip, w[0], w[1])));
    json!({
        "OTIO_SCHEMA": "Track.1", "name": clip.name, "kind": kind, "source_range": null, "effects": [],
        "markers": [], "metadata": {}, "children": children,
    })
}

fn gap(samples: i64) -> Value {
    json!({
        "OTIO_SCHEMA": "Gap.1", "name": "", "source_range": range(0.0, samples as f64), "effects": [],
        "markers": [], "metadata": {},
    })
}

fn piece(clip: &Clip, from: (i64, f64), to: (i64, f64)) -> Value {
    let length = (to.0 - from.0) as f64;
    let speed = (to.1 - from.1) / length;
    let warp = json!({
        "OTIO_SCHEMA": "LinearTimeWarp.1", "name": "drift", "effect_name": "LinearTimeWarp",
        "time_scalar": speed, "metadata": {},
    });
    // Less than a sample in ten hours is no drift.
    let effects = if (speed - 1.0).abs() < 1e-9 { vec![] } else { vec![warp] };
    json!({
        "OTIO_SCHEMA": "Clip.1", "name": clip.name, "source_range": range(from.1, length), "effects": effects,
        "markers": [], "metadata": {},
        "media_reference": {
            "OTIO_SCHEMA": "ExternalReference.1", "name": clip.name, "target_url": address(&clip.path),
            "available_range": range(0.0, clip.samples as f64), "metadata": {},
        },
    })
}

fn range(start: f64, duration: f64) -> Value {
    let rate = RATE_HZ as f64;
    json!({ "OTIO_SCHEMA": "TimeRange.1", "start_time": time(start, rate), "duration": time(duration, rate) })
}

fn time(value: f64, rate: f64) -> Value {
    json!({ "OTIO_SCHEMA": "RationalTime.1", "value": value, "rate": rate })
}

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::write;
    use serde_json::Value;

    #[test]
    fn a_guest_that_drifts_is_in_place_at_start_and_end() {
        let timeline = call(3_600, 80.0);
        let read: Value = serde_json::from_str(&write(&timeline)).expect("JSON");
        let tracks = read["tracks"]["children"].as_array().expect("tracks");
        assert_eq!(
            tracks.iter().map(|t| t["kind"].as_str()).collect::<Vec<_>>(),
            [Some("Video"), Some("Video"), Some("Audio"), Some("Audio")]
        );
        let [gap, clip] = &tracks[3]["children"].as_array().expect("children")[..] else { panic!("{:#}", tracks[3]) };
        let number = |v: &Value| v["value"].as_f64().expect("a number");
        assert_eq!(number(&gap["source_range"]["duration"]), 5.01 * 48_000.0);
        let heard =
            number(&clip["source_range"]["duration"]) * clip["effects"][0]["time_scalar"].as_f64().expect("a warp");
        assert!((heard - 3_600.0 * 48_000.0).abs() < 1.0, "{heard}");
        assert_eq!(clip["media_reference"]["target_url"], "guest%20%26%20co/local_recording.mp4");
    }
}
