// SPDX-License-Identifier: MIT
//! A small picture of each session, taken once: kept as the simplest picture there is (PPM), in the system's place for
//! things that could be made again.

use super::Session;
use crate::disk::cache::Cache;
use crate::media::Still;
use crate::words::Size;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// A picture of the session, `width` points wide. The first time it takes a moment: nothing for the window's own thread.
pub fn thumbnail(session: &Session, width: u32) -> Result<Still, String> {
    match Cache::named("thumbnails") {
        Some(cache) => taken(session, width, &cache),
        None => Still::of(&session.master, width).map_err(|why| why.to_string()),
    }
}

/// The same, kept in a folder of that path.
pub fn thumbnail_kept_in(folder: &Path, session: &Session, width: u32) -> Result<Still, String> {
    taken(session, width, &Cache::at(folder))
}

fn taken(session: &Session, width: u32, cache: &Cache) -> Result<Still, String> {
    let name = name(session, width);
    if let Some(still) = cache.get(&name).and_then(|bytes| read(&bytes)) {
        return Ok(still);
    }
    let still = Still::of(&session.master, width).map_err(|why| why.to_string())?;
    cache.put(&name, &written(&still));
    Ok(still)
}

/// Another as soon as anything about the file is another.
fn name(session: &Session, width: u32) -> String {
    let metadata = std::fs::metadata(&session.master).ok();
    let mut hasher = DefaultHasher::new();
    session.master.hash(&mut hasher);
    metadata.as_ref().map(std::fs::Metadata::len).hash(&mut hasher);
    metadata.and_then(|metadata| metadata.modified().ok()).hash(&mut hasher);
    format!("{:016x}-{width}.ppm", hasher.finish())
}

fn written(still: &Still) -> Vec<u8> {
    let head = format!("P6 {} {} 255\n", still.size.width, still.size.height);
    [head.as_bytes(), &still.rgb].concat()
}

/// Only what we have written ourselves; nothing else is guessed at.
fn read(bytes: &[u8]) -> Option<Still> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let [_, width, height, _] = head.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let size = Size { width: width.parse().ok()?, height: height.parse().ok()? };
    let rgb = bytes[end + 1..].to_vec();
    (head.starts_with("P6 ") && rgb.len() as u64 == 3 * size.pixels()).then_some(Still { size, rgb })
}

#[cfg(test)]
mod tests {
    use super::{Size, Still, read, written};

    #[test]
    fn what_is_written_is_read_and_what_was_cut_off_is_not() {
        let still = Still { size: Size { width: 3, height: 2 }, rgb: (0..18).collect() };
        let bytes = written(&still);
        assert_eq!(read(&bytes), Some(still));
        for length in 0..bytes.len() {
            assert_eq!(read(&bytes[..length]), None, "{length}");
        }
    }
}
