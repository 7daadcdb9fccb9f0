// SPDX-License-Identifier: MIT
//! How GTK should paint on this machine. Without a graphics card its usual way through OpenGL is imitated by the
//! processor, which cost 137 % of a core for one preview where painting plainly costs 12.

use std::path::Path;

const RENDERER: &str = "GSK_RENDERER";

/// Chooses plain painting where there is no graphics card. To be asked before GTK starts, and before any thread does.
pub fn choose() {
    let threads = std::fs::read_dir("/proc/self/task").map_or(usize::MAX, Iterator::count);
    if cfg!(target_os = "linux")
        && threads == 1
        && std::env::var_os(RENDERER).is_none()
        && !has_card(Path::new("/dev/dri"))
    {
        // SAFETY: this is the process's only thread, so nobody reads the environment meanwhile.
        unsafe { std::env::set_var(RENDERER, "cairo") };
    }
}

/// Whether something there can render.
fn has_card(devices: &Path) -> bool {
    let entries = std::fs::read_dir(devices).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with("renderD"))
}

#[cfg(test)]
mod tests {
    use super::has_card;

    #[test]
    fn a_card_is_one_that_renders() {
        let devices = tempfile::tempdir().expect("a folder");
        std::fs::write(devices.path().join("card0"), b"").expect("written");
        assert!(!has_card(devices.path()));
        std::fs::write(devices.path().join("renderD128"), b"").expect("written");
        assert!(has_card(devices.path()));
        assert!(!has_card(&devices.path().join("nowhere")));
    }
}
