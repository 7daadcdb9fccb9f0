// SPDX-License-Identifier: MIT
//! What a receiver tells the sender about the road between them.
