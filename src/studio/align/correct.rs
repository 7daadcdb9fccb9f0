// SPDX-License-Identifier: MIT
//! The sound of every master on the time line's clock: one WAV each, all of which begin with the time line, so that
//! they lie in place wherever they are put together.

use super::listen::each_block;
use super::{AlignError, AllPlaced};
use crate::disk::folder::safe_name;
use crate::disk::wav::WavWriter;
use crate::sync::align::Resampler;
use std::io;
use std::path::Path;

/// What the decoder keeps to itself at the end, and more: silence that is pushed to get the last samples out.
const SILENCE: [f32; 1024] = [0.0; 1024];

/// Writes them, and answers with their names.
pub(super) fn write_all(all: &AllPlaced, out: &Path, tell: &mut dyn FnMut(String)) -> Result<Vec<String>, AlignError> {
    let mut names = Vec::new();
    for placed in all.masters.iter().filter(|p| p.clip.has_sound) {
        let name = match safe_name(&placed.clip.name) {
            // A name of nothing but signs.
            empty if empty.is_empty() => format!("participant-{}.wav", names.len() + 1),
            name => format!("{name}.wav"),
        };
        tell(format!("writing {name}"));
        let path = out.join(&name);
        let unwritable = |cause: io::Error| AlignError::Unwritable { path: path.clone(), cause };
        let mut wav = WavWriter::create(&path, &placed.clip.name, all.timeline.start_utc_us).map_err(unwritable)?;
        let mut resampler = Resampler::new(&placed.clip.corners);
        let mut failed = None;
        each_block(placed, |_, block| match wav.write(&resampler.push(block)) {
            Ok(()) => !resampler.is_done(),
            Err(cause) => {
                failed = Some(cause);
                false
            }
        })?;
        while failed.is_none() && !resampler.is_done() {
            failed = wav.write(&resampler.push(&SILENCE)).err();
        }
        match failed {
            Some(cause) => return Err(unwritable(cause)),
            None => wav.finish().map_err(unwritable)?,
        }
        names.push(name);
    }
    Ok(names)
}
