// SPDX-License-Identifier: MIT
//! The text that brings a guest to a host.
