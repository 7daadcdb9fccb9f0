// SPDX-License-Identifier: MIT
//! How long the frames of our voice are. Pure: told once a second how the roads are, it answers with the length.
//!
//! A frame of 2.5 ms is heard 2.5 ms earlier than one of 5 ms. It costs twice the datagrams, and twice the bits for a
//! voice that sounds as good: at 32 kbit/s a listener would rather wait (wide-band PESQ 1.3 against 2.4; at 64 kbit/s
//! 3.5). So it pays where there are bits to spare and the road is so short that it can be noticed: between two people
//! in one house. There it pays even more when something is lost, because copies come sooner, too.

use crate::media::FrameSamples;
use crate::words::Mono;

/// A road longer than this hides what a shorter frame would gain.
const RTT_MS_MAX: f64 = 4.0;
/// On one that is less even than this the jitter buffer would wait anyway.
const JITTER_MS_MAX: f64 = 2.0;
/// A road that shakes seems longer than it is; this one has become another.
const RTT_MS_LONG: f64 = 25.0;
/// A line that loses more may well be one that can't carry so many datagrams.
const LOSS_PERCENT_MAX: f64 = 12.0;
/// The road has to be so for this long.
const SECONDS: u32 = 5;
/// Who had to go back waits longer before the next try.
const SECONDS_AFTER_TROUBLE: u32 = 60;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoiceFrames {
    /// Whatever pays.
    Auto,
    /// These.
    Always(FrameSamples),
}

/// How the road to one peer is.
#[derive(Clone, Copy, Debug)]
pub struct Road {
    /// There and back.
    pub rtt_ms: Option<f64>,
    /// The worse of both directions.
    pub loss_percent: f64,
    /// As we receive.
    pub jitter_ms: f64,
}

/// The choice.
#[derive(Debug)]
pub struct Frames {
    wanted: VoiceFrames,
    short: bool,
    /// Seconds that still have to be good.
    wait: u32,
    looked: Option<Mono>,
}

impl Frames {
    /// Begins with 5 ms unless told otherwise.
    pub fn new(wanted: VoiceFrames) -> Frames {
        let short = wanted == VoiceFrames::Always(FrameSamples::Ms2_5);
        Frames { wanted, short, wait: SECONDS, looked: None }
    }

    /// How long frames are now.
    pub fn now(&self) -> FrameSamples {
        if self.short { FrameSamples::Ms2_5 } else { FrameSamples::Ms5 }
    }

    /// The roads of this second, and whether there was room for everything on them.
    pub fn look(&mut self, roads: &[Road], room: bool, now: Mono) {
        let due = self.looked.is_none_or(|looked| now.since(looked) >= 900_000_000);
        if self.wanted != VoiceFrames::Auto || !due {
            return;
        }
        self.looked = Some(now);
        let (rtt_ms, loss_percent) = if self.short { (RTT_MS_LONG, LOSS_PERCENT_MAX) } else { (RTT_MS_MAX, 0.0) };
        let pays = |road: &Road| {
            road.rtt_ms.is_some_and(|ms| ms < rtt_ms)
                && road.loss_percent <= loss_percent
                && (self.short || road.jitter_ms < JITTER_MS_MAX)
        };
        match (room && matches!(roads, [road] if pays(road)), self.short) {
            (true, false) => {
                self.wait = self.wait.saturating_sub(1);
                self.short = self.wait == 0;
            }
            (false, true) => (self.short, self.wait) = (false, SECONDS_AFTER_TROUBLE),
            (false, false) => self.wait = self.wait.max(SECONDS),
            (true, true) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Frames, Road, SECONDS, SECONDS_AFTER_TROUBLE, VoiceFrames};
    use crate::media::FrameSamples;
    use crate::words::Mono;

    const HOUSE: Road = Road { rtt_ms: Some(0.3), loss_percent: 0.0, jitter_ms: 0.2 };

    /// How many seconds of these roads it takes until frames are short.
    fn seconds_until_short(frames: &mut Frames, roads: &[Road], from: u64) -> Option<u32> {
        (1..=200).find(|second| {
            frames.look(roads, true, Mono((from + u64::from(*second)) * Mono::SECOND));
            frames.now() == FrameSamples::Ms2_5
        })
    }

    #[test]
    fn two_in_one_house_get_short_frames_and_keep_them_on_a_line_that_shakes_and_loses() {
        let mut frames = Frames::new(VoiceFrames::Auto);
        assert_eq!(seconds_until_short(&mut frames, &[HOUSE], 0), Some(SECONDS));
        frames.look(&[Road { rtt_ms: Some(12.0), loss_percent: 5.0, jitter_ms: 4.0 }], true, Mono(500 * Mono::SECOND));
        assert_eq!(frames.now(), FrameSamples::Ms2_5);
    }

    #[test]
    fn they_are_lost_where_there_is_no_room_or_the_road_is_another() {
        let third = [HOUSE, HOUSE];
        let narrow = [Road { loss_percent: 20.0, ..HOUSE }];
        let far = [Road { rtt_ms: Some(40.0), ..HOUSE }];
        for (roads, room) in [(&third[..], true), (&narrow, true), (&far, true), (&[HOUSE], false)] {
            let mut frames = Frames::new(VoiceFrames::Auto);
            assert_eq!(seconds_until_short(&mut frames, &[HOUSE], 0), Some(SECONDS));
            frames.look(roads, room, Mono(500 * Mono::SECOND));
            assert_eq!(frames.now(), FrameSamples::Ms5);
            assert_eq!(seconds_until_short(&mut frames, &[HOUSE], 501), Some(SECONDS_AFTER_TROUBLE));
        }
    }

    #[test]
    fn far_or_many_or_told_so_they_stay_as_they_are() {
        let far = Road { rtt_ms: Some(30.0), ..HOUSE };
        let loses = Road { loss_percent: 0.5, ..HOUSE };
        for roads in [&[far][..], &[loses], &[HOUSE, HOUSE], &[]] {
            assert_eq!(seconds_until_short(&mut Frames::new(VoiceFrames::Auto), roads, 0), None);
        }
        let mut always = Frames::new(VoiceFrames::Always(FrameSamples::Ms5));
        assert_eq!(seconds_until_short(&mut always, &[HOUSE], 0), None);
    }
}
