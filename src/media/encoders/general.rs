// SPDX-License-Identifier: MIT
//! Which encoder makes any other recording than a master: the first row that belongs to this system, can aim at
//! what the recipe says, and does so on a few pictures of that very size, or a moment of that very sound. A recipe
//! that names its encoder gets that one, or the reason why not.

use super::super::trial::short;
use super::table::{self, Candidate, Rows};
use super::{Choice, Codec, EncoderError, Refusal, chosen, none, reaches_ready};
use crate::words::{PictureRecipe, SoundRecipe, Target};
use gstreamer as gst;

/// A bit rate may be exceeded by a quarter for a while.
const PEAK_PERCENT: u64 = 125;

/// The table of encoders, with whatever rows a person has put in front of ours.
#[derive(Clone, Debug)]
pub struct EncoderTable {
    rows: Rows,
}

/// A row's text for a recipe, and a shorter-breathed one to try it with.
struct Filled {
    text: String,
    trial: String,
}

impl EncoderTable {
    /// Our own rows.
    pub fn load() -> Result<EncoderTable, EncoderError> {
        Ok(EncoderTable { rows: table::built_in()? })
    }

    /// The rows of `text`, which is written like `encoders.toml`, come before those that are there already.
    pub fn put_in_front(&mut self, text: &str) -> Result<(), EncoderError> {
        for (codec, mut rows) in table::own(text)? {
            let known = self.rows.entry(codec).or_default();
            rows.append(known);
            *known = rows;
        }
        Ok(())
    }

    /// Takes out the rows of an element that has proved broken.
    pub fn remove(&mut self, element: &str) {
        for rows in self.rows.values_mut() {
            rows.retain(|row| row.element != element);
        }
    }

    /// The elements that could code so, best first, whether they are installed or not.
    pub fn elements(&self, codec: impl Into<Codec>) -> Vec<&str> {
        let mut elements: Vec<&str> = self.usable(codec.into()).map(|row| row.element.as_str()).collect();
        elements.dedup();
        elements
    }

    /// The encoder for pictures of this recipe.
    pub fn picture(&self, recipe: &PictureRecipe) -> Result<Choice, EncoderError> {
        let try_one = |row: &Candidate| {
            let filled = filled_picture(row, recipe)?;
            let proof = reaches_ready(&row.element)
                .and_then(|factory| takes(&factory, &picture_caps(recipe)))
                .and_then(|()| short::pictures(&filled.trial, recipe))?;
            Ok((filled.text, proof))
        };
        self.first(recipe.codec.into(), recipe.encoder.as_deref(), try_one)
    }

    /// The encoder for sound of this recipe.
    pub fn sound(&self, recipe: &SoundRecipe) -> Result<Choice, EncoderError> {
        let try_one = |row: &Candidate| {
            let text = filled_sound(row, recipe);
            let proof = reaches_ready(&row.element)
                .and_then(|factory| takes(&factory, &sound_caps(recipe)))
                .and_then(|()| short::sound(&text, recipe))?;
            Ok((text, proof))
        };
        self.first(recipe.codec.into(), recipe.encoder.as_deref(), try_one)
    }

    fn usable(&self, codec: Codec) -> impl Iterator<Item = &Candidate> + Clone {
        self.rows.get(&codec).into_iter().flatten().filter(|row| row.recording.is_some())
    }

    fn first(
        &self,
        codec: Codec,
        forced: Option<&str>,
        try_one: impl Fn(&Candidate) -> Result<(String, String), String>,
    ) -> Result<Choice, EncoderError> {
        if let Some(name) = forced {
            self.is_for(codec, name)?;
        }
        let wanted = |row: &&Candidate| forced.map_or(row.is_for_here(), |name| row.element == name);
        let mut refused: Vec<Refusal> = Vec::new();
        for row in self.usable(codec).filter(wanted) {
            match try_one(row) {
                Ok((text, proof)) => return Ok(chosen(codec, row, text, proof, refused)),
                Err(why) => refused.push(Refusal { element: row.element.clone(), why, is_own: row.is_own }),
            }
        }
        match (forced, refused.pop()) {
            (Some(_), Some(Refusal { element, why, .. })) => Err(EncoderError::ForcedFails { element, why }),
            (_, last) => {
                refused.extend(last);
                Err(none(codec, self.usable(codec), &refused))
            }
        }
    }

    /// Whether a forced name is a row of this codec.
    fn is_for(&self, codec: Codec, name: &str) -> Result<(), EncoderError> {
        let known = self.elements(codec);
        if known.contains(&name) {
            return Ok(());
        }
        let (element, codec_key, known) = (name.to_owned(), codec.key(), known.join(", "));
        let elsewhere = self.rows.keys().find(|other| self.elements(**other).contains(&name));
        Err(match elsewhere {
            Some(other) => EncoderError::OtherCodec { element, makes: other.key(), codec: codec_key, known },
            None => EncoderError::UnknownElement { element, codec: codec_key, known },
        })
    }
}

fn filled_picture(row: &Candidate, recipe: &PictureRecipe) -> Result<Filled, String> {
    let aim = row.aim(recipe.target).ok_or(match recipe.target {
        Target::Quality(_) => "cannot aim at a quality, only at a bit rate",
        Target::Kbps(_) => "cannot aim at a bit rate, only at a quality",
    })?;
    let kbps = match recipe.target {
        Target::Kbps(kbps) => u64::from(kbps),
        Target::Quality(_) => 0,
    };
    let kbps_max = (kbps * PEAK_PERCENT).div_ceil(100);
    let latency = if recipe.low_latency { &row.latency.low } else { &row.latency.usual };
    let with_keys = |keys: u32| {
        let slots = [
            ("{quality}", aim.to_owned()),
            ("{latency}", latency.clone()),
            ("{kbps}", kbps.to_string()),
            ("{kbps_max}", kbps_max.to_string()),
            ("{bps}", (kbps * 1000).to_string()),
            ("{bps_max}", (kbps_max * 1000).to_string()),
            ("{keys}", keys.to_string()),
        ];
        filled(row, &slots)
    };
    Ok(Filled { text: with_keys(recipe.key_frames.max(1)), trial: with_keys(short::key_frames(recipe)) })
}

fn filled_sound(row: &Candidate, recipe: &SoundRecipe) -> String {
    let slots = [
        ("{kbps}", recipe.kbps.to_string()),
        ("{bps}", (u64::from(recipe.kbps) * 1000).to_string()),
        ("{latency}", if recipe.low_latency { row.latency.low.clone() } else { row.latency.usual.clone() }),
        ("{sample}", if recipe.bits > 16 { "S24LE" } else { "S16LE" }.to_owned()),
    ];
    filled(row, &slots)
}

fn filled(row: &Candidate, slots: &[(&str, String)]) -> String {
    let text = row.recording.clone().unwrap_or_default();
    slots.iter().fold(text, |text, (slot, value)| text.replace(slot, value))
}

/// Whether the element could ever take this; a trial would say so too, but not why.
fn takes(factory: &gst::ElementFactory, caps: &gst::Caps) -> Result<(), String> {
    let sinks = factory.static_pad_templates().into_iter().filter(|t| t.direction() == gst::PadDirection::Sink);
    let takes: Vec<gst::Caps> = sinks.map(|template| template.caps()).collect();
    if takes.iter().any(|taken| taken.can_intersect(caps)) {
        return Ok(());
    }
    Err(format!("does not take {}", words(caps)))
}

fn words(caps: &gst::Caps) -> String {
    let Some(s) = caps.structure(0) else { return String::new() };
    let number = |name| s.get::<i32>(name).unwrap_or_default();
    match s.name().as_str() {
        "video/x-raw" => format!("{}x{}", number("width"), number("height")),
        _ => format!("{} channels of {} Hz", number("channels"), number("rate")),
    }
}

fn picture_caps(recipe: &PictureRecipe) -> gst::Caps {
    let side = |pixels: u32| pixels as i32;
    let caps = gst::Caps::builder("video/x-raw").field("width", side(recipe.size.width));
    caps.field("height", side(recipe.size.height)).build()
}

fn sound_caps(recipe: &SoundRecipe) -> gst::Caps {
    let caps = gst::Caps::builder("audio/x-raw").field("rate", recipe.rate_hz as i32);
    caps.field("channels", recipe.channels as i32).build()
}

#[cfg(test)]
#[path = "general_tests.rs"]
mod tests;
