// SPDX-License-Identifier: MIT
//! The receiving fast path: datagrams in, opened voice out, the rest handed on.
