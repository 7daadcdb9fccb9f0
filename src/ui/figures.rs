// SPDX-License-Identifier: MIT
//! The figures over the pictures: for each of the others the way there and back, what is lost, what waits, and from
//! mouth to ear, each with its last minute as a line.

use super::state::{Talk, Them};
use super::words::{mark, tr};
use gtk::cairo;
use gtk::prelude::{BoxExt, DrawingAreaExt, DrawingAreaExtManual, GridExt, StyleContextExt, WidgetExt};
use gtk4 as gtk;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// A line's size in pixels.
const LINE: (i32, i32) = (90, 22);

/// Seconds that a line is wide.
const SECONDS: usize = 60;

/// What is shown of somebody: words, unit, and the least that fills the height.
const ROWS: [(&str, &str, f64); 4] = [
    (mark("Round trip"), "ms", 40.0),
    (mark("Lost"), "%", 5.0),
    (mark("Buffer"), "ms", 40.0),
    (mark("Mouth to ear"), "ms", 100.0),
];

/// The overlay.
pub struct Figures {
    list: gtk::Box,
    people: RefCell<Vec<(u8, Person)>>,
}

struct Person {
    block: gtk::Box,
    name: gtk::Label,
    rows: Vec<Row>,
}

struct Row {
    value: gtk::Label,
    line: gtk::DrawingArea,
    points: Rc<RefCell<VecDeque<f64>>>,
}

impl Figures {
    /// Fills `list`.
    pub fn new(list: gtk::Box) -> Figures {
        Figures { list, people: RefCell::default() }
    }

    /// Shows the figures, if they are wanted.
    pub fn paint(&self, talk: &Talk) {
        self.list.set_visible(talk.statistics && !talk.others.is_empty());
        if !talk.statistics {
            return;
        }
        let mut people = self.people.borrow_mut();
        people.retain(|(participant, person)| {
            let stays = talk.others.iter().any(|them| them.participant == *participant);
            if !stays {
                self.list.remove(&person.block);
            }
            stays
        });
        for them in &talk.others {
            let at = match people.iter().position(|(participant, _)| *participant == them.participant) {
                Some(at) => at,
                None => {
                    let person = Person::new();
                    self.list.append(&person.block);
                    people.push((them.participant, person));
                    people.len() - 1
                }
            };
            people[at].1.paint(them);
        }
    }
}

impl Person {
    fn new() -> Person {
        let block = gtk::Box::new(gtk::Orientation::Vertical, 2);
        let name = gtk::Label::builder().xalign(0.0).build();
        name.add_css_class("figures-name");
        block.append(&name);
        let grid = gtk::Grid::builder().column_spacing(10).build();
        block.append(&grid);
        let rows = ROWS.iter().enumerate().map(|(at, (words, _, full))| Row::new(&grid, at as i32, tr(words), *full));
        Person { rows: rows.collect(), block, name }
    }

    fn paint(&self, them: &Them) {
        self.name.set_label(&them.name);
        let trend = &them.trend;
        let figures = [&trend.rtt_ms, &trend.loss_percent, &trend.buffer_ms, &trend.mouth_to_ear_ms];
        for ((row, figures), (_, unit, _)) in self.rows.iter().zip(figures).zip(ROWS) {
            row.paint(figures, unit);
        }
    }
}

impl Row {
    fn new(grid: &gtk::Grid, at: i32, words: &str, full: f64) -> Row {
        let label = gtk::Label::builder().label(words).xalign(0.0).build();
        label.add_css_class("quiet");
        let value = gtk::Label::builder().xalign(1.0).width_chars(9).build();
        value.add_css_class("mono");
        let line = gtk::DrawingArea::new();
        line.set_content_width(LINE.0);
        line.set_content_height(LINE.1);
        let points: Rc<RefCell<VecDeque<f64>>> = Rc::default();
        let drawn = points.clone();
        line.set_draw_func(move |area, context, width, height| {
            let colour = area.style_context().color();
            context.set_source_rgba(colour.red().into(), colour.green().into(), colour.blue().into(), 0.9);
            if let Err(why) = draw(context, f64::from(width), f64::from(height), &drawn.borrow(), full) {
                tracing::debug!("a line of figures can't be drawn: {why}");
            }
        });
        grid.attach(&label, 0, at, 1, 1);
        grid.attach(&value, 1, at, 1, 1);
        grid.attach(&line, 2, at, 1, 1);
        Row { value, line, points }
    }

    fn paint(&self, figures: &VecDeque<f64>, unit: &str) {
        let words = figures.back().map_or("-".to_owned(), |figure| format!("{figure:.1} {unit}"));
        self.value.set_label(&words);
        if *self.points.borrow() != *figures {
            self.points.borrow_mut().clone_from(figures);
            self.line.queue_draw();
        }
    }
}

/// The newest stands at the right; the height is `full`, or the largest if that is more.
fn draw(
    context: &cairo::Context,
    width: f64,
    height: f64,
    points: &VecDeque<f64>,
    full: f64,
) -> Result<(), cairo::Error> {
    let top = points.iter().copied().fold(full, f64::max);
    let step = width / (SECONDS - 1) as f64;
    let left = width - step * points.len().saturating_sub(1) as f64;
    for (at, point) in points.iter().enumerate() {
        context.line_to(left + step * at as f64, height - 1.0 - (height - 2.0) * point / top);
    }
    context.set_line_width(1.5);
    context.stroke()
}
