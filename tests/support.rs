// SPDX-License-Identifier: MIT
//! What several test modules need.

pub mod chance;
pub mod counting;
#[cfg(unix)]
#[allow(dead_code)]
pub mod machine;
#[cfg(target_os = "linux")]
#[allow(dead_code)]
pub mod pipewire;
#[cfg(unix)]
#[allow(dead_code)]
pub mod program;
pub mod ruler;
