// SPDX-License-Identifier: MIT
//! How smoothly the window runs, told a line a second to whoever asks: `HYPERZOOM_LOG=hyperzoom::ui::pulse=debug`.
//!
//! ```text
//!   {"moving":"own"}                                                  as soon as a second picture of it is painted
//!   {"longest_gap_ms":12.4,"painted":{"own":30,"1":24,"2":24}}        every second
//! ```
//!
//! The gap is how long the main loop let a question wait; a picture counts as painted when the frame that shows it is.

use gtk::prelude::{IsA, PaintableExt, WidgetExt};
use gtk::{gdk, glib};
use gtk4 as gtk;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::channel;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// Between two questions: well below what people notice, and hardly any work.
const REST: Duration = Duration::from_millis(5);

/// A main loop that is silent for so long has ended.
const PATIENCE: Duration = Duration::from_secs(30);

/// The guard: nothing is told once it is gone.
pub struct Pulse {
    painted: RefCell<Vec<Painted>>,
    longest_gap_us: Arc<AtomicU64>,
}

struct Painted {
    name: String,
    /// A picture has come that no frame has shown yet.
    fresh: Rc<Cell<bool>>,
    count: Cell<u64>,
    in_all: Cell<u64>,
}

impl Pulse {
    /// `None` unless somebody asks for it.
    pub fn start() -> Option<Rc<Pulse>> {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return None;
        }
        let longest_gap_us = Arc::new(AtomicU64::new(0));
        let asker = Arc::downgrade(&longest_gap_us);
        if let Err(why) = std::thread::Builder::new().name("pulse".into()).spawn(move || ask(&asker)) {
            tracing::debug!("gaps of the main loop are not measured: {why}");
        }
        let pulse = Rc::new(Pulse { painted: RefCell::default(), longest_gap_us });
        let weak = Rc::downgrade(&pulse);
        glib::timeout_add_seconds_local(1, move || match weak.upgrade() {
            Some(pulse) => {
                pulse.tell();
                glib::ControlFlow::Continue
            }
            None => glib::ControlFlow::Break,
        });
        Some(pulse)
    }

    /// Counts the pictures of one face.
    pub fn follow(&self, name: &str, paintable: &gdk::Paintable) {
        let fresh = Rc::new(Cell::new(false));
        let come = fresh.clone();
        paintable.connect_invalidate_contents(move |_| come.set(true));
        let painted = Painted { name: name.to_owned(), fresh, count: Cell::default(), in_all: Cell::default() };
        self.painted.borrow_mut().push(painted);
    }

    /// Looks at the frames of a window, which is about to be shown.
    pub fn watch(self: &Rc<Self>, window: &impl IsA<gtk::Widget>) {
        let weak = Rc::downgrade(self);
        window.connect_realize(move |window| {
            let (Some(clock), weak) = (window.frame_clock(), weak.clone()) else { return };
            clock.connect_after_paint(move |_| {
                if let Some(pulse) = weak.upgrade() {
                    pulse.count();
                }
            });
        });
    }

    fn count(&self) {
        for painted in self.painted.borrow().iter().filter(|painted| painted.fresh.replace(false)) {
            painted.count.set(painted.count.get() + 1);
            painted.in_all.set(painted.in_all.get() + 1);
            if painted.in_all.get() == 2 {
                tracing::debug!("{}", serde_json::json!({ "moving": painted.name }));
            }
        }
    }

    fn tell(&self) {
        let longest_gap_ms = self.longest_gap_us.swap(0, Relaxed) as f64 / 1000.0;
        let painted = self.painted.borrow();
        let painted: serde_json::Map<_, _> =
            painted.iter().map(|painted| (painted.name.clone(), painted.count.take().into())).collect();
        tracing::debug!("{}", serde_json::json!({ "longest_gap_ms": longest_gap_ms, "painted": painted }));
    }
}

/// Asks the main loop, over and over, whether it comes round.
fn ask(longest_gap_us: &Weak<AtomicU64>) {
    while let Some(longest) = longest_gap_us.upgrade() {
        let (answer, answered) = channel();
        let asked = Instant::now();
        glib::idle_add_full(glib::Priority::HIGH, move || {
            // Who asked may have lost patience: then nobody wants to know.
            let _ = answer.send(Instant::now());
            glib::ControlFlow::Break
        });
        let Ok(at) = answered.recv_timeout(PATIENCE) else { return };
        longest.fetch_max((at - asked).as_micros() as u64, Relaxed);
        drop(longest);
        std::thread::sleep(REST);
    }
}
