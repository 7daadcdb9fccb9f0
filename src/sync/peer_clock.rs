// SPDX-License-Identifier: MIT
//! How a peer's clock runs against ours, from the four time stamps of each ping.
