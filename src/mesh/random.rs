// SPDX-License-Identifier: MIT
//! Random numbers from a seed that is handed in.
