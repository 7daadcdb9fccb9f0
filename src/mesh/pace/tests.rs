// SPDX-License-Identifier: MIT
//! The uplink as a queue, and what waits in it.
