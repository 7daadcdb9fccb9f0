// SPDX-License-Identifier: MIT
//! Every wait has a name.
