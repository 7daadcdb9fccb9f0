// SPDX-License-Identifier: MIT
//! An EDL (CMX 3600), the oldest of the languages: one track of pictures and four of sound, whole pictures, times as
//! timecode. It gets the first master's pictures and the sound of the first four; the others are told as remarks.
//!
//! ```text
//! 001  AX       V     C        20:15:00:00 20:15:10:00 01:00:00:00 01:00:10:00
//! * FROM CLIP NAME: host
//! ```

use super::{Clip, Run, Timeline};
use crate::words::{MASTER_FPS, timecode};

/// What the format has.
const SOUND_TRACKS: [&str; 4] = ["A", "A2", "A3", "A4"];

/// Where the time line begins, as is the custom.
const BEGIN_FRAME: u64 = 3_600 * MASTER_FPS;

/// The whole file.
pub fn write(timeline: &Timeline) -> String {
    let mut lines =
        vec![format!("TITLE: {}", one_line(&timeline.name)), "FCM: NON-DROP FRAME".to_owned(), String::new()];
    let mut events = events(timeline);
    events.sort_by_key(|event| (event.run.at, event.channel));
    for (n, event) in events.iter().enumerate() {
        lines.extend(event.lines(n + 1));
    }
    for clip in left_out(timeline) {
        lines.push(format!("* NO TRACK LEFT FOR: {}", one_line(&clip.name)));
    }
    lines.join("\n") + "\n"
}

/// Those whose pictures or sound this format has no track for.
pub fn left_out(timeline: &Timeline) -> Vec<&Clip> {
    let pictures = timeline.clips.iter().filter(|clip| clip.size.is_some()).skip(1);
    let sound = timeline.clips.iter().filter(|clip| clip.has_sound).skip(SOUND_TRACKS.len());
    let mut left: Vec<&Clip> = pictures.collect();
    for clip in sound {
        if !left.contains(&clip) {
            left.push(clip);
        }
    }
    left
}

struct Event<'a> {
    clip: &'a Clip,
    channel: &'static str,
    run: Run,
}

fn events(timeline: &Timeline) -> Vec<Event<'_>> {
    let pictures = timeline.clips.iter().find(|clip| clip.size.is_some()).map(|clip| (clip, "V"));
    let sound = timeline.clips.iter().filter(|clip| clip.has_sound).zip(SOUND_TRACKS);
    let placed = pictures.into_iter().chain(sound);
    placed.flat_map(|(clip, channel)| clip.runs().into_iter().map(move |run| Event { clip, channel, run })).collect()
}

impl Event<'_> {
    fn lines(&self, number: usize) -> Vec<String> {
        let media = u64::from(timecode::frame_of_day(self.clip.start_utc_us));
        let Run { at, source, frames } = self.run;
        let times = [media + source, media + source + frames, BEGIN_FRAME + at, BEGIN_FRAME + at + frames];
        let times = times.map(timecode::text).join(" ");
        vec![
            format!("{number:03}  AX       {:<5} C        {times}", self.channel),
            format!("* FROM CLIP NAME: {}", one_line(&self.clip.name)),
            format!("* FROM FILE: {}", one_line(&self.clip.path)),
            String::new(),
        ]
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::{left_out, write};

    #[test]
    fn one_picture_track_and_everybodys_sound() {
        let timeline = call(10, 80.0);
        let text = write(&timeline);
        assert!(
            text.contains("001  AX       A     C        20:15:00:00 20:15:10:00 01:00:00:00 01:00:10:00"),
            "{text}"
        );
        assert!(
            text.contains("003  AX       A2    C        20:15:00:00 20:15:10:00 01:00:05:00 01:00:15:00"),
            "{text}"
        );
        assert_eq!(text.matches(" V  ").count(), 1);
        assert_eq!(left_out(&timeline).len(), 1, "the guest's pictures");
        assert!(text.ends_with("* NO TRACK LEFT FOR: guest\n"), "{text}");
    }
}
