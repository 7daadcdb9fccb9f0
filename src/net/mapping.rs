// SPDX-License-Identifier: MIT
//! A port of the router opened for us, kept open, and closed again.
