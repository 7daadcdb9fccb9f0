// SPDX-License-Identifier: MIT
//! Ring 2, hand: UDP. The socket, the thread that reads it, and the router's port.

pub mod addresses;
pub mod mapping;
pub mod receiver;
pub mod socket;
