// SPDX-License-Identifier: MIT
//! FCP7 XML (xmeml 5), for Premiere, Resolve and many more: whole pictures, so drift is followed by cuts. Pictures and
//! sound of a stretch are linked, so that they move as one.

use super::{Clip, Run, Timeline, address, escaped};
use crate::words::timecode;

/// The whole file.
pub fn write(timeline: &Timeline) -> String {
    let (width, height) = timeline.clips.iter().filter_map(|clip| clip.size).max().unwrap_or((1920, 1080));
    let placed = placed(timeline);
    let (video, audio) = (tracks(&placed, "video"), tracks(&placed, "audio"));
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE xmeml>
<xmeml version="5">
  <sequence id="sequence-1">
    <name>{name}</name>
    <duration>{duration}</duration>
    {RATE}
    {timecode}
    <media>
      <video>
        <format><samplecharacteristics>{RATE}<width>{width}</width><height>{height}</height><pixelaspectratio>square</pixelaspectratio></samplecharacteristics></format>
{video}      </video>
      <audio>
        <numOutputChannels>2</numOutputChannels>
        <format><samplecharacteristics><depth>16</depth><samplerate>48000</samplerate></samplecharacteristics></format>
{audio}      </audio>
    </media>
  </sequence>
</xmeml>
"#,
        name = escaped(&timeline.name),
        duration = timeline.frames(),
        timecode = timecode_of(timeline.start_utc_us),
    )
}

const RATE: &str = "<rate><timebase>30</timebase><ntsc>FALSE</ntsc></rate>";

/// A clip with its number, its stretches, and the tracks (from 1) that its pictures and its sound are on.
struct Placed<'a> {
    clip: &'a Clip,
    number: usize,
    runs: Vec<Run>,
    video: Option<usize>,
    audio: Option<usize>,
}

fn placed(timeline: &Timeline) -> Vec<Placed<'_>> {
    let (mut videos, mut audios) = (0, 0);
    let next = |wanted: bool, count: &mut usize| {
        wanted.then(|| {
            *count += 1;
            *count
        })
    };
    let place = |(number, clip): (usize, &'_ Clip)| {
        let (video, audio) = (next(clip.size.is_some(), &mut videos), next(clip.has_sound, &mut audios));
        (number, clip.runs(), video, audio)
    };
    let places: Vec<_> = timeline.clips.iter().enumerate().map(place).collect();
    let with_clip = places.into_iter().zip(&timeline.clips);
    with_clip.map(|((number, runs, video, audio), clip)| Placed { clip, number, runs, video, audio }).collect()
}

fn tracks(placed: &[Placed<'_>], kind: &str) -> String {
    let on = |p: &&Placed<'_>| if kind == "video" { p.video.is_some() } else { p.audio.is_some() };
    let track = |p: &Placed<'_>| {
        let items: String = (0..p.runs.len()).map(|n| item(p, n, kind)).collect();
        format!("        <track>\n{items}        </track>\n")
    };
    placed.iter().filter(on).map(track).collect()
}

fn item(p: &Placed<'_>, n: usize, kind: &str) -> String {
    let Run { at, source, frames } = p.runs[n];
    // A file is told once, where it is met first: the pictures come before the sound.
    let first = n == 0 && (kind == "video" || p.video.is_none());
    let file = if first { file(p) } else { format!("<file id=\"file-{}\"/>", p.number + 1) };
    let source_track = match kind {
        "audio" => "<sourcetrack><mediatype>audio</mediatype><trackindex>1</trackindex></sourcetrack>",
        _ => "",
    };
    format!(
        "          <clipitem id=\"{id}\">\n            <name>{name}</name>\n            <enabled>TRUE</enabled>\n            \
         <duration>{duration}</duration>\n            {RATE}\n            <start>{at}</start>\n            \
         <end>{end}</end>\n            <in>{source}</in>\n            <out>{out}</out>\n            {file}\n            \
         {source_track}{links}\n          </clipitem>\n",
        id = id(p, n, kind),
        name = escaped(&p.clip.name),
        duration = p.clip.frames(),
        end = at + frames,
        out = source + frames,
        links = links(p, n),
    )
}

fn id(p: &Placed<'_>, n: usize, kind: &str) -> String {
    format!("clip-{}-{kind}-{}", p.number + 1, n + 1)
}

fn links(p: &Placed<'_>, n: usize) -> String {
    let (Some(video), Some(audio)) = (p.video, p.audio) else { return String::new() };
    let link = |kind: &str, track: usize| {
        format!(
            "<link><linkclipref>{}</linkclipref><mediatype>{kind}</mediatype><trackindex>{track}</trackindex>\
             <clipindex>{}</clipindex></link>",
            id(p, n, kind),
            n + 1
        )
    };
    link("video", video) + &link("audio", audio)
}

fn file(p: &Placed<'_>) -> String {
    let clip = p.clip;
    let name = escaped(clip.path.rsplit('/').next().unwrap_or(&clip.path));
    let video = clip.size.map_or_else(String::new, |(width, height)| {
        format!(
            "<video><samplecharacteristics>{RATE}<width>{width}</width><height>{height}</height>\
             </samplecharacteristics></video>"
        )
    });
    let audio = match clip.has_sound {
        true => {
            "<audio><samplecharacteristics><depth>16</depth><samplerate>48000</samplerate></samplecharacteristics>\
             <channelcount>1</channelcount></audio>"
        }
        false => "",
    };
    format!(
        "<file id=\"file-{}\"><name>{name}</name><pathurl>{}</pathurl>{RATE}<duration>{}</duration>{}\
         <media>{video}{audio}</media></file>",
        p.number + 1,
        address(&clip.path),
        clip.frames(),
        timecode_of(clip.start_utc_us)
    )
}

fn timecode_of(utc_us: i64) -> String {
    let frame = timecode::frame_of_day(utc_us);
    format!(
        "<timecode>{RATE}<string>{}</string><frame>{frame}</frame><displayformat>NDF</displayformat></timecode>",
        timecode::text(frame)
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::write;
    use crate::words::MASTER_FPS;

    #[test]
    fn an_hour_of_drift_is_followed_by_cuts_that_pictures_and_sound_share() {
        assert_eq!(MASTER_FPS, 30, "the rate is written as text");
        let text = write(&call(3_600, 80.0));
        assert_eq!(text.matches("<track>").count(), 4);
        assert_eq!(text.matches("<pathurl>").count(), 2, "each file is told once");
        let cuts = text.matches("<clipitem id=\"clip-2-video-").count();
        assert!(cuts > 5 && cuts == text.matches("<clipitem id=\"clip-2-audio-").count());
        // 150.3 pictures round to 150.
        assert!(text.contains("<start>150</start>"));
        assert!(text.contains("<string>20:15:00:00</string>"));
    }
}
