// SPDX-License-Identifier: MIT
//! The one UDP socket, both address families, voice marked for routers that care.
