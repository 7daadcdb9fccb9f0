// SPDX-License-Identifier: MIT
//! Datagrams put together to pictures again.
