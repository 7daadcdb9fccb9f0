// SPDX-License-Identifier: MIT
//! How long a recording may get before its disk is full.

use super::prepare::{AUDIO_KBPS, FLAC_KBPS};
use crate::disk::space;
use crate::media;
use crate::words::Size;
use std::path::Path;

/// What is free, and how far it reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Free bytes on the disk.
    pub free_bytes: u64,
    /// What an hour of recording takes.
    pub bytes_an_hour: u64,
    /// How long a recording may get.
    pub seconds_left: u64,
    /// It is so little that a person should hear of it before they begin.
    pub low: bool,
}

/// The room for a recording below that folder, which need not be there yet; nothing where the disk can't be asked.
/// Without pictures, `size` is nothing by nothing.
pub fn room(recordings: &Path, size: Size, flac: bool) -> Option<Room> {
    let there = recordings.ancestors().find(|folder| folder.exists())?;
    let free_bytes = space::free_bytes(there).ok()?;
    let pictures_kbps = if size.pixels() == 0 { 0 } else { media::bitrate_kbps(size) };
    let kbps = pictures_kbps + if flac { FLAC_KBPS } else { AUDIO_KBPS };
    let bytes_a_second = kbps * 1000 / 8;
    Some(Room {
        free_bytes,
        bytes_an_hour: bytes_a_second * 3600,
        seconds_left: free_bytes / bytes_a_second,
        low: free_bytes < space::WARN_BELOW_BYTES,
    })
}

#[cfg(test)]
mod tests {
    use super::room;
    use crate::words::Size;
    use std::path::Path;

    #[test]
    fn an_hour_of_full_hd_takes_what_its_bit_rates_say() {
        let there = std::env::temp_dir().join("not/there/yet");
        let found = room(&there, Size::FULL_HD, false).expect("the disk answers");
        assert!((3_000_000_000..12_000_000_000).contains(&found.bytes_an_hour), "{found:?}");
        assert_eq!(found.seconds_left, found.free_bytes / (found.bytes_an_hour / 3600));
        assert_eq!(found.low, found.free_bytes < 20_000_000_000);
        let lossless = room(&there, Size::FULL_HD, true).expect("the disk answers");
        assert!(lossless.bytes_an_hour > found.bytes_an_hour);
        let sound = room(&there, Size { width: 0, height: 0 }, false).expect("the disk answers");
        assert_eq!(sound.bytes_an_hour, 192_000 / 8 * 3600);
        assert_eq!(room(Path::new(""), Size::FULL_HD, false), None);
    }
}
