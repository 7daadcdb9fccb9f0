// SPDX-License-Identifier: MIT
//! Sockets and routers: real ones, in network namespaces of our own where those are permitted.

#[allow(dead_code)]
mod internet;
#[allow(dead_code)]
mod mapping;
mod namespace;
#[allow(dead_code)]
mod router;
mod weather;
#[allow(dead_code)]
pub mod world;
