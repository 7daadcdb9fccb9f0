// SPDX-License-Identifier: MIT
//! The router's port, held by a thread of its own: the router's languages need an event loop, the conductor does not.

use crate::net::mapping::{Mapping, Patience, Progress};
use std::num::NonZeroU16;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// The guard: dropping it closes the port, and waits for that as long as a router deserves.
#[derive(Debug)]
pub struct Gate {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Gate {
    /// Begins to open it; `tell` hears of every turn.
    pub fn open(port: NonZeroU16, tell: impl FnMut(Progress) + Send + 'static) -> std::io::Result<Gate> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let hold = move || {
            runtime.block_on(async {
                let mapping = Mapping::open(runtime.handle(), port, Patience::default(), tell);
                // A guard that is gone without a word wants the same.
                let _ = stopped.await;
                mapping.close().await;
            });
        };
        let thread = std::thread::Builder::new().name("router".into()).spawn(hold)?;
        Ok(Gate { stop: Some(stop), thread: Some(thread) })
    }

    /// Begins to close it; dropping waits for the end.
    pub fn begin_to_close(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended.
            let _ = stop.send(());
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.begin_to_close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the router's thread has panicked");
        }
    }
}
