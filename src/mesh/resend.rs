// SPDX-License-Identifier: MIT
//! Key frames kept for those who ask again.
