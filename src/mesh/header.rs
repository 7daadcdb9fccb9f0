// SPDX-License-Identifier: MIT
//! The twelve bytes that every datagram begins with.
