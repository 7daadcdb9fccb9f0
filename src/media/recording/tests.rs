// SPDX-License-Identifier: MIT
//! Every file is read back by somebody else's reader.

mod ends;
mod inputs;
mod made;
mod matrix;
mod read;
