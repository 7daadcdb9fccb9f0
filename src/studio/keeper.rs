// SPDX-License-Identifier: MIT
//! Keeps a device on: opens it on a thread of its own, and opens it again when it comes back. Nobody else ever
//! waits for a device.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often a device that is away is looked for.
const RETRY: Duration = Duration::from_millis(500);

/// Letting go takes a moment; a device that hangs while it opens or closes must not hold up the end of a recording.
const GOODBYE: Duration = Duration::from_secs(1);

/// What the keeper's thread is told.
#[derive(Debug, PartialEq, Eq)]
enum Order {
    /// The device said that it is gone.
    Lost,
    /// Let go of it for good.
    Stop,
}

/// Tells a keeper that its device is gone; given to whoever hears it first.
#[derive(Clone, Debug)]
pub struct LostBell(Sender<Order>);

impl LostBell {
    /// Rings.
    pub fn ring(&self) {
        // A keeper that has stopped needs no bell.
        let _ = self.0.send(Order::Lost);
    }
}

/// The guard: the device is let go when it goes out of scope.
#[derive(Debug)]
pub struct Keeper {
    orders: Sender<Order>,
    /// Disconnected when the thread is over.
    over: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Opens with `open` until that succeeds, holds what it returned until the bell rings, and begins again.
    /// `failed` hears of the first failure of each absence.
    pub fn start<G>(
        name: &str,
        open: impl Fn(LostBell) -> Result<G, String> + Send + 'static,
        failed: impl Fn(String) + Send + 'static,
    ) -> Keeper {
        let (orders, inbox) = channel();
        let (held_until_over, over) = channel();
        let bell = LostBell(orders.clone());
        let keep = move || {
            let _held = held_until_over;
            run(&inbox, &bell, &open, &failed);
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(keep);
        Keeper { orders, over, thread: Some(thread.expect("the system has a thread left")) }
    }
}

/// Lets go of devices, each on a thread of its own: closing one may take a while, and whoever says so waits for nobody.
pub fn leave(keepers: impl IntoIterator<Item = Keeper>) {
    for keeper in keepers {
        std::thread::spawn(move || drop(keeper));
    }
}

fn run<G>(
    inbox: &Receiver<Order>,
    bell: &LostBell,
    open: &impl Fn(LostBell) -> Result<G, String>,
    failed: &impl Fn(String),
) {
    let mut told = false;
    loop {
        // Bells of the device before this one mean nothing any more.
        if inbox.try_iter().any(|order| order == Order::Stop) {
            return;
        }
        // Opening runs the code of drivers and sound servers. If it panics, that device has failed, and is tried again
        // like any other; nothing of a half-opened one is used.
        let opened = catch_unwind(AssertUnwindSafe(|| open(bell.clone())));
        match opened.unwrap_or_else(|_| Err("it could not be turned on".to_owned())) {
            Ok(guard) => {
                told = false;
                if inbox.recv() != Ok(Order::Lost) {
                    return;
                }
                drop(guard);
            }
            Err(why) if !told => {
                told = true;
                failed(why);
            }
            Err(_) => {}
        }
        match inbox.recv_timeout(RETRY) {
            Ok(Order::Lost) | Err(RecvTimeoutError::Timeout) => {}
            Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // The thread may have ended already, then it needs no order.
        let _ = self.orders.send(Order::Stop);
        if self.over.recv_timeout(GOODBYE) == Err(RecvTimeoutError::Timeout) {
            // Its thread ends by itself when the device answers.
            tracing::info!("a device does not let go yet; it is left behind");
            return;
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the keeper of a device has panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Keeper;
    use std::sync::mpsc::channel;

    #[test]
    fn a_device_that_goes_is_opened_again_and_failures_are_told_once() {
        let (opened, openings) = channel();
        let (told, failures) = channel();
        let attempts = std::cell::Cell::new(0);
        let open = move |bell: super::LostBell| {
            attempts.set(attempts.get() + 1);
            if (2..4).contains(&attempts.get()) {
                return Err(format!("attempt {}", attempts.get()));
            }
            opened.send(bell).map_err(|e| e.to_string())
        };
        let keeper = Keeper::start("test", open, move |why| told.send(why).expect("the test listens"));
        openings.recv().expect("first").ring();
        openings.recv().expect("again, after two failures");
        assert_eq!(failures.try_iter().collect::<Vec<_>>(), ["attempt 2"]);
        drop(keeper);
        assert!(openings.recv().is_err(), "the keeper has let go");
    }

    #[test]
    fn a_device_whose_opening_panics_is_tried_again() {
        let (opened, openings) = channel();
        let (told, failures) = channel();
        let attempts = std::cell::Cell::new(0);
        let open = move |bell: super::LostBell| {
            attempts.set(attempts.get() + 1);
            assert!(attempts.get() > 1, "the first attempt panics, as this test wants it to");
            opened.send(bell).map_err(|e| e.to_string())
        };
        let _keeper = Keeper::start("test", open, move |why| told.send(why).expect("the test listens"));
        assert_eq!(failures.recv().as_deref(), Ok("it could not be turned on"));
        assert!(openings.recv().is_ok(), "the second attempt opens it");
    }

    #[test]
    fn a_device_that_hangs_is_left_behind() {
        let (release, held) = channel::<()>();
        let held = std::sync::Mutex::new(held);
        let (opening, opened) = channel();
        let open = move |_| {
            opening.send(()).map_err(|e| e.to_string())?;
            held.lock().expect("one thread").recv().map_err(|e| e.to_string())
        };
        let keeper = Keeper::start("test", open, |_| {});
        opened.recv().expect("it is being opened");
        let begun = std::time::Instant::now();
        drop(keeper);
        assert!(begun.elapsed() < 3 * super::GOODBYE);
        drop(release);
    }
}
