// SPDX-License-Identifier: MIT
//! What the receiving thread counts about voice.
