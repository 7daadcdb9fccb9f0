// SPDX-License-Identifier: MIT
//! The further tracks of a recording that runs: what is submitted to them goes through lanes beside the feed.
//!
//! ```text
//!   track("Guest").submit_audio --> Lane --> Stretch: by the feed's clock --\
//!   track("Desktop").submit_video -> Lane ------------------------------------+--> Parts
//! ```

use super::error::SubmitError;
use super::event::RecordingEvent;
use super::input::{AudioBlock, VideoFrame};
use super::loudness::{Mix, floats};
use super::parts::Parts;
use super::piece::{Piece, Unit, What};
use super::report::SyncReport;
use super::running::mono;
use crate::media::{FurtherKind, FurtherTrack, RawPicture, RawPictures, RawSound, SampleFormat};
use crate::sync::Stretch;
use crate::sync::feed::{Feed, FeedError, Lane, LaneOutput, LanePlan};
use crate::words::Rate;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// What is submitted to a further track.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    Pictures(RawPictures),
    Sound(RawSound),
}

/// A further track: how it goes, and in the end how it went.
#[derive(Clone, Debug, Serialize)]
pub struct TrackReport {
    /// Counted from 1.
    pub number: usize,
    /// What it is called.
    pub name: String,
    /// "video" or "audio".
    pub kind: &'static str,
    /// Who encodes it.
    pub encoder: String,
    /// Its pictures in the recording; 0 of sound.
    pub frames: u64,
    /// Its samples in the recording, at the rate they were submitted with; 0 of pictures.
    pub samples: u64,
    /// Pictures or blocks of sound that were submitted.
    pub submitted: u64,
    /// Nothing comes; silence or the last picture stands in.
    pub away: bool,
    /// How well it goes with the recording.
    pub sync: SyncReport,
}

/// One of them.
struct Track {
    name: String,
    encoder: String,
    expected: Expected,
    lane: Lane<RawPicture, AudioBlock>,
    stretch: Stretch,
    black: Option<RawPicture>,
    submitted: u64,
    away: bool,
}

/// See the module.
#[derive(Default)]
pub struct Tracks(Vec<Track>);

impl Expected {
    /// What the graph is given of it: stretched sound is floats.
    pub fn given(&self) -> Expected {
        match self {
            Expected::Pictures(_) => self.clone(),
            Expected::Sound(raw) => Expected::Sound(RawSound { format: SampleFormat::F32, ..*raw }),
        }
    }
}

/// How each of them counts, as it is submitted.
pub fn units(further: &[FurtherTrack]) -> Vec<Unit> {
    let unit = |track: &FurtherTrack| match &track.kind {
        FurtherKind::Pictures { recipe, .. } => Unit { rate: recipe.rate, is_pictures: true },
        FurtherKind::Sound { raw, .. } => Unit { rate: Rate::whole(raw.rate_hz), is_pictures: false },
    };
    further.iter().map(unit).collect()
}

impl Tracks {
    /// None has had anything yet.
    pub fn begin(further: &[FurtherTrack], expected: &[Expected]) -> Result<Tracks, FeedError> {
        let track = |(track, expected): (&FurtherTrack, &Expected)| {
            let (encoder, plan, channels) = match &track.kind {
                FurtherKind::Pictures { encoder, recipe, .. } => (encoder, LanePlan::Pictures(recipe.rate), 0),
                FurtherKind::Sound { encoder, raw, .. } => {
                    (encoder, LanePlan::Sound(raw.rate_hz), raw.channels as usize)
                }
            };
            let black = match expected {
                Expected::Pictures(raw) => Some(RawPicture::black(raw)),
                Expected::Sound(_) => None,
            };
            Ok(Track {
                name: track.name.clone(),
                encoder: encoder.element.clone(),
                expected: expected.clone(),
                lane: Lane::new(plan)?,
                stretch: Stretch::new(channels),
                black,
                submitted: 0,
                away: false,
            })
        };
        further.iter().zip(expected).map(track).collect::<Result<_, _>>().map(Tracks)
    }

    /// A picture for the track of that number.
    pub fn video(
        &mut self,
        number: usize,
        feed: &Feed<RawPicture, AudioBlock>,
        frame: &VideoFrame,
        at: Option<Duration>,
    ) -> Result<(), SubmitError> {
        let Some(track) = self.0.get_mut(number - 1) else { return Err(SubmitError::NotRunning) };
        if let Expected::Pictures(expected) = &track.expected
            && (expected.format, expected.size) != (frame.kind.format, frame.kind.size)
        {
            return Err(SubmitError::FrameChanged {
                expected: expected.format,
                expected_size: expected.size,
                format: frame.kind.format,
                size: frame.kind.size,
            });
        }
        track.lane.picture(feed, at.map(mono), frame.raw.clone())?;
        track.submitted += 1;
        Ok(())
    }

    /// Sound for the track of that number.
    pub fn audio(
        &mut self,
        number: usize,
        feed: &Feed<RawPicture, AudioBlock>,
        block: &AudioBlock,
        at: Option<Duration>,
    ) -> Result<(), SubmitError> {
        let Some(track) = self.0.get_mut(number - 1) else { return Err(SubmitError::NotRunning) };
        if let Expected::Sound(expected) = &track.expected
            && *expected != block.kind
        {
            let parts = |kind: RawSound| (kind.rate_hz, kind.channels, kind.format);
            return Err(SubmitError::SoundChanged { expected: parts(*expected), given: parts(block.kind) });
        }
        track.lane.sound(feed, at.map(mono), block.samples(), block.clone())?;
        track.submitted += 1;
        Ok(())
    }

    /// Whether one of them thinks otherwise of stamps than what comes.
    pub fn disagrees(&self, is_stamped: bool) -> bool {
        self.0.iter().any(|track| track.lane.stamped() == Some(!is_stamped))
    }

    /// What the feed has come to goes to the files.
    pub fn drain(&mut self, feed: &Feed<RawPicture, AudioBlock>, parts: &mut Parts) {
        for (number, track) in (1..).zip(&mut self.0) {
            while let Some(output) = track.lane.poll(feed) {
                for what in track.made(output) {
                    parts.put_further(Piece { track: number, what });
                }
            }
            let (name, away) = (track.name.clone(), track.lane.is_away());
            if std::mem::replace(&mut track.away, away) != away {
                let at_seconds = parts.measure.seconds(parts.taken);
                parts.events.tell(match away {
                    true => RecordingEvent::TrackGone { track: name, at_seconds },
                    false => RecordingEvent::TrackBack { track: name, at_seconds },
                });
            }
        }
    }

    /// Too much waits, and without stamps nobody knows for whom: who has nothing to encode is not waited for.
    pub fn hurry(&mut self, feed: &Feed<RawPicture, AudioBlock>, parts: &mut Parts) {
        if feed.stamped() != Some(false) {
            return;
        }
        for (number, track) in (1..).zip(&mut self.0) {
            if parts.is_further_awaited(number) {
                track.lane.hurry(feed);
            }
        }
        self.drain(feed, parts);
    }

    /// Bytes that wait for the feed.
    pub fn waiting_bytes(&self) -> u64 {
        let bytes = |track: &Track| match &track.expected {
            Expected::Pictures(raw) => track.lane.waiting() * raw.bytes() as u64,
            Expected::Sound(raw) => track.lane.waiting() * raw.sample_bytes() as u64,
        };
        self.0.iter().map(bytes).sum()
    }

    /// How each goes.
    pub fn reports(&self) -> Vec<TrackReport> {
        let report = |(number, track): (usize, &Track)| {
            let is_pictures = matches!(track.expected, Expected::Pictures(_));
            let out = track.lane.out();
            TrackReport {
                number,
                name: track.name.clone(),
                kind: if is_pictures { "video" } else { "audio" },
                encoder: track.encoder.clone(),
                frames: if is_pictures { out } else { 0 },
                samples: if is_pictures { 0 } else { out },
                submitted: track.submitted,
                away: track.away,
                sync: track.lane.sync().into(),
            }
        };
        (1..).zip(&self.0).map(report).collect()
    }
}

impl Track {
    /// What the files get.
    fn made(&mut self, output: LaneOutput<RawPicture, AudioBlock>) -> Vec<What> {
        let first = self.stretch.next();
        let sound = |samples: &[f32], channels: u32| {
            let one = channels.max(1) as usize * size_of::<f32>();
            let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
            let take = (bytes.len() / one) as u64;
            (take > 0).then(|| What::Sound { first, bytes: Arc::new(bytes), skip: 0, take, one })
        };
        match (output, &self.expected) {
            (LaneOutput::Picture { index, picture }, _) => {
                let picture = picture.or_else(|| self.black.clone());
                picture.map(|picture| What::Picture(index, picture)).into_iter().collect()
            }
            (LaneOutput::Sound { payload, skip, take, from, until }, Expected::Sound(raw)) => {
                let block = floats(*raw, Mix::Same, &payload.part(skip, take));
                sound(&self.stretch.sound(&block, from, until), raw.channels).into_iter().collect()
            }
            (LaneOutput::SilenceTo(sample), Expected::Sound(raw)) => {
                let rest = sound(&self.stretch.rest(), raw.channels);
                let first = self.stretch.next();
                let samples = self.stretch.skip_to(sample);
                rest.into_iter().chain((samples > 0).then_some(What::Silence { first, samples })).collect()
            }
            (LaneOutput::Sound { .. } | LaneOutput::SilenceTo(_), Expected::Pictures(_)) => Vec::new(),
        }
    }
}
