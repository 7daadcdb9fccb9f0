// SPDX-License-Identifier: MIT
//! Ring 1, engine: the wire protocol. Who is in the call, and every datagram between them.

pub mod assemble;
pub mod control;
pub mod door;
pub mod event;
pub mod fragment;
pub mod handshake;
pub mod header;
pub mod inbound;
pub mod invite;
pub mod ladder;
pub mod link;
pub mod pace;
pub mod random;
pub mod report;
pub mod resend;
pub mod road;
pub mod roster;
pub mod seal;
pub mod tally;
pub mod timer;
pub mod voice;
