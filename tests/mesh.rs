// SPDX-License-Identifier: MIT
//! Simulated calls: worlds of two to five machines, drawn from a seed, in which everything goes wrong that can.
//!
//! Read `world` first, then `watch` (what must hold at every step), `script` (what happens) and `seeds` (what must be
//! so in the end). A failure prints its seed; `HYPERZOOM_SEED` lives through that world alone.
//!
//! ```text
//!   bars, clocks   what a call must reach          seeds, bench   whole lives
//!          \                                        /
//!           world: one queue of what happens next, watched by watch
//!           machine + program: the engines, driven as the product drives them
//!           wire, router, clock, dice, stranger: what lies between and around
//! ```

mod bars;
mod bench;
mod clock;
mod clocks;
mod dice;
mod homes;
mod machine;
mod program;
mod router;
mod script;
mod seeds;
mod stranger;
mod watch;
mod wire;
mod world;
