// SPDX-License-Identifier: MIT
//! Who begins the threads that work beside the window. The window's own thread must not: whoever begins a thread waits
//! as long as a library is being loaded anywhere in the program (a plug-in of GStreamer, when a first thumbnail is
//! taken), and that was up to 70 ms.

use std::sync::mpsc::{Sender, channel};

type Work = Box<dyn FnOnce() + Send>;

/// The way to the foreman, who goes when this does. Nobody waits for what was begun: what is under way when the window
/// closes is read-only or safe to repeat.
pub struct Foreman {
    orders: Sender<(&'static str, Work)>,
}

impl Foreman {
    /// Comes.
    pub fn start() -> Foreman {
        let (orders, inbox) = channel();
        spawn("foreman", move || {
            while let Ok((name, work)) = inbox.recv() {
                spawn(name, work);
            }
        });
        Foreman { orders }
    }

    /// Has that done on a thread of its own.
    pub fn aside(&self, name: &'static str, work: impl FnOnce() + Send + 'static) {
        if self.orders.send((name, Box::new(work))).is_err() {
            tracing::error!("{name} is not done: there is no thread for it");
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    if let Err(why) = std::thread::Builder::new().name(name.into()).spawn(work) {
        tracing::error!("the system has no thread left: {why}");
    }
}
