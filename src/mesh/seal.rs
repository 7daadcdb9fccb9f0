// SPDX-License-Identifier: MIT
//! Sealing and opening datagrams: key chains, nonces, replay windows.
