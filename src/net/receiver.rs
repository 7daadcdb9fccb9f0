// SPDX-License-Identifier: MIT
//! The real-time thread that receives everything.
