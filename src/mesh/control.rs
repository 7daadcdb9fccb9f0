// SPDX-License-Identifier: MIT
//! Control messages as bytes.
