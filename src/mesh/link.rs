// SPDX-License-Identifier: MIT
//! One pair: its keys, its roads, whether it lives.
