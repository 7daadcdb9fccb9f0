// SPDX-License-Identifier: MIT
//! A disk of a few megabytes that only this test sees: a tmpfs in a mount namespace, reached from outside through
//! the process that holds it.

use hyperzoom::disk::space::free_bytes;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The disk; gone with everything on it when it goes out of scope.
#[derive(Debug)]
pub struct SmallDisk {
    holder: Child,
    path: PathBuf,
    _mount_point: tempfile::TempDir,
}

impl SmallDisk {
    /// A disk of `megabytes`, or a line that says why there is none.
    pub fn of(megabytes: u64) -> Option<SmallDisk> {
        let mount_point = tempfile::tempdir().expect("a folder");
        let script = r#"mount -t tmpfs -o size="$1"m,mode=700 none "$0" && echo mounted && exec cat"#;
        // SAFETY: asks and changes nothing.
        let flags = if unsafe { libc::geteuid() } == 0 { "-m" } else { "-rm" };
        let holder = Command::new("unshare")
            .args([flags, "sh", "-c", script])
            .arg(mount_point.path())
            .arg(megabytes.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut holder) = holder else { return skipped("unshare is not installed") };
        let mut line = String::new();
        let answer = BufReader::new(holder.stdout.take().expect("it was piped")).read_line(&mut line);
        let inside = mount_point.path().strip_prefix("/").expect("temporary folders have whole paths");
        let path = Path::new("/proc").join(holder.id().to_string()).join("root").join(inside);
        let disk = SmallDisk { holder, path, _mount_point: mount_point };
        match answer {
            Ok(_) if line == "mounted\n" && free_bytes(&disk.path).is_ok() => Some(disk),
            _ => skipped("this system lets us have no disk of our own (mount namespaces are forbidden)"),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Another program fills the disk until so many bytes are left; 0 is to the last byte.
    pub fn fill(&self, leave: u64) {
        let mut file = File::create(self.path.join("of-another-program")).expect("room for a name");
        let block = [0xa5; 64 << 10];
        loop {
            let room = free_bytes(&self.path).expect("it is there").saturating_sub(leave).min(block.len() as u64);
            // At the very end every byte counts; the last block may be shared by nobody.
            match file.write(&block[..(room as usize).max(usize::from(leave == 0))]) {
                Ok(0) => return,
                Ok(_) => {}
                Err(e) if e.kind() == ErrorKind::StorageFull => return,
                Err(e) => panic!("the disk fails: {e}"),
            }
        }
    }
}

fn skipped(why: &str) -> Option<SmallDisk> {
    println!("SKIPPED: {why}");
    None
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Its mounts end with it.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
