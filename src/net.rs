// SPDX-License-Identifier: MIT
//! Ring 2, hand: UDP. The socket, the thread that reads it, and the router's port.
//!
//! It must not know what the datagrams mean. Clock and real-time priority are arguments of the receiving thread,
//! because they belong to `media`, which is of the same ring.

pub mod addresses;
pub mod mapping;
pub mod receiver;
pub mod socket;
