// SPDX-License-Identifier: MIT
//! How smoothly the window runs, told a line a second to whoever asks: `HYPERZOOM_LOG=hyperzoom::ui::pulse=debug`.
//!
//! ```text
//!   {"moving":"own"}                                                  as soon as a second picture of it is painted
//!   {"longest_gap_ms":42.4,"longest_block_ms":12.1,"painted":{"own":30,"1":24,"2":24}}                every second
//! ```
//!
//! The gap is how long the main loop let a question wait. The block is what remains of it without the time in which its
//! thread was ready and got no processor (where the system tells that): what the program itself does or waits for. A
//! picture counts as painted when the frame that shows it is.

use gtk::prelude::{IsA, PaintableExt, WidgetExt};
use gtk::{gdk, glib};
use gtk4 as gtk;
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
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
    longest: Arc<Longest>,
}

/// Of this second, in microseconds.
#[derive(Default)]
struct Longest {
    gap_us: AtomicU64,
    block_us: AtomicU64,
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
        let longest = Arc::<Longest>::default();
        let (asker, queue) = (Arc::downgrade(&longest), Queue::of_this_thread());
        if let Err(why) = std::thread::Builder::new().name("pulse".into()).spawn(move || ask(&asker, &queue)) {
            tracing::debug!("gaps of the main loop are not measured: {why}");
        }
        let pulse = Rc::new(Pulse { painted: RefCell::default(), longest });
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
        let ms = |us: &AtomicU64| us.swap(0, Relaxed) as f64 / 1000.0;
        let (gap_ms, block_ms) = (ms(&self.longest.gap_us), ms(&self.longest.block_us));
        let painted = self.painted.borrow();
        let painted: serde_json::Map<_, _> =
            painted.iter().map(|painted| (painted.name.clone(), painted.count.take().into())).collect();
        tracing::debug!(
            "{}",
            serde_json::json!({ "longest_gap_ms": gap_ms, "longest_block_ms": block_ms, "painted": painted })
        );
    }
}

/// Asks the main loop, over and over, whether it comes round.
fn ask(longest: &Weak<Longest>, queue: &Queue) {
    while let Some(longest) = longest.upgrade() {
        let (answer, answered) = channel();
        let (asked, waited) = (Instant::now(), queue.waited());
        glib::idle_add_full(glib::Priority::HIGH, move || {
            // Who asked may have lost patience: then nobody wants to know.
            let _ = answer.send(Instant::now());
            glib::ControlFlow::Break
        });
        let Ok(at) = answered.recv_timeout(PATIENCE) else { return };
        let gap = at - asked;
        let block = gap.saturating_sub(queue.waited().saturating_sub(waited));
        longest.gap_us.fetch_max(gap.as_micros() as u64, Relaxed);
        longest.block_us.fetch_max(block.as_micros() as u64, Relaxed);
        drop(longest);
        std::thread::sleep(REST);
    }
}

/// How long a thread has stood in the queue for a processor.
struct Queue(Option<File>);

impl Queue {
    fn of_this_thread() -> Queue {
        // The link leads to the thread that reads it, so it is followed here; what is found stays that thread's.
        let thread = std::fs::read_link("/proc/thread-self").ok();
        Queue(thread.and_then(|thread| File::open(Path::new("/proc").join(thread).join("schedstat")).ok()))
    }

    /// Since the thread began; nothing where the system does not tell.
    fn waited(&self) -> Duration {
        let mut text = String::new();
        let read = self.0.as_ref().map(|mut file| file.rewind().and_then(|()| file.read_to_string(&mut text)));
        let ns = match read {
            Some(Ok(_)) => text.split(' ').nth(1).and_then(|ns| ns.parse().ok()).unwrap_or(0),
            _ => 0,
        };
        Duration::from_nanos(ns)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::Queue;
    use std::time::{Duration, Instant};

    const NAP: Duration = Duration::from_millis(20);

    #[test]
    fn whoever_sleeps_does_not_stand_in_the_queue() {
        let queue = Queue::of_this_thread();
        let (before, lay_down) = (queue.waited(), Instant::now());
        std::thread::sleep(NAP);
        let (waited, passed) = (queue.waited() - before, lay_down.elapsed());
        // Waking up may take long on a busy machine; that is waiting, the nap is not. The two clocks differ by little.
        assert!(waited <= passed - NAP + NAP / 10, "{waited:?} of {passed:?}");
    }
}
