// SPDX-License-Identifier: MIT
//! What is plugged in, and who wants to know when that changes.
//!
//! One monitor listens for as long as the program runs. PipeWire's provider, which all monitors of a process share, frees
//! its devices before it takes leave of them when it is stopped (seen in 0.3.65: a crash sooner or later), so it is never
//! stopped.

use super::{Device, DeviceKind, list_devices};
use gst::prelude::{DeviceMonitorExt, DeviceMonitorExtManual};
use gstreamer as gst;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A headset is a speaker and a microphone, and comes in several steps: one list for all of them is enough.
const SETTLES: Duration = Duration::from_millis(150);

static MONITOR: Mutex<Option<gst::DeviceMonitor>> = Mutex::new(None);
static BELLS: Mutex<Vec<Sender<Ring>>> = Mutex::new(Vec::new());

/// What wakes a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ring {
    Changed,
    Stop,
}

/// What the servers of this machine list, whatever it is.
pub(super) fn plugged_in() -> Vec<gst::Device> {
    let mut running = locked(&MONITOR);
    if running.is_none() {
        let monitor = gst::DeviceMonitor::new();
        monitor.bus().set_sync_handler(|_, message| {
            use gst::MessageView::{DeviceAdded, DeviceChanged, DeviceRemoved};
            if matches!(message.view(), DeviceAdded(_) | DeviceChanged(_) | DeviceRemoved(_)) {
                // Whoever has stopped watching is forgotten here.
                locked(&BELLS).retain(|bell| bell.send(Ring::Changed).is_ok());
            }
            gst::BusSyncReply::Drop
        });
        match monitor.start() {
            Ok(()) => *running = Some(monitor),
            Err(e) => tracing::debug!("no provider lists devices: {e}"),
        }
    }
    running.as_ref().map(|monitor| monitor.devices().into_iter().collect()).unwrap_or_default()
}

/// The guard: nobody is told any more when it goes out of scope.
#[derive(Debug)]
pub struct DeviceWatch {
    bell: Sender<Ring>,
    thread: Option<JoinHandle<()>>,
}

impl DeviceWatch {
    /// Tells the whole list at once, and again whenever it has changed, on a thread of its own.
    pub fn start(on_change: impl Fn(Vec<Device>) + Send + 'static) -> DeviceWatch {
        let (bell, rings) = channel();
        locked(&BELLS).push(bell.clone());
        let run = move || run(&rings, &on_change);
        let thread = std::thread::Builder::new().name("devices".into()).spawn(run);
        DeviceWatch { bell, thread: Some(thread.expect("the system has a thread left")) }
    }
}

fn run(rings: &Receiver<Ring>, on_change: &impl Fn(Vec<Device>)) {
    let mut told: Vec<(DeviceKind, String, String)> = Vec::new();
    loop {
        let devices = list_devices();
        let found: Vec<_> = devices.iter().map(|d| (d.kind, d.id.clone(), d.name.clone())).collect();
        if found != told {
            told = found;
            on_change(devices);
        }
        let mut ring = rings.recv().unwrap_or(Ring::Stop);
        while ring == Ring::Changed {
            match rings.recv_timeout(SETTLES) {
                Ok(next) => ring = next,
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        if ring == Ring::Stop {
            return;
        }
    }
}

impl Drop for DeviceWatch {
    fn drop(&mut self) {
        // Its thread may have ended already.
        let _ = self.bell.send(Ring::Stop);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("whoever was told of devices has panicked");
        }
    }
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
