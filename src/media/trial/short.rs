// SPDX-License-Identifier: MIT
//! The shortest trial that is worth having: a few pictures of the very size and rate, or a moment of the very
//! sound, before any recording but a master begins. It must not be noticed, even where there is 4K to encode.

use super::{Answer, Coded, PATIENCE, next, scene, started};
use crate::media::counted::{nanoseconds, stamp};
use crate::media::format::PictureFormat;
use crate::media::recording::RawSound;
use crate::media::recording::SampleFormat;
use crate::words::{PictureRecipe, Rate, SoundRecipe};
use gstreamer as gst;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// Two groups of pictures, the second of them begun.
const PICTURES: u64 = 5;
/// The length of a group in the trial, whatever it will be later.
const GROUP: u32 = 3;
/// Pictures that may be inside an encoder that was told to hurry.
const HELD_MAX: u64 = 2;
/// For an answer from one that was told to hurry; far more than it needs.
const HURRY: Duration = Duration::from_secs(2);
/// Sound for the trial: a few packets of any codec.
const SOUND_MS: u64 = 200;

/// The distance of key frames that the trial asks for in place of the recipe's.
pub fn key_frames(recipe: &PictureRecipe) -> u32 {
    recipe.key_frames.clamp(1, GROUP)
}

/// Runs the trial; what was seen in words, or why the encoder is refused.
pub fn pictures(encoder: &str, recipe: &PictureRecipe) -> Result<String, String> {
    let begun = Instant::now();
    let (graph, coded) = started("trial-video", "video_encoder", encoder)?;
    let source = graph.app_source("pictures").map_err(|e| e.to_string())?;
    let format = PictureFormat::usual(recipe.size);
    let mut caps = format.caps(true);
    let fraction = gst::Fraction::new(recipe.rate.num as i32, recipe.rate.den as i32);
    caps.make_mut().set("framerate", fraction);
    source.set_caps(Some(&caps));
    let scenes = [scene(&format, 0), scene(&format, 1)];
    let push = |n: u64| {
        let mut buffer = scenes[n as usize % scenes.len()].copy();
        stamp(buffer.get_mut().expect("a fresh copy has one owner"), n, 1, recipe.rate);
        source.push_buffer(buffer).map(|_| ()).map_err(|e| format!("takes no pictures: {e}"))
    };
    let mut all = Vec::new();
    (0..=HELD_MAX).try_for_each(push)?;
    if recipe.low_latency {
        all.push(hurried(&coded)?);
    }
    (HELD_MAX + 1..PICTURES).try_for_each(push)?;
    source.end_of_stream().map_err(|e| format!("takes no end: {e}"))?;
    while let Some(more) = next(&coded)? {
        all.push(more);
    }
    judge(&all, recipe)?;
    Ok(format!("{} at {:.4} fps, {} ms", recipe.size, recipe.rate.as_f64(), begun.elapsed().as_millis()))
}

fn hurried(coded: &Receiver<Answer>) -> Result<Coded, String> {
    let late = |_| format!("holds back more than {HELD_MAX} pictures");
    coded.recv_timeout(HURRY.min(PATIENCE)).map_err(late)??.ok_or_else(|| "writes nothing".to_owned())
}

fn judge(coded: &[Coded], recipe: &PictureRecipe) -> Result<(), String> {
    if coded.len() as u64 != PICTURES {
        return Err(format!("made {} pictures of {PICTURES}", coded.len()));
    }
    let keys: Vec<usize> = coded.iter().enumerate().filter(|(_, c)| c.key).map(|(i, _)| i).collect();
    let wanted: Vec<usize> = (0..PICTURES as usize).step_by(key_frames(recipe) as usize).collect();
    if keys != wanted {
        return Err(format!("puts key frames at pictures {keys:?} instead of {wanted:?}"));
    }
    if coded.windows(2).any(|w| w[0].pts >= w[1].pts) {
        return Err("reorders pictures".to_owned());
    }
    Ok(())
}

/// Runs the trial; what was seen in words, or why the encoder is refused.
pub fn sound(encoder: &str, recipe: &SoundRecipe) -> Result<String, String> {
    let begun = Instant::now();
    let (graph, coded) = started("trial-audio", "audio_encoder", encoder)?;
    let source = graph.app_source("sound").map_err(|e| e.to_string())?;
    let raw = RawSound { format: SampleFormat::S16, rate_hz: recipe.rate_hz, channels: recipe.channels };
    source.set_caps(Some(&raw.caps(recipe)));
    let samples = u64::from(recipe.rate_hz) * SOUND_MS / 1000;
    let mut noise = 1u32;
    let mut value = || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 18) as i16 - 8_192
    };
    let bytes: Vec<u8> = (0..samples * u64::from(recipe.channels)).flat_map(|_| value().to_le_bytes()).collect();
    let mut buffer = gst::Buffer::from_mut_slice(bytes);
    let rate = Rate::whole(recipe.rate_hz);
    stamp(buffer.get_mut().expect("a fresh buffer has one owner"), 0, samples, rate);
    source.push_buffer(buffer).map_err(|e| format!("takes no sound: {e}"))?;
    source.end_of_stream().map_err(|e| format!("takes no end: {e}"))?;
    let mut bytes = 0;
    while let Some(more) = next(&coded)? {
        bytes += more.bytes;
    }
    if bytes == 0 {
        return Err("writes nothing".to_owned());
    }
    let kbps = bytes as f64 * 8e6 / nanoseconds(samples, rate) as f64;
    Ok(format!("{kbps:.0} kbit/s on noise, {} ms", begun.elapsed().as_millis()))
}
