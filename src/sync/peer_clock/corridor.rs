// SPDX-License-Identifier: MIT
//! What pings say about the offset of two clocks: the widest straight corridor that none of them pierces.
//!
//! The way there can only be late, so `t2 - t1` bounds the offset from above; the way back bounds it from below by
//! `t3 - t4`. Both bounds are hard, whatever the network does. The straight corridor that fits between them and is
//! widest is the likeliest one when delays above the floor are rarer the longer they are; its middle is the offset,
//! its slope the rate, its width the shortest round trip. Spikes only lie far outside and say nothing.
//!
//! ```text
//! offset ^  x        x           x          x       x  t2 - t1, the bound from above
//!        |      x        x  x          x
//!        |   ----------x-----------------x-----------  the widest corridor
//!        |                                       ,,..
//!        |         ,,,,,,,,,,......``````````````      its middle: offset and rate
//!        |   -----o----------o---------------o-------
//!        |   o        o           o    o
//!        |      o                         o            t3 - t4, the bound from below
//!        +-------------------------------------------> our time
//! ```

use std::collections::VecDeque;

/// Bounds kept. With each 2.56 s wide at most they reach back five minutes: long enough for the rate, short enough
/// for a crystal that warms up.
const MARKS_MAX: usize = 128;
/// Pings closer together than this become one mark, at first and in a long call; it doubles when marks run out.
const MARK_S_FIRST: f64 = 0.01;
const MARK_S_MAX: f64 = 2.56;

/// Real clocks stay within 300 ppm of each other; in nanoseconds a second.
const SLOPE_MAX: f64 = 320e3;
/// Most are much nearer: what a slope costs before anything is known of it.
const SLOPE_LIKELY: f64 = 100e3;
/// Delay above the floor that is believed in when the pings know better, and when nothing is known.
const LATENESS_LEAST_NS: f64 = 2e3;
/// Likelihoods are looked at until they have fallen by this power of e.
const LIKELY_DEPTH: f64 = 12.0;
/// Points of the slope at which the likelihood is taken.
const LIKELY_POINTS: usize = 41;
/// Delays are not quite exponential; their floor is known less well than such would tell.
const DOUBT: f64 = 1.5;

/// Marks that must speak for a bend before the older ones are forgotten, and how clearly, as a power of e.
const BEND_MARKS_MIN: usize = 3;
const BEND_CLEAR: f64 = 10.0;

/// The narrowest bounds within a moment: when (s) and where (ns) from above, and from below.
#[derive(Clone, Copy, Debug)]
struct Mark {
    above: (f64, f64),
    below: (f64, f64),
}

/// The likeliest line at the moment `at_s`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    pub at_s: f64,
    pub offset_ns: f64,
    /// Nanoseconds a second.
    pub slope: f64,
    pub offset_sigma_ns: f64,
    pub slope_sigma: f64,
    /// The shortest round trip, as the corridor tells.
    pub width_ns: f64,
}

/// Bounds of the last minutes.
#[derive(Clone, Debug)]
pub(super) struct Corridor {
    marks: VecDeque<Mark>,
    mark_s: f64,
    /// The slope that is likely before the marks tell.
    known_slope: f64,
}

impl Default for Corridor {
    fn default() -> Corridor {
        Corridor { marks: VecDeque::new(), mark_s: MARK_S_FIRST, known_slope: 0.0 }
    }
}

impl Corridor {
    /// One ping around the moment `at_s`: the offset was between `below_ns` and `above_ns`.
    pub(super) fn add(&mut self, at_s: f64, below_ns: f64, above_ns: f64) {
        let mark = Mark { above: (at_s, above_ns), below: (at_s, below_ns) };
        // Answers may come in another order than pings went out.
        let place = self.marks.partition_point(|known| moment(known, self.mark_s) < moment(&mark, self.mark_s));
        match self.marks.get_mut(place) {
            Some(known) if moment(known, self.mark_s) == moment(&mark, self.mark_s) => known.narrow(&mark),
            _ => self.marks.insert(place, mark),
        }
        while self.marks.len() > MARKS_MAX && self.mark_s < MARK_S_MAX {
            self.mark_s *= 2.0;
            self.merge();
        }
        if self.marks.len() > MARKS_MAX {
            self.marks.pop_front();
        }
    }

    /// Could a straight line pass between all bounds and these as well? If not, a clock was set.
    pub(super) fn admits(&self, at_s: f64, below_ns: f64, above_ns: f64) -> bool {
        let mark = Mark { above: (at_s, above_ns), below: (at_s, below_ns) };
        Bounds::of(self.marks.iter().chain([&mark]), at_s).is_none_or(|bounds| bounds.widest().1 >= 0.0)
    }

    /// Forgets every bound. What was known of the rate stays likely.
    pub(super) fn forget(&mut self, slope: f64) {
        *self = Corridor { known_slope: slope, ..Corridor::default() };
    }

    fn merge(&mut self) {
        let mut merged = VecDeque::<Mark>::with_capacity(MARKS_MAX + 1);
        for mark in self.marks.drain(..) {
            match merged.back_mut() {
                Some(last) if moment(last, self.mark_s) == moment(&mark, self.mark_s) => last.narrow(&mark),
                _ => merged.push_back(mark),
            }
        }
        self.marks = merged;
    }

    /// The likeliest line, told for the moment `at_s`.
    pub(super) fn fit(&self, at_s: f64) -> Option<Fit> {
        let bounds = Bounds::of(self.marks.iter(), at_s)?;
        let (best, widest) = bounds.widest();
        let lateness = lateness_ns(bounds.late(best, self.marks.iter()).collect());
        // Too few to tell: as if half the round trip were chance.
        let lateness = lateness.unwrap_or(widest / 2.0).max(LATENESS_LEAST_NS) * DOUBT;
        let marks = self.marks.len() as f64;
        let likely = |slope: f64, width: f64| {
            let unlikely = (slope - self.known_slope) / SLOPE_LIKELY;
            (width - widest) * marks / lateness - unlikely * unlikely / 2.0
        };
        let top = likely(best, widest);
        let reach = |sign: f64| {
            let mut step = 1.0;
            while step < 2.0 * SLOPE_MAX
                && likely(best + sign * step, bounds.width(best + sign * step)) > top - LIKELY_DEPTH
            {
                step *= 1.5;
            }
            (best + sign * step).clamp(-SLOPE_MAX, SLOPE_MAX)
        };
        let (low, high) = (reach(-1.0), reach(1.0));
        let (above, below) = bounds.edges(best);
        let middle = (above + below) / 2.0;
        let mut sums = [0.0; 6];
        for point in 0..LIKELY_POINTS {
            let slope = low + (high - low) * point as f64 / (LIKELY_POINTS - 1) as f64;
            let (above, below) = bounds.edges(slope);
            let weight = (likely(slope, above - below) - top).exp();
            let (slope, offset) = (slope - best, (above + below) / 2.0 - middle);
            let terms = [1.0, slope, slope * slope, offset, offset * offset, above - below];
            sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += weight * term);
        }
        let [weight, slope, slope_2, offset, offset_2, widths] = sums;
        let (slope, offset) = (slope / weight, offset / weight);
        let floor_sigma = lateness / marks / std::f64::consts::SQRT_2;
        Some(Fit {
            at_s,
            offset_ns: middle + offset,
            slope: best + slope,
            offset_sigma_ns: ((offset_2 / weight - offset * offset).max(0.0) + floor_sigma * floor_sigma).sqrt(),
            slope_sigma: (slope_2 / weight - slope * slope).max(0.0).sqrt(),
            width_ns: widths / weight,
        })
    }

    /// Forgets what lies before a bend: two straight corridors, each wider than any one through both, mean that a
    /// clock was set or changed its rate. A delay that rose or fell narrows no corridor. True if something went.
    pub(super) fn straighten(&mut self) -> bool {
        let all = self.marks.len();
        let Some(at_s) = self.marks.back().map(|mark| mark.above.0) else { return false };
        let Some(whole) = Bounds::of(self.marks.iter(), at_s) else { return false };
        let width = whole.widest().1;
        let mut clear = false;
        // The likeliest place: how likely, how many marks lie before it, their slope.
        let mut place = (f64::NEG_INFINITY, 0, 0.0);
        let mut new = BEND_MARKS_MIN;
        while new + BEND_MARKS_MIN <= all {
            let old = all - new;
            let part = |from, to| Bounds::of(self.marks.range(from..to), at_s).map(|bounds| (bounds.widest(), bounds));
            let (Some(before), Some(after)) = (part(0, old), part(old, all)) else { return false };
            let gained = (before.0.1.min(after.0.1) - width) * old.min(new) as f64;
            // The lateness that two corridors leave is asked for only where it might matter.
            if gained > BEND_CLEAR * LATENESS_LEAST_NS {
                let late = before.1.late(before.0.0, self.marks.range(..old));
                let late = late.chain(after.1.late(after.0.0, self.marks.range(old..))).collect();
                clear |= gained > BEND_CLEAR * lateness_ns(late).unwrap_or(width);
                let likely = before.0.1 * old as f64 + after.0.1 * new as f64;
                if likely > place.0 {
                    place = (likely, old, before.0.0);
                }
            }
            new += (new / 4).max(1);
        }
        if clear {
            let (_, old, slope) = place;
            self.marks.drain(..old);
            self.known_slope = slope;
        }
        clear
    }
}

impl Mark {
    fn narrow(&mut self, other: &Mark) {
        if other.above.1 < self.above.1 {
            self.above = other.above;
        }
        if other.below.1 > self.below.1 {
            self.below = other.below;
        }
    }
}

/// The number of the moment that a mark stands for.
fn moment(mark: &Mark, mark_s: f64) -> i64 {
    (mark.above.0 / mark_s).floor() as i64
}

/// The corners of the bounds that a straight line can touch, with times from one moment on.
struct Bounds {
    at_s: f64,
    above: Vec<(f64, f64)>,
    below: Vec<(f64, f64)>,
}

impl Bounds {
    fn of<'a>(marks: impl Iterator<Item = &'a Mark>, at_s: f64) -> Option<Bounds> {
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for mark in marks {
            add_corner(&mut above, (mark.above.0 - at_s, mark.above.1));
            add_corner(&mut below, (mark.below.0 - at_s, -mark.below.1));
        }
        (!above.is_empty()).then_some(Bounds { at_s, above, below })
    }

    /// Where the lowest line from above and the highest from below with this slope meet the moment.
    fn edges(&self, slope: f64) -> (f64, f64) {
        let (above, below) = (carrier(&self.above, slope), carrier(&self.below, -slope));
        (above.1 - slope * above.0, -below.1 - slope * below.0)
    }

    fn width(&self, slope: f64) -> f64 {
        let (above, below) = self.edges(slope);
        above - below
    }

    /// The slope of the widest corridor, and its width. The width is concave, and where it grows is told by which
    /// corners carry the edges.
    fn widest(&self) -> (f64, f64) {
        let (mut low, mut high) = (-SLOPE_MAX, SLOPE_MAX);
        while high - low > 1.0 {
            let slope = (low + high) / 2.0;
            let grows = carrier(&self.above, slope).0 < carrier(&self.below, -slope).0;
            if grows { low = slope } else { high = slope }
        }
        let slope = (low + high) / 2.0;
        (slope, self.width(slope))
    }

    /// How late the pings of these marks were, there and back, beside the widest corridor's slope.
    fn late<'a>(&self, slope: f64, marks: impl Iterator<Item = &'a Mark>) -> impl Iterator<Item = f64> {
        let ((above, below), at_s) = (self.edges(slope), self.at_s);
        marks.flat_map(move |mark| {
            let up = mark.above.1 - slope * (mark.above.0 - at_s) - above;
            let down = below - mark.below.1 + slope * (mark.below.0 - at_s);
            [up, down]
        })
    }
}

/// How late a ping is on average, told by the middle one so that spikes do not count; `None` if there are too few.
fn lateness_ns(mut late: Vec<f64>) -> Option<f64> {
    if late.len() < 8 {
        return None;
    }
    let middle = late.len() / 2;
    let (_, median, _) = late.select_nth_unstable_by(middle, f64::total_cmp);
    Some(median.max(LATENESS_LEAST_NS) / std::f64::consts::LN_2)
}

/// The corner on which a line of this slope lies when it is lifted from far below.
fn carrier(hull: &[(f64, f64)], slope: f64) -> (f64, f64) {
    let height = |corner: &(f64, f64)| corner.1 - slope * corner.0;
    let (mut at, mut low) = (hull[0], height(&hull[0]));
    for corner in &hull[1..] {
        let next = height(corner);
        if next < low {
            (at, low) = (*corner, next);
        }
    }
    at
}

/// Keeps the lower convex hull of points that come in order of time.
fn add_corner(hull: &mut Vec<(f64, f64)>, point: (f64, f64)) {
    while let [.., a, b] = hull.as_slice() {
        let turns_left = (b.0 - a.0) * (point.1 - a.1) > (b.1 - a.1) * (point.0 - a.0);
        if turns_left {
            break;
        }
        hull.pop();
    }
    hull.push(point);
}
