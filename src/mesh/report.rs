// SPDX-License-Identifier: MIT
//! What a receiver tells the sender about the road between them: a [`Report`] each 100 ms, and a [`Nack`] when a key
//! frame has holes.
//!
//! ```text
//! Report, 20 bytes: [interval ms 2][frames expected 2][received 2][delay mean 2][max 2][jitter 2]
//!                   [pieces expected 2][received 2][picture bytes 4]
//! Nack, 41 bytes:   [picture sequence 8][round 1][missing, a bit a fragment 32]
//! ```
//!
//! Nobody's clock is needed to see a queue grow: the delay is arrival minus the header's stamp, against the lowest of
//! the last ten seconds, so offsets cancel and drift has no time to count.

mod floor;
mod nack;
mod receipts;

pub use nack::{Missing, Nack};
pub use receipts::{DelaySeen, Receipts, VoiceSeen};

/// How often a receiver reports.
pub const REPORT_NS: i64 = 100_000_000;

/// One interval of one direction of one pair, as the receiver saw it. Delays and jitter in tenths of a millisecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How long the interval was.
    pub interval_ms: u16,
    /// By how many frames the voice's sequence advanced.
    pub voice_expected: u16,
    /// How many of these came by themselves (copies do not count).
    pub voice_received: u16,
    /// Mean one-way delay above the floor.
    pub delay_mean: u16,
    /// The longest.
    pub delay_max: u16,
    /// Mean difference between neighbours.
    pub jitter: u16,
    /// Pieces of the pictures that ended in this interval.
    pub pieces_expected: u16,
    /// Pieces that came.
    pub pieces_received: u16,
    /// What they weighed, as payload.
    pub picture_bytes: u32,
}

impl Report {
    /// Bytes on the wire.
    pub const LEN: usize = 20;

    /// As bytes, big endian.
    pub fn write(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        let words = [
            self.interval_ms,
            self.voice_expected,
            self.voice_received,
            self.delay_mean,
            self.delay_max,
            self.jitter,
            self.pieces_expected,
            self.pieces_received,
        ];
        for (at, word) in out.chunks_exact_mut(2).zip(words) {
            at.copy_from_slice(&word.to_be_bytes());
        }
        out[16..].copy_from_slice(&self.picture_bytes.to_be_bytes());
        out
    }

    /// From bytes; `None` if they are too few. More are ignored: a newer version may say more.
    pub fn read(bytes: &[u8]) -> Option<Report> {
        let bytes = bytes.get(..Self::LEN)?;
        let word = |at: usize| u16::from_be_bytes([bytes[2 * at], bytes[2 * at + 1]]);
        Some(Report {
            interval_ms: word(0),
            voice_expected: word(1),
            voice_received: word(2),
            delay_mean: word(3),
            delay_max: word(4),
            jitter: word(5),
            pieces_expected: word(6),
            pieces_received: word(7),
            picture_bytes: u32::from_be_bytes([bytes[16], bytes[17], bytes[18], bytes[19]]),
        })
    }

    /// The share of voice that was lost, 0 to 1.
    pub fn loss(&self) -> f32 {
        let lost = self.voice_expected.saturating_sub(self.voice_received);
        f32::from(lost) / f32::from(self.voice_expected.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn a_report_survives_the_wire() {
        let report = Report {
            interval_ms: 100,
            voice_expected: 20,
            voice_received: 19,
            delay_mean: 123,
            delay_max: 65535,
            jitter: 7,
            pieces_expected: 300,
            pieces_received: 299,
            picture_bytes: 0x0102_0304,
        };
        let mut bytes = report.write().to_vec();
        assert_eq!(Report::read(&bytes), Some(report));
        assert_eq!(Report::read(&bytes[..19]), None);
        bytes.push(1);
        assert_eq!(Report::read(&bytes), Some(report));
        assert!((report.loss() - 0.05).abs() < 1e-6);
        assert_eq!(Report::default().loss(), 0.0);
    }
}
