// SPDX-License-Identifier: MIT
//! FCPXML, for Final Cut and Resolve: every master is connected to one long gap, its pictures above, its sound below.
//!
//! ```text
//!  lane  1          |== pictures ==|       starts on a whole picture; the time map tells which moment of the file that is
//!  spine  |------------ gap ---------------|
//!  lane -1         |=== sound =====|       starts on its own sample
//! ```
//!
//! Drift is a time map: where on the clip which moment of the file is heard. Pitch is left alone, since at some
//! millionths nobody hears it, and mending it would.

use super::{Clip, Timeline, address, escaped};
use crate::words::{MASTER_FPS, RATE_HZ};
use std::fmt::Write;

/// The whole file.
pub fn write(timeline: &Timeline) -> String {
    let name = escaped(&timeline.name);
    let length = frames(timeline.frames());
    let (resources, lanes) = (resources(timeline), lanes(timeline));
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="1.8">
  <resources>
{resources}  </resources>
  <library>
    <event name="{name}">
      <project name="{name}">
        <sequence format="r1" duration="{length}" tcStart="0s" tcFormat="NDF" audioLayout="stereo" audioRate="48k">
          <spine>
            <gap name="Gap" offset="0s" start="0s" duration="{length}">
{lanes}            </gap>
          </spine>
        </sequence>
      </project>
    </event>
  </library>
</fcpxml>
"#
    )
}

fn resources(timeline: &Timeline) -> String {
    let largest = timeline.clips.iter().filter_map(|clip| clip.size).max().unwrap_or((1920, 1080));
    let mut text = String::new();
    let mut line = |l: String| {
        text.push_str("    ");
        text.push_str(&l);
        text.push('\n');
    };
    let picture = |id: &str, (width, height): (u32, u32)| {
        format!(r#"<format id="{id}" frameDuration="100/3000s" width="{width}" height="{height}"/>"#)
    };
    line(picture("r1", largest));
    for (n, clip) in timeline.clips.iter().enumerate() {
        let common = format!(
            r#"name="{}" src="{}" start="0s" duration="{}""#,
            escaped(&clip.name),
            address(&clip.path),
            samples(clip.samples as i64)
        );
        let note = format!(r#"<metadata><md key="hyperzoom.participant" value="{}"/></metadata>"#, escaped(&clip.name));
        if let Some(size) = clip.size {
            line(picture(&format!("f{n}"), size));
            line(format!(r#"<asset id="v{n}" {common} hasVideo="1" format="f{n}">{note}</asset>"#));
        }
        if clip.has_sound {
            let sound = r#"hasAudio="1" audioSources="1" audioChannels="1" audioRate="48000""#;
            line(format!(r#"<asset id="a{n}" {common} {sound}>{note}</asset>"#));
        }
    }
    text
}

fn lanes(timeline: &Timeline) -> String {
    let mut text = String::new();
    for (n, clip) in timeline.clips.iter().enumerate() {
        let (name, lane) = (escaped(&clip.name), n + 1);
        if clip.size.is_some() {
            let first = (clip.start_s() * MASTER_FPS as f64 - 1e-6).ceil().max(0.0) as u64;
            let behind = ((clip.end_s() * MASTER_FPS as f64 + 1e-6).floor() as u64).max(first + 1);
            let (offset, duration) = (frames(first), frames(behind - first));
            let from = (first * RATE_HZ / MASTER_FPS) as i64;
            let to = (behind * RATE_HZ / MASTER_FPS) as i64;
            let map = time_map(clip, from, to);
            let head = format!(r#"ref="v{n}" lane="{lane}" name="{name}" offset="{offset}" duration="{duration}""#);
            // Writing into a String never fails.
            let _ = write!(text, "{}", asset_clip(&head, &map));
        }
        if clip.has_sound {
            let pieces = clip.pieces();
            let (from, to) = (pieces[0].0, pieces[pieces.len() - 1].0);
            let (offset, duration) = (samples(from), samples(to - from));
            let map = time_map(clip, from, to);
            let head = format!(
                r#"ref="a{n}" lane="-{lane}" name="{name}" offset="{offset}" duration="{duration}" audioRole="dialogue""#
            );
            let _ = write!(text, "{}", asset_clip(&head, &map));
        }
    }
    text
}

fn asset_clip(head: &str, map: &str) -> String {
    let indent = "              ";
    format!("{indent}<asset-clip {head} start=\"0s\">\n{map}{indent}</asset-clip>\n")
}

/// The clip's own time against the file's, from one place of the time line to another.
fn time_map(clip: &Clip, from: i64, to: i64) -> String {
    let inner = clip.pieces().into_iter().filter(|piece| piece.0 > from && piece.0 < to).map(|piece| piece.0);
    let places = std::iter::once(from).chain(inner).chain(std::iter::once(to));
    let points = places.map(|place| {
        let heard = clip.sample_at(place as f64 / RATE_HZ as f64).clamp(0.0, clip.samples as f64);
        let (time, value) = (samples(place - from), samples(heard.round() as i64));
        format!("                  <timept time=\"{time}\" value=\"{value}\" interp=\"linear\"/>\n")
    });
    let points: String = points.collect();
    format!(
        "                <timeMap frameSampling=\"floor\" preservesPitch=\"0\">\n{points}                </timeMap>\n"
    )
}

fn samples(count: i64) -> String {
    if count == 0 { "0s".to_owned() } else { format!("{count}/{RATE_HZ}s") }
}

fn frames(count: u64) -> String {
    if count == 0 { "0s".to_owned() } else { format!("{}/3000s", count * 3000 / MASTER_FPS) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::write;

    #[test]
    fn sound_lies_on_its_sample_and_pictures_on_theirs_with_the_rest_in_the_map() {
        let text = write(&call(3_600, 80.0));
        let clip = |id: &str| {
            let from = text.find(&format!("<asset-clip ref=\"{id}\"")).expect("it is there");
            &text[from..from + text[from..].find("</asset-clip>").expect("closed")]
        };
        assert!(clip("a1").contains("offset=\"240480/48000s\""), "{}", clip("a1"));
        assert!(clip("a1").contains("time=\"0s\" value=\"0s\""), "{}", clip("a1"));
        let end = 3_600 * 48_000;
        assert!(clip("a1").contains(&format!("value=\"{end}/48000s\"")), "{}", clip("a1"));
        // 5.01 s is 150.3 pictures: it begins with the 151st, 23.3 ms into the file.
        assert!(clip("v1").contains("offset=\"15100/3000s\""), "{}", clip("v1"));
        assert!(clip("v1").contains("time=\"0s\" value=\"1120/48000s\""), "{}", clip("v1"));
        assert!(text.contains("name=\"Weekly &lt;1&gt;\""));
    }
}
