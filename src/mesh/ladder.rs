// SPDX-License-Identifier: MIT
//! What to give up, and when to take it back, when a road is narrow.
