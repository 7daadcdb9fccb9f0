// SPDX-License-Identifier: MIT
//! Pictures cut into datagrams.
