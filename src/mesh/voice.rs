// SPDX-License-Identifier: MIT
//! The voice fast path: frames in, sealed datagrams out, from the encoder's own thread.
