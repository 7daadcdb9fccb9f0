// SPDX-License-Identifier: MIT
//! Ring 2, hand: session folders, metadata, free space, and the thread that writes a master so that what it has
//! written stays written.
//!
//! It must not know where bytes come from (media) nor what a session is doing (studio).

pub mod folder;
pub mod metadata;
pub mod repair;
pub mod session;
pub mod space;
pub mod wav;
pub mod writer;

pub use folder::{Place, PlaceError};
pub use metadata::Metadata;
pub use writer::{Piece, Writer, WriterError};
