// SPDX-License-Identifier: MIT
//! Who is in the call.
