// SPDX-License-Identifier: MIT
//! The masters of a call are placed on one timeline, and the ruler in them says whether that is right.

mod craft;
mod decode;
mod lines;
mod odd;
mod read_back;
