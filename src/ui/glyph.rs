// SPDX-License-Identifier: MIT
//! Small signs of `resources/icons`, drawn in the colour of the text around them. They travel inside the program: no
//! icon theme has to be installed, and no picture library that reads SVG.
//!
//! What is read of a file is the `d` of its one path, with absolute `M`, `L`, `C` and `Z` only.

use gtk::cairo;
use gtk::prelude::{ButtonExt, DrawingAreaExtManual, StyleContextExt, WidgetExt};
use gtk4 as gtk;
use std::cell::Cell;
use std::rc::Rc;

/// The side of the square that all signs are drawn in.
const SIDE: f64 = 24.0;

/// So large is a sign on a button, as text is.
const SMALL: i32 = 16;

macro_rules! glyphs {
    ($($name:ident $file:literal),* $(,)?) => {
        /// A sign.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "a sign is what its name says")]
        pub enum Glyph { $($name),* }

        impl Glyph {
            /// All of them.
            #[cfg(test)]
            const ALL: &[Glyph] = &[$(Glyph::$name),*];

            fn text(self) -> &'static str {
                match self { $(Glyph::$name => include_str!(concat!("../../resources/icons/", $file, ".svg"))),* }
            }
        }
    };
}

glyphs! {
    Microphone "microphone", MicrophoneOff "microphone-off", Camera "camera", CameraOff "camera-off", Leave "leave",
    Figures "figures", Invite "invite", Devices "devices", Headphones "headphones", Film "film", Back "back",
    Menu "menu", Close "close", Done "done", Play "play", Folder "folder", Trash "trash", Speaker "speaker",
}

impl Glyph {
    /// A small picture of it, as it stands on a button or beside words.
    pub fn small(self) -> gtk::DrawingArea {
        let area = gtk::DrawingArea::builder().content_width(SMALL).content_height(SMALL).build();
        area.set_halign(gtk::Align::Center);
        area.set_valign(gtk::Align::Center);
        Sign::new(area.clone(), self);
        area
    }

    /// A button that shows it and no words; its name for screen readers is whoever makes it to give.
    pub fn button(self) -> gtk::Button {
        let button = gtk::Button::new();
        self.on(&button);
        button
    }

    /// The button shows it from now on.
    pub fn on(self, button: &gtk::Button) {
        button.set_child(Some(&self.small()));
        button.add_css_class("image-button");
    }
}

/// A widget that shows a sign.
pub struct Sign {
    area: gtk::DrawingArea,
    shown: Rc<Cell<Glyph>>,
}

impl Sign {
    /// Draws into `area` from now on.
    pub fn new(area: gtk::DrawingArea, glyph: Glyph) -> Sign {
        let shown = Rc::new(Cell::new(glyph));
        let drawn = shown.clone();
        area.set_draw_func(move |area, context, width, height| {
            let colour = area.style_context().color();
            context.set_source_rgba(
                colour.red().into(),
                colour.green().into(),
                colour.blue().into(),
                colour.alpha().into(),
            );
            let size = f64::from(width.min(height));
            context.translate((f64::from(width) - size) / 2.0, (f64::from(height) - size) / 2.0);
            context.scale(size / SIDE, size / SIDE);
            if let Err(why) = draw(context, path_of(drawn.get().text())) {
                tracing::debug!("a sign can't be drawn: {why}");
            }
        });
        Sign { area, shown }
    }

    /// Shows another.
    pub fn show(&self, glyph: Glyph) {
        if self.shown.replace(glyph) != glyph {
            self.area.queue_draw();
        }
    }
}

/// What stands in the file's `d="..."`.
fn path_of(text: &str) -> &str {
    text.split_once(" d=\"").and_then(|(_, rest)| rest.split_once('"')).map_or("", |(path, _)| path)
}

fn draw(context: &cairo::Context, path: &str) -> Result<(), cairo::Error> {
    context.set_line_width(2.0);
    context.set_line_cap(cairo::LineCap::Round);
    context.set_line_join(cairo::LineJoin::Round);
    for step in steps(path) {
        match step {
            Step::Move([x, y]) => context.move_to(x, y),
            Step::Line([x, y]) => context.line_to(x, y),
            Step::Curve([a, b, c, d, x, y]) => context.curve_to(a, b, c, d, x, y),
            Step::Close => context.close_path(),
        }
    }
    context.stroke()
}

#[derive(Debug, PartialEq)]
enum Step {
    Move([f64; 2]),
    Line([f64; 2]),
    Curve([f64; 6]),
    Close,
}

/// The steps of a path, as far as they are understood.
fn steps(path: &str) -> Vec<Step> {
    let mut found = Vec::new();
    let mut rest = path;
    while let Some(at) = rest.find(|letter: char| letter.is_ascii_alphabetic()) {
        let letter = &rest[at..=at];
        rest = &rest[at + 1..];
        let end = rest.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(rest.len());
        let numbers: Vec<f64> = rest[..end].split_whitespace().map_while(|word| word.parse().ok()).collect();
        let step = match (letter, numbers.as_slice()) {
            ("M", [x, y]) => Step::Move([*x, *y]),
            ("L", [x, y]) => Step::Line([*x, *y]),
            ("C", [a, b, c, d, x, y]) => Step::Curve([*a, *b, *c, *d, *x, *y]),
            ("Z", []) => Step::Close,
            _ => break,
        };
        found.push(step);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Glyph, Step, path_of, steps};

    #[test]
    fn every_sign_is_understood_to_its_end() {
        for glyph in Glyph::ALL {
            let path = path_of(glyph.text());
            let letters = path.chars().filter(char::is_ascii_alphabetic).count();
            assert!(letters > 1, "{glyph:?} has a path");
            assert_eq!(steps(path).len(), letters, "{glyph:?}");
        }
    }

    #[test]
    fn a_path_ends_where_it_is_not_understood() {
        assert_eq!(steps("M1 2 L3 4 Q1 1 2 2 L5 6"), [Step::Move([1.0, 2.0]), Step::Line([3.0, 4.0])]);
    }
}
