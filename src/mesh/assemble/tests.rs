// SPDX-License-Identifier: MIT
//! Pictures through a road that does anything.
