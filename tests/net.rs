// SPDX-License-Identifier: MIT
//! Sockets and routers: real ones, in network namespaces of our own where those are permitted.

mod calls;
mod fake;
#[allow(dead_code)]
mod internet;
mod mapping;
mod namespace;
mod roads;
#[allow(dead_code)]
mod router;
mod routers;
mod socket;
pub mod weather;
#[allow(dead_code)]
pub mod world;
