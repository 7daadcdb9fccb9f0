// SPDX-License-Identifier: MIT
//! The recording of a call: stands by with its devices on, begins when somebody is there, and from then on depends on
//! nothing that the network does.

use super::order::Order;
use crate::studio::event::Event;
use crate::studio::recorder::{Recorder, Stopper};
use crate::studio::settings::Settings;
use crate::studio::take::StandBy;
use crate::studio::take::call::{CallNews, Slate};
use std::sync::mpsc::Sender;
use std::thread::{JoinHandle, Thread};

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    StandingBy,
    Rolling,
    Over,
}

/// The guard: dropping it waits until the file is finished.
#[derive(Debug)]
pub struct Tape {
    recorder: Stopper,
    state: State,
    listener: Option<JoinHandle<()>>,
}

impl Tape {
    /// Turns the devices on. What the recorder tells comes as orders to the conductor.
    pub fn load(settings: Settings, stand_by: StandBy, orders: Sender<Order>, conductor: Thread) -> Tape {
        let recorder = Recorder::stand_by(settings, stand_by);
        let stopper = recorder.stopper();
        let listen = move || {
            for event in recorder.events() {
                // A call that is over hears nothing any more; the file is finished all the same.
                let _ = orders.send(Order::Taped(Some(event)));
                conductor.unpark();
            }
            drop(recorder);
            let _ = orders.send(Order::Taped(None));
            conductor.unpark();
        };
        let listener = std::thread::Builder::new().name("tape".into()).spawn(listen);
        let listener = Some(listener.expect("the system has a thread left"));
        Tape { recorder: stopper, state: State::StandingBy, listener }
    }

    /// Steers it from elsewhere.
    pub fn recorder(&self) -> Stopper {
        self.recorder.clone()
    }

    /// Begins to record, the first time.
    pub fn roll(&mut self, slate: Slate) {
        if self.state == State::StandingBy {
            self.state = State::Rolling;
            self.recorder.news(CallNews::Roll(Box::new(slate)));
        }
    }

    /// Whether it records.
    pub fn rolls(&self) -> bool {
        self.state == State::Rolling
    }

    /// Whether there is nothing more to wait for.
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// Tells it what happens in the call.
    pub fn news(&self, news: CallNews) {
        self.recorder.news(news);
    }

    /// Ends it; it finishes its file.
    pub fn stop(&self) {
        self.recorder.stop();
    }

    /// What its listener said.
    pub fn heard(&mut self, event: Option<&Event>) {
        if event.is_none() {
            self.state = State::Over;
        }
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        self.recorder.stop();
        if let Some(listener) = self.listener.take()
            && listener.join().is_err()
        {
            tracing::error!("the recording's listener has panicked");
        }
    }
}
