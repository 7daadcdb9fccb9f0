// SPDX-License-Identifier: MIT
//! Where the packets of a recording go, when nobody wants a file: to whoever sends them on.

use super::output::Output;
use super::sink::Shared;
use crate::media::EncodedPacket;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// Takes what the encoders make, each packet as soon as it is made, on the encoders' threads but never on two at once.
/// What takes long here is waited for. After the first error nothing more is given.
pub trait PacketOutput: Send {
    /// One picture, or one piece of sound.
    fn packet(&mut self, packet: &EncodedPacket<'_>) -> io::Result<()>;
}

impl<F: FnMut(&EncodedPacket<'_>) -> io::Result<()> + Send> PacketOutput for F {
    fn packet(&mut self, packet: &EncodedPacket<'_>) -> io::Result<()> {
        self(packet)
    }
}

/// Gives packets to somebody's output until it has had enough.
pub fn give(output: Box<dyn PacketOutput>, shared: Arc<Shared>) -> impl Fn(&EncodedPacket<'_>) + Send + Sync {
    let output = Mutex::new(Some(output));
    move |packet| {
        let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(theirs) = output.as_mut() else { return };
        // The thread is an encoder's, which nobody else's mistake may end.
        match catch_unwind(AssertUnwindSafe(|| theirs.packet(packet))) {
            Ok(Ok(())) => return,
            Ok(Err(why)) => shared.fail(format!("the output takes no more: {why}")),
            Err(_) => shared.fail("the output has panicked"),
        }
        *output = None;
    }
}

/// The bytes of a file that nobody wants.
pub struct Nowhere;

impl Output for Nowhere {
    fn write_at(&mut self, _: u64, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}
