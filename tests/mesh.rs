// SPDX-License-Identifier: MIT
//! Simulated calls: worlds of two to four machines, drawn from a seed, in which everything goes wrong that can.
//!
//! Read [`world`] first, then [`watch`] (what must hold at every step) and [`script`] (what happens).

mod bars;
mod clock;
mod dice;
mod explore;
mod machine;
mod program;
mod router;
mod script;
mod seeds;
mod smoke;
mod stranger;
mod watch;
mod wire;
mod world;
