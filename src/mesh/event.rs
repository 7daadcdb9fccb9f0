// SPDX-License-Identifier: MIT
//! What the mesh tells.
