// SPDX-License-Identifier: MIT
//! What is still to be done when everything is encoded, and how far it is. Of a long recording it takes minutes.

use serde::Serialize;

/// How far one step is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Finishing {
    /// Which.
    pub step: FinishingStep,
    /// From 0 to 1; it never goes back.
    pub done: f64,
}

/// What is done at the end, in this order, where the configuration asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FinishingStep {
    /// The sound is made as loud as it should be.
    Loudness,
    /// The index is put in front of the media.
    FastStart,
}

/// A stretch of a step, whose own parts are told from 0 to 1.
#[derive(Clone, Copy)]
pub struct Stretch<'a> {
    tell: &'a dyn Fn(f64),
    begin: f64,
    end: f64,
}

impl<'a> Stretch<'a> {
    /// All of a step.
    pub fn whole(tell: &'a dyn Fn(f64)) -> Stretch<'a> {
        Stretch { tell, begin: 0.0, end: 1.0 }
    }

    /// A part of this one.
    pub fn part(self, begin: f64, end: f64) -> Stretch<'a> {
        Stretch { begin: self.at(begin), end: self.at(end), ..self }
    }

    /// So much of it is done.
    pub fn tell(self, done: f64) {
        (self.tell)(self.at(done));
    }

    fn at(self, done: f64) -> f64 {
        self.begin + (self.end - self.begin) * if done.is_finite() { done.clamp(0.0, 1.0) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::Stretch;
    use std::cell::Cell;

    #[test]
    fn a_part_of_a_part_lies_within_both() {
        let told = Cell::new(f64::NAN);
        let tell = |done| told.set(done);
        let half = Stretch::whole(&tell).part(0.5, 1.0);
        half.tell(0.5);
        assert_eq!(told.get(), 0.75);
        half.part(0.5, 1.0).tell(2.0);
        assert_eq!(told.get(), 1.0);
        half.tell(f64::NAN);
        assert_eq!(told.get(), 0.5);
    }
}
