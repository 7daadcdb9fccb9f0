// SPDX-License-Identifier: MIT
//! How loud the microphone is: a bar, a mark that holds the loudest of the last moment, and red when it was too loud.

use crate::studio::Level;
use gtk::cairo;
use gtk::prelude::{DrawingAreaExtManual, WidgetExt};
use gtk4 as gtk;
use std::cell::RefCell;
use std::rc::Rc;

/// The bar's left end.
const FLOOR_DB: f64 = -60.0;
/// Louder than this it is coloured as a warning.
const LOUD_DB: f64 = -6.0;
/// How fast the bar falls.
const FALL_DB_A_SECOND: f64 = 30.0;
/// How long the mark stays, and how long it stays red.
const HOLD_SECONDS: f64 = 1.5;
const CLIPPED_SECONDS: f64 = 3.0;

/// Where the bar and the mark are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Needle {
    /// The bar.
    pub level_db: f64,
    /// The mark.
    pub peak_db: f64,
    held_seconds: f64,
    clipped_seconds: f64,
}

impl Default for Needle {
    fn default() -> Self {
        Needle { level_db: FLOOR_DB, peak_db: FLOOR_DB, held_seconds: 0.0, clipped_seconds: 0.0 }
    }
}

impl Needle {
    /// A level, so many seconds after the last.
    pub fn follow(&mut self, level: &Level, seconds: f64) {
        let now_db = (20.0 * f64::from(level.peak).log10()).clamp(FLOOR_DB, 0.0);
        self.level_db = now_db.max(self.level_db - FALL_DB_A_SECOND * seconds).max(FLOOR_DB);
        self.held_seconds += seconds;
        if now_db >= self.peak_db {
            (self.peak_db, self.held_seconds) = (now_db, 0.0);
        } else if self.held_seconds > HOLD_SECONDS {
            self.peak_db = self.level_db.max(self.peak_db - FALL_DB_A_SECOND * seconds);
        }
        self.clipped_seconds = if level.clipped { CLIPPED_SECONDS } else { (self.clipped_seconds - seconds).max(0.0) };
    }

    /// It was too loud a moment ago.
    pub fn is_clipped(&self) -> bool {
        self.clipped_seconds > 0.0
    }
}

/// The widget.
pub struct Meter {
    area: gtk::DrawingArea,
    needle: Rc<RefCell<Needle>>,
}

impl Meter {
    /// Draws into `area` from now on.
    pub fn new(area: gtk::DrawingArea) -> Meter {
        let needle = Rc::new(RefCell::new(Needle::default()));
        let drawn = needle.clone();
        area.set_draw_func(move |_, context, width, height| {
            if let Err(why) = draw(context, f64::from(width), f64::from(height), &drawn.borrow()) {
                tracing::debug!("the meter can't be drawn: {why}");
            }
        });
        Meter { area, needle }
    }

    /// A level, so many seconds after the last. Answers whether it was too loud a moment ago.
    pub fn follow(&self, level: &Level, seconds: f64) -> bool {
        let before = *self.needle.borrow();
        self.needle.borrow_mut().follow(level, seconds);
        let now = *self.needle.borrow();
        if now != before {
            self.area.queue_draw();
        }
        now.is_clipped()
    }
}

const GREEN: (f64, f64, f64) = (0.18, 0.74, 0.52);
const AMBER: (f64, f64, f64) = (0.93, 0.65, 0.16);
const RED: (f64, f64, f64) = (0.90, 0.26, 0.26);

fn draw(context: &cairo::Context, width: f64, height: f64, needle: &Needle) -> Result<(), cairo::Error> {
    let at = |db: f64| (db - FLOOR_DB) / -FLOOR_DB * width;
    let bar = |from: f64, to: f64, (red, green, blue): (f64, f64, f64), opacity: f64| {
        context.set_source_rgba(red, green, blue, opacity);
        context.rectangle(from, 0.0, (to - from).max(0.0), height);
        context.fill()
    };
    rounded(context, width, height);
    context.clip();
    bar(0.0, width, (0.5, 0.5, 0.5), 0.22)?;
    bar(0.0, at(needle.level_db.min(LOUD_DB)), GREEN, 1.0)?;
    bar(at(LOUD_DB), at(needle.level_db), if needle.is_clipped() { RED } else { AMBER }, 1.0)?;
    if needle.peak_db > FLOOR_DB {
        let mark = at(needle.peak_db).min(width - 3.0);
        let colour = if needle.is_clipped() {
            RED
        } else if needle.peak_db > LOUD_DB {
            AMBER
        } else {
            GREEN
        };
        bar(mark, mark + 3.0, colour, 1.0)?;
    }
    Ok(())
}

fn rounded(context: &cairo::Context, width: f64, height: f64) {
    use std::f64::consts::{FRAC_PI_2, PI};
    let radius = (height / 2.0).min(width / 2.0);
    context.arc(width - radius, radius, radius, -FRAC_PI_2, FRAC_PI_2);
    context.arc(radius, radius, radius, FRAC_PI_2, PI + FRAC_PI_2);
    context.close_path();
}

#[cfg(test)]
mod tests {
    use super::{FLOOR_DB, Needle};
    use crate::studio::Level;

    #[test]
    fn the_mark_holds_the_loudest_and_then_follows() {
        let mut needle = Needle::default();
        needle.follow(&Level { peak: 0.5, clipped: false }, 0.03);
        let loudest = needle.peak_db;
        assert!((loudest + 6.0).abs() < 0.1);
        for _ in 0..30 {
            needle.follow(&Level { peak: 0.0, clipped: false }, 0.03);
        }
        assert_eq!(needle.peak_db, loudest, "0.9 s later it is still there");
        assert!(needle.level_db < loudest - 20.0, "the bar has fallen");
        for _ in 0..200 {
            needle.follow(&Level { peak: 0.0, clipped: false }, 0.03);
        }
        assert_eq!((needle.peak_db, needle.level_db), (FLOOR_DB, FLOOR_DB));
    }

    #[test]
    fn too_loud_is_shown_for_a_while() {
        let mut needle = Needle::default();
        needle.follow(&Level { peak: 1.0, clipped: true }, 0.03);
        needle.follow(&Level { peak: 0.1, clipped: false }, 1.0);
        assert!(needle.is_clipped());
        needle.follow(&Level { peak: 0.1, clipped: false }, 5.0);
        assert!(!needle.is_clipped());
    }
}
