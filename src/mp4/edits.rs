// SPDX-License-Identifier: MIT
//! Which part of a track is shown, and when: one explicit list for every track, so that no reader has to guess.
//!
//! Readers disagree about tracks without a list: some move the first picture to zero, others leave it where it
//! is. With a list they agree. In the track's time, whose first decoding time is zero:
//!
//! ```text
//! shift S = D0 - M + E0     D0 first decoding time, M and E0 the old list's media time and empty lead
//! c                         the earliest composition time
//! E = S + c                 when the first sample is shown
//! E >= 0:  [ nothing for E ] [ from c on ]
//! E <  0:                    [ from -S on ]       sound in front of zero is priming and stays hidden
//! ```

use super::bytes::{boxed, full, put32, put64};
use super::movie::Track;
use super::scan_error::ScanError;

/// A track's list before it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edits {
    /// Nothing is shown for so long, in the track's units.
    pub(crate) lead: u64,
    /// Then the track from here on, in its own time.
    pub(crate) media_time: u64,
    /// For so long, in its own units.
    pub(crate) shown: u64,
}

impl Edits {
    /// From the track as the scan found it. `priming` stands in for a list that is not there; `sound` limits what
    /// is shown, in the track's units.
    pub(crate) fn of(track: &Track, movie_scale: u32, priming: u32, sound: Option<u64>) -> Result<Edits, ScanError> {
        let (empty, media_time) = old(track, movie_scale)?;
        let media_time = if track.edits.is_empty() { i64::from(priming) } else { media_time };
        let shift = track.samples.first_dts as i64 - media_time + empty;
        let (first, end) = track.samples.shown();
        // A composition time below zero can't be pointed to; such a picture lies in front of the list.
        let first = first.max(0);
        let start = shift + first;
        let (lead, from) = if start >= 0 { (start, first) } else { (0, -shift) };
        let shown = (end - from).max(0) as u64;
        let shown = sound.map_or(shown, |sound| sound.min(shown));
        Ok(Edits { lead: lead as u64, media_time: from as u64, shown })
    }

    /// Lead and shown part in the movie's units. Nothing that is shown is cut off by rounding.
    pub(crate) fn scaled(&self, timescale: u32, movie_scale: u32) -> (u64, u64) {
        let scale = |time: u64, up: u64| {
            let scaled = (u128::from(time) * u128::from(movie_scale) + u128::from(up)) / u128::from(timescale);
            u64::try_from(scaled).unwrap_or(u64::MAX >> 1)
        };
        let lead = scale(self.lead, u64::from(timescale) / 2);
        (lead, scale(self.shown, u64::from(timescale) - 1))
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>, timescale: u32, movie_scale: u32) {
        let (lead, shown) = self.scaled(timescale, movie_scale);
        boxed(out, b"edts", |out| {
            let wide = [lead, shown, self.media_time].iter().any(|&time| time > i32::MAX as u64);
            full(out, b"elst", u8::from(wide), 0, |out| {
                put32(out, 1 + u32::from(lead > 0));
                if lead > 0 {
                    entry(out, wide, lead, -1);
                }
                entry(out, wide, shown, self.media_time as i64);
            });
        });
    }
}

fn entry(out: &mut Vec<u8>, wide: bool, duration: u64, media_time: i64) {
    if wide {
        put64(out, duration);
        put64(out, media_time as u64);
    } else {
        put32(out, duration as u32);
        put32(out, media_time as u32);
    }
    put32(out, 0x0001_0000);
}

/// Empty lead (in the track's units) and media time of the list in the file.
fn old(track: &Track, movie_scale: u32) -> Result<(i64, i64), ScanError> {
    let mut empty = 0_u128;
    let mut shown = track.edits.iter().skip_while(|edit| edit.media_time.is_none());
    for edit in track.edits.iter().take_while(|edit| edit.media_time.is_none()) {
        empty += u128::from(edit.duration);
    }
    let media_time = shown.next().and_then(|edit| edit.media_time).unwrap_or(0);
    if shown.next().is_some() {
        return Err(ScanError::NotUnderstood("an edit list that joins several pieces".into()));
    }
    let scale = u128::from(movie_scale);
    let lead = (empty * u128::from(track.timescale) + scale / 2) / scale;
    let lead = i64::try_from(lead).ok().filter(|&lead| lead < 1 << 60).ok_or(ScanError::Broken("elst"))?;
    Ok((lead, media_time))
}

/// A time scale in which the edits of all tracks are exact: the least common multiple; where that does not fit
/// into the 31 bits that readers handle, the finest of the tracks' own.
pub(crate) fn movie_scale(timescales: impl Iterator<Item = u32> + Clone) -> u32 {
    let gcd = |mut a: u64, mut b: u64| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let exact = timescales.clone().map(u64::from).try_fold(1_u64, |all, one| {
        let multiple = all / gcd(all, one) * one;
        (multiple <= i32::MAX as u64).then_some(multiple)
    });
    exact.map_or_else(|| timescales.max().unwrap_or(1000), |scale| scale as u32)
}

#[cfg(test)]
mod tests {
    use super::movie_scale;

    #[test]
    fn the_movie_scale_divides_into_every_track_or_is_the_finest() {
        assert_eq!(movie_scale([30_000, 48_000].into_iter()), 240_000);
        assert_eq!(movie_scale([90_000, 44_100].into_iter()), 4_410_000);
        assert_eq!(movie_scale([10_000_019, 90_000, 44_100].into_iter()), 10_000_019);
    }
}
