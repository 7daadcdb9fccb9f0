// SPDX-License-Identifier: MIT
//! What is recorded and who encodes it: all that it takes to open one more file of a recording, on any thread.

use super::error::RecordError;
use super::event::RecordingEvent;
use super::place::numbered;
use super::room::Room;
use super::sink::Destination;
use super::tracks::Expected;
use crate::disk::{Place, WriterError};
use crate::media::{
    Choice, EncoderTable, FurtherKind, FurtherTrack, PictureTrack, RawPictures, RawSound, RecordingSpec, SoundTrack,
};
use crate::studio::config::{Adaptive, MediaRecipe, TrackRecipe, Valid};
use crate::words::timecode::Counting;
use crate::words::{Facts, PictureRecipe, Quality, RATE_HZ, Size, Target, TrackFacts};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Who encodes.
#[derive(Clone, Debug)]
pub struct Encoders {
    pub picture: Option<Choice>,
    pub sound: Option<Choice>,
    /// Those of the further tracks.
    pub further: Vec<Choice>,
}

impl Encoders {
    /// The first of the table that can do it.
    pub fn choose(valid: &Valid, table: &EncoderTable) -> Result<Encoders, RecordError> {
        Ok(Encoders {
            picture: valid.picture().map(|recipe| table.picture(recipe)).transpose()?,
            sound: valid.sound().map(|recipe| table.sound(recipe)).transpose()?,
            further: valid.tracks().iter().map(|track| further(track, table)).collect::<Result<_, _>>()?,
        })
    }

    /// A person's own that were not taken.
    pub fn passed_over(&self) -> impl Iterator<Item = RecordingEvent> {
        let choices = [&self.picture, &self.sound].into_iter().flatten().chain(&self.further);
        choices.flat_map(|choice| {
            let own = choice.refused.iter().filter(|refusal| refusal.is_own);
            own.map(|refusal| RecordingEvent::PassedOver {
                element: refusal.element.clone(),
                why: refusal.why.clone(),
                by: choice.element.clone(),
            })
        })
    }

    fn names(&self) -> [String; 2] {
        [&self.picture, &self.sound].map(|choice| choice.as_ref().map_or(String::new(), |c| c.element.clone()))
    }
}

fn further(track: &TrackRecipe, table: &EncoderTable) -> Result<Choice, RecordError> {
    Ok(match &track.media {
        MediaRecipe::Picture(recipe) => table.picture(recipe)?,
        MediaRecipe::Sound(recipe) => table.sound(recipe)?,
    })
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Order {
    pub valid: Valid,
    pub pictures: Option<RawPictures>,
    pub sound: Option<RawSound>,
    /// The further tracks, as the graph has them.
    pub further: Vec<FurtherTrack>,
    pub table: EncoderTable,
    pub encoders: Encoders,
    /// What becomes of the pictures; less than configured while something gives way.
    pub recipe: Option<PictureRecipe>,
    /// Rings when something that waited has gone on.
    pub room: Room,
}

impl Order {
    /// The whole graph.
    pub fn spec(&self) -> RecordingSpec<'_> {
        let picture = self.encoders.picture.as_ref().zip(self.recipe.as_ref()).zip(self.pictures.as_ref());
        let heard = self.encoders.sound.as_ref().zip(self.valid.sound()).zip(self.sound);
        RecordingSpec {
            container: self.valid.container(),
            pictures: picture.map(|((encoder, recipe), raw)| PictureTrack { encoder, recipe, raw }),
            sound: heard.map(|((encoder, recipe), raw)| SoundTrack { encoder, recipe, raw }),
            further: &self.further,
        }
    }

    /// Who encodes pictures and sound.
    pub fn names(&self) -> [String; 2] {
        self.encoders.names()
    }

    /// The same with another encoder of pictures, since this one is broken.
    pub fn without_its_encoder(mut self) -> Result<Order, RecordError> {
        if let (Some(broken), Some(recipe)) = (&self.encoders.picture, &mut self.recipe) {
            self.table.remove(&broken.element);
            // Whoever has asked for the one that broke would rather have another one than none.
            recipe.encoder = None;
            self.encoders.picture = Some(self.table.picture(recipe)?);
        }
        Ok(self)
    }

    /// The same for another recipe.
    pub fn with(mut self, recipe: Option<PictureRecipe>) -> Result<Order, RecordError> {
        if recipe != self.recipe {
            self.encoders.picture = recipe.as_ref().map(|recipe| self.table.picture(recipe)).transpose()?;
            self.recipe = recipe;
        }
        Ok(self)
    }

    /// The recipe with what has given way.
    pub fn eased(&self, given: &[Adaptive]) -> Option<PictureRecipe> {
        let mut recipe = self.valid.picture()?.clone();
        // A forced encoder that broke is not asked again.
        recipe.encoder = self.recipe.as_ref().and_then(|recipe| recipe.encoder.clone());
        for step in given {
            match step {
                Adaptive::Rate => {}
                Adaptive::Size => recipe.size = halved(recipe.size),
                Adaptive::Quality => recipe.target = lowered(recipe.target),
            }
        }
        Some(recipe)
    }

    /// What stands in files of ours. A timecode counts 30 pictures a second; other files have none.
    pub fn facts(&self) -> Facts {
        let [video_encoder, audio_encoder] = self.names();
        let (picture, sound) = (self.recipe.as_ref(), self.valid.sound());
        let has_timecode = picture.is_some_and(|recipe| Counting::of(recipe.rate).is_some());
        let sound_hz = sound.map_or(RATE_HZ, |recipe| u64::from(recipe.rate_hz));
        let spec = self.spec();
        let priming = (u64::from(spec.priming()) * RATE_HZ).div_ceil(sound_hz);
        Facts {
            recorder: format!("HyperZoom {}", env!("CARGO_PKG_VERSION")),
            video_codec: picture.map_or(String::new(), |recipe| recipe.codec.to_string()),
            video_encoder,
            width: picture.map_or(0, |recipe| recipe.size.width),
            height: picture.map_or(0, |recipe| recipe.size.height),
            audio_codec: sound.map_or(String::new(), |recipe| recipe.codec.to_string()),
            audio_encoder,
            audio_bitrate_kbps: sound.map_or(0, |recipe| recipe.kbps),
            audio_priming: priming as u32,
            started_utc_us: if has_timecode { jiff::Timestamp::now().as_microsecond() } else { 0 },
            tracks: self.track_facts(),
            ..Facts::default()
        }
    }
}

impl Order {
    /// What stands in the file of each track, where there are more than the main pair.
    fn track_facts(&self) -> Vec<TrackFacts> {
        let spec = self.spec();
        if spec.further.is_empty() {
            return Vec::new();
        }
        let facts = |name: &str, sound: Option<SoundTrack<'_>>| {
            let priming = sound.map_or(0, |sound| {
                let hz = u64::from(sound.recipe.rate_hz.max(1));
                (u64::from(spec.priming_of(sound)) * RATE_HZ).div_ceil(hz) as u32
            });
            TrackFacts { name: name.to_owned(), pictures: sound.is_none(), priming }
        };
        let main =
            spec.pictures.map(|_| facts("", None)).into_iter().chain(spec.sound.map(|sound| facts("", Some(sound))));
        main.chain(spec.further.iter().map(|track| facts(&track.name, track.sound()))).collect()
    }
}

/// The further tracks for which `expected` is submitted.
pub fn further_tracks(valid: &Valid, encoders: &Encoders, expected: &[Expected]) -> Vec<FurtherTrack> {
    let tracks = valid.tracks().iter().zip(&encoders.further).zip(expected);
    let track = |((track, encoder), expected): ((&TrackRecipe, &Choice), &Expected)| {
        let (name, encoder) = (track.name.clone(), encoder.clone());
        let kind = match (&track.media, expected.given()) {
            (MediaRecipe::Picture(recipe), Expected::Pictures(raw)) => {
                FurtherKind::Pictures { encoder, recipe: recipe.clone(), raw }
            }
            (MediaRecipe::Sound(recipe), Expected::Sound(raw)) => {
                FurtherKind::Sound { encoder, recipe: recipe.clone(), raw }
            }
            // What is announced is of the configured kind.
            _ => return None,
        };
        Some(FurtherTrack { name, kind })
    };
    tracks.filter_map(track).collect()
}

/// A quarter of the pixels, in the same shape.
fn halved(size: Size) -> Size {
    let half = |side: u32| (side / 2).next_multiple_of(2).max(64.min(side));
    Size { width: half(size.width), height: half(size.height) }
}

/// One step less, or half the bits.
fn lowered(target: Target) -> Target {
    match target {
        Target::Quality(Quality::Ultra) => Target::Quality(Quality::High),
        Target::Quality(Quality::High) => Target::Quality(Quality::Balanced),
        Target::Quality(Quality::Balanced | Quality::Fast) => Target::Quality(Quality::Fast),
        Target::Kbps(kbps) => Target::Kbps((kbps / 2).max(16)),
    }
}

/// The names of a recording's files, given out one after the other, from any thread.
#[derive(Clone, Debug)]
pub struct Names {
    first: PathBuf,
    given: Arc<AtomicU32>,
}

impl Names {
    /// The first one has been taken.
    pub fn behind(first: PathBuf) -> Names {
        Names { first, given: Arc::new(AtomicU32::new(1)) }
    }

    /// Opens something in the next file whose name is free.
    pub fn open<T>(
        &self,
        order: &Order,
        open: impl Fn(&Order, Destination) -> Result<T, RecordError>,
    ) -> Result<T, RecordError> {
        loop {
            let path = numbered(&self.first, self.given.fetch_add(1, Relaxed) + 1, order.valid.container());
            if path.exists() {
                continue;
            }
            match open(order, Destination::File(Place::of_master(&path))) {
                // Somebody else was quicker.
                Err(RecordError::Writer(WriterError::Create { cause, .. }))
                    if cause.kind() == ErrorKind::AlreadyExists => {}
                opened => return opened,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{halved, lowered};
    use crate::words::{Quality, Size, Target};

    #[test]
    fn what_gives_way_is_still_a_recipe() {
        assert_eq!(halved(Size { width: 1920, height: 1080 }), Size { width: 960, height: 540 });
        assert_eq!(halved(Size { width: 642, height: 362 }), Size { width: 322, height: 182 });
        assert_eq!(halved(Size { width: 640, height: 64 }), Size { width: 320, height: 64 });
        assert_eq!(lowered(Target::Quality(Quality::High)), Target::Quality(Quality::Balanced));
        assert_eq!(lowered(Target::Kbps(20)), Target::Kbps(16));
    }
}
