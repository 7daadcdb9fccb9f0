// SPDX-License-Identifier: MIT
//! Further tracks of a recording: branches of the same graph, each from a source of its own to a pad of its own.
//!
//! ```text
//!   pictures, sound ! ... ! mux.video_0, mux.audio_0      the main pair
//!         sound_1   ! ... ! mux.audio_1                   track 1
//!         pictures_2 ! ... ! mux.video_1                  track 2
//! ```

use super::wrap::Pads;
use super::{
    PictureTrack, RawPicture, RawPictures, RawSound, Recording, RecordingSpec, SoundTrack, picture_caps, resampling,
};
use crate::media::counted::{push, stamp};
use crate::media::encoders::Choice;
use crate::media::graph::GraphError;
use crate::media::text::Text;
use crate::words::{PictureRecipe, SoundRecipe};
use gst::prelude::{ElementExt, PadExtManual};
use gstreamer as gst;
use gstreamer_app as gst_app;
use std::sync::atomic::{AtomicBool, Ordering};

/// One further track.
#[derive(Clone, Debug)]
pub struct FurtherTrack {
    /// What editors show.
    pub name: String,
    /// What it holds.
    pub kind: FurtherKind,
}

/// What a further track holds.
#[derive(Clone, Debug)]
pub enum FurtherKind {
    /// Pictures.
    Pictures {
        /// Who encodes them.
        encoder: Choice,
        /// What is to become of them.
        recipe: PictureRecipe,
        /// What they are.
        raw: RawPictures,
    },
    /// Sound.
    Sound {
        /// Who encodes it.
        encoder: Choice,
        /// What is to become of it.
        recipe: SoundRecipe,
        /// What it is.
        raw: RawSound,
    },
}

impl FurtherTrack {
    /// Its pictures, if it holds some.
    pub fn pictures(&self) -> Option<PictureTrack<'_>> {
        match &self.kind {
            FurtherKind::Pictures { encoder, recipe, raw } => Some(PictureTrack { encoder, recipe, raw }),
            FurtherKind::Sound { .. } => None,
        }
    }

    /// Its sound, if it holds some.
    pub fn sound(&self) -> Option<SoundTrack<'_>> {
        match &self.kind {
            FurtherKind::Sound { encoder, recipe, raw } => Some(SoundTrack { encoder, recipe, raw: *raw }),
            FurtherKind::Pictures { .. } => None,
        }
    }
}

impl<'a> RecordingSpec<'a> {
    /// All sound, the main one first.
    pub(super) fn sounds(&self) -> impl Iterator<Item = SoundTrack<'a>> + use<'a> {
        let further = self.further.iter().filter_map(FurtherTrack::sound);
        self.sound.into_iter().chain(further)
    }

    /// Every further track with its pad at the muxer.
    pub(super) fn branches(&self) -> Vec<(&'a FurtherTrack, String)> {
        let mut pads = Pads::behind(self.wrap(), self.pictures.is_some(), self.sound.is_some());
        self.further.iter().map(|track| (track, pads.next(track.pictures().is_some()))).collect()
    }

    /// The graph with all its branches; the slots of the branches are filled.
    pub(super) fn joined(&self, name: &str) -> Result<Text, GraphError> {
        let mut text = Text::load(name)?;
        for (number, (track, pad)) in self.branches().into_iter().enumerate() {
            let into = format!("mux.{pad}");
            let branch = if let Some(PictureTrack { encoder, recipe, .. }) = track.pictures() {
                let slots =
                    [("picture_caps", picture_caps(recipe)), ("video_encoder", encoder.text.clone()), ("into", into)];
                ("further-picture", slots.to_vec())
            } else if let Some(SoundTrack { encoder, recipe, raw }) = track.sound() {
                let slots = [
                    ("resampling", resampling(raw, recipe).to_owned()),
                    ("sound_caps", self.sound_caps(recipe)),
                    ("audio_encoder", encoder.text.clone()),
                    ("into", into),
                ];
                ("further-sound", slots.to_vec())
            } else {
                continue;
            };
            let slots: Vec<(&str, &str)> = branch.1.iter().map(|(slot, value)| (*slot, value.as_str())).collect();
            text = text.and(&Text::load(branch.0)?, &slots, number + 1)?;
        }
        Ok(text)
    }
}

/// Tells the muxer, and through it everybody who opens the file, what the track is called.
pub(super) fn entitle(source: &gst_app::AppSrc, name: &str) {
    let Some(pad) = source.static_pad("src") else { return };
    let mut tags = gst::TagList::new();
    let fresh = tags.get_mut().expect("a fresh list has one owner");
    fresh.set_scope(gst::TagScope::Stream);
    fresh.add::<gst::tags::Title>(&name, gst::TagMergeMode::Replace);
    // Before that, nobody would take it; later, the header is written. The segment comes by once more in front of what
    // is pushed here.
    let done = AtomicBool::new(false);
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |pad, info| {
        let is_segment = info.event().is_some_and(|event| event.type_() == gst::EventType::Segment);
        if !is_segment || done.swap(true, Ordering::Relaxed) {
            return gst::PadProbeReturn::Ok;
        }
        if !pad.push_event(gst::event::Tag::new(tags.clone())) {
            tracing::debug!("a track of the recording stays without its name");
        }
        gst::PadProbeReturn::Ok
    });
}

impl Recording {
    /// The picture of that number of a further track, counted from 1. Numbers follow each other without a gap.
    pub fn further_picture(&self, track: usize, index: u64, picture: &RawPicture) {
        let Some(branch) = self.branch(track) else { return };
        let Some(rate) = branch.rate else { return };
        let mut buffer = picture.buffer.copy();
        let stamped = buffer.get_mut().expect("a fresh copy has one owner");
        stamp(stamped, index, 1, rate);
        stamped.unset_flags(gst::BufferFlags::DISCONT);
        push(&branch.source, buffer);
    }

    /// Samples of a further track, counted from 1, from `first_sample` on, at the raw sound's own rate, without a gap.
    pub fn further_sound(&self, track: usize, first_sample: u64, bytes: Vec<u8>) {
        if let Some(sound) = self.branch(track).and_then(|branch| branch.sound.as_ref()) {
            sound.give(first_sample, bytes);
        }
    }

    /// Silence, likewise.
    pub fn further_silence(&self, track: usize, first_sample: u64, samples: u64) {
        if let Some(sound) = self.branch(track).and_then(|branch| branch.sound.as_ref()) {
            sound.give_silence(first_sample, samples);
        }
    }

    /// Bytes that wait for the encoder of each further track.
    pub fn further_waiting_bytes(&self) -> impl Iterator<Item = u64> + '_ {
        self.further.iter().map(|branch| branch.source.current_level_bytes())
    }

    /// Packets that the encoder of each further track has made, and their bytes.
    pub fn further_encoded(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.further.iter().map(|branch| branch.counts.read())
    }

    fn branch(&self, track: usize) -> Option<&super::Branch> {
        self.further.get(track.checked_sub(1)?)
    }
}
