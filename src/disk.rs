// SPDX-License-Identifier: MIT
//! Ring 2, hand: session folders, metadata, preferences, free space, and the thread that writes a master so that what it has
//! written stays written.
//!
//! It must not know where bytes come from (media) nor what a session is doing (studio).

pub mod cache;
pub mod fast_start;
pub mod folder;
pub mod log_file;
pub mod metadata;
pub mod preferences;
pub mod repair;
mod replace;
pub mod session;
pub mod space;
pub mod spool;
pub mod torn;
pub mod wav;
pub mod writer;

pub use folder::{Place, PlaceError};
pub use metadata::Metadata;
pub use preferences::{Preferences, Theme};
pub use replace::put_over;
pub use spool::{Spool, SpoolReader};
pub use writer::{Piece, Writer, WriterError};
