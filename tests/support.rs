// SPDX-License-Identifier: MIT
//! What several test modules need; where some of them can't run, part of it is needed by nobody.

#[allow(dead_code)]
pub mod chance;
#[allow(dead_code)]
pub mod chirps;
#[allow(dead_code)]
pub mod counting;
#[cfg(unix)]
#[allow(dead_code)]
pub mod cut;
#[cfg(all(target_os = "linux", feature = "ui"))]
#[allow(dead_code)]
pub mod desktop;
#[cfg(target_os = "linux")]
#[allow(dead_code)]
pub mod hang;
#[cfg(target_os = "linux")]
#[allow(dead_code)]
pub mod light_guest;
#[cfg(unix)]
#[allow(dead_code)]
pub mod machine;
#[cfg(target_os = "linux")]
#[allow(dead_code)]
pub mod pipewire;
#[cfg(unix)]
#[allow(dead_code)]
pub mod program;
#[cfg(target_os = "linux")]
#[allow(dead_code)]
pub mod relay;
#[cfg(target_os = "linux")]
#[allow(dead_code)]
pub mod room;
pub mod ruler;
#[cfg(target_os = "linux")]
#[allow(dead_code)]
pub mod slow_disk;
#[cfg(target_os = "linux")]
#[allow(dead_code)]
pub mod talk;
