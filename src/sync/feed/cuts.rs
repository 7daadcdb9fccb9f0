// SPDX-License-Identifier: MIT
//! What pauses take out of time: the way from the track, which never stops, to the recording, which does.
//!
//! ```text
//!   track       ....|=======|.........|======|.........|===========
//!                   0   from|    until|      |         |
//!   recording       |=======|======|===========     a position at a cut is the first one behind it
//! ```
//!
//! Everything before the recording is the first cut. Positions are whole numbers of anything: sound and pictures ask
//! the same cuts, so that a pause takes the same from both, however many there are.

/// A stretch of the track that is not in the recording.
#[derive(Clone, Copy, Debug)]
struct Cut {
    from: i64,
    /// Where the recording goes on, once that is known.
    until: Option<i64>,
    /// Where in the recording it lies.
    at: i64,
    /// The track behind it is so far ahead of the recording.
    ahead: i64,
}

impl Cut {
    fn end(&self) -> i64 {
        self.until.unwrap_or(i64::MAX)
    }
}

/// The cuts, in order. There is at least the one before the recording.
#[derive(Clone, Debug)]
pub(super) struct Cuts(Vec<Cut>);

impl Cuts {
    /// Nothing is in the recording yet.
    pub(super) fn new() -> Cuts {
        Cuts(vec![Cut { from: i64::MIN, until: None, at: 0, ahead: 0 }])
    }

    fn last(&self) -> Cut {
        *self.0.last().expect("there is always the cut before the recording")
    }

    /// Where in the recording the open cut lies.
    pub(super) fn open_at(&self) -> Option<i64> {
        let last = self.last();
        last.until.is_none().then_some(last.at)
    }

    /// Where on the track the open cut begins.
    pub(super) fn open_from(&self) -> i64 {
        self.last().from
    }

    /// Begins a cut; answers where on the track it does, which is never within an earlier one.
    pub(super) fn open(&mut self, from: i64) -> i64 {
        let last = self.last();
        let from = from.max(last.end());
        if last.until.is_some() {
            self.0.push(Cut { from, until: None, at: from - last.ahead, ahead: last.ahead });
        }
        from
    }

    /// Ends the open cut; answers how long it has become.
    pub(super) fn close(&mut self, until: i64) -> i64 {
        let cut = self.0.last_mut().expect("there is always the cut before the recording");
        let until = until.max(cut.from);
        cut.until = Some(until);
        cut.ahead = until - cut.at;
        until.saturating_sub(cut.from)
    }

    /// From the track to the recording; what is cut out lies where the recording goes on.
    pub(super) fn recorded(&self, track: i64) -> i64 {
        let n = self.0.partition_point(|cut| cut.from <= track);
        let cut = self.0[n.saturating_sub(1)];
        if track < cut.end() { cut.at } else { track - cut.ahead }
    }

    /// From the recording to the track. Behind an open cut there is only a guess, as if it ended at once.
    pub(super) fn track(&self, recorded: i64) -> i64 {
        let n = self.0.partition_point(|cut| cut.at <= recorded);
        recorded + self.0[n.saturating_sub(1)].ahead
    }

    /// What of the track from `from` up to `until` is in the recording, in order.
    pub(super) fn kept(&self, from: i64, until: i64) -> impl Iterator<Item = (i64, i64)> + '_ {
        let begins = self.0.iter().map(|cut| cut.end());
        let ends = self.0.iter().skip(1).map(|cut| cut.from).chain([i64::MAX]);
        let first = self.0.partition_point(|cut| cut.from <= from).saturating_sub(1);
        let stretches = begins.zip(ends).skip(first).take_while(move |stretch| stretch.0 < until);
        stretches.map(move |(begin, end)| (begin.max(from), end.min(until))).filter(|(begin, end)| begin < end)
    }
}

#[cfg(test)]
mod tests {
    use super::Cuts;

    fn three() -> Cuts {
        let mut cuts = Cuts::new();
        cuts.close(100);
        cuts.open(200);
        assert_eq!(cuts.open_at(), Some(100));
        assert_eq!(cuts.close(250), 50);
        assert_eq!(cuts.open(240), 250, "a cut does not begin within another");
        assert_eq!(cuts.close(260), 10);
        cuts
    }

    #[test]
    fn both_ways_agree_outside_of_the_cuts() {
        let cuts = three();
        for track in (100..200).chain(260..400) {
            assert_eq!(cuts.track(cuts.recorded(track)), track);
        }
        assert_eq!((cuts.recorded(7), cuts.recorded(199), cuts.recorded(200), cuts.recorded(259)), (0, 99, 100, 100));
        assert_eq!((cuts.track(99), cuts.track(100)), (199, 260));
    }

    #[test]
    fn what_is_kept_is_all_that_lies_outside() {
        let mut cuts = three();
        assert_eq!(cuts.kept(50, 300).collect::<Vec<_>>(), [(100, 200), (260, 300)]);
        assert_eq!(cuts.kept(210, 255).count(), 0);
        cuts.open(280);
        assert_eq!(cuts.kept(270, 300).collect::<Vec<_>>(), [(270, 280)]);
        assert_eq!(cuts.kept(280, 300).count(), 0);
    }
}
