// SPDX-License-Identifier: MIT
//! Where this machine can be reached, and who its router is.
