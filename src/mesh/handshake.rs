// SPDX-License-Identifier: MIT
//! The key agreement of a pair, and the cookie that comes before it.
