// SPDX-License-Identifier: MIT
//! The addresses at which a peer may be reached.
