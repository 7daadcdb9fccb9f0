// SPDX-License-Identifier: MIT
//! Other people's programs, which make files for us and read ours back.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs a program; `None`, and one line, if it is not installed. Panics if it fails.
pub fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let output = match Command::new(program).args(arguments).stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(_) => {
            println!("skipped: {program} is not installed");
            return None;
        }
    };
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?} failed: {told}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A folder that goes away with the test.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("the system has room for temporary files")
}

/// Makes a file with ffmpeg from test pictures and two kinds of sound. `what` goes between inputs and name.
pub fn ffmpeg(folder: &Path, name: &str, seconds: &str, what: &str) -> Option<PathBuf> {
    let path = folder.join(name);
    let inputs = "-v error -y -f lavfi -i testsrc=s=96x64:r=30 -f lavfi -i sine=440:r=48000 -threads 1 -t";
    let arguments: Vec<&str> = inputs.split(' ').chain([seconds]).chain(what.split(' ')).collect();
    let mut arguments = arguments;
    arguments.push(path.to_str().expect("test paths are plain"));
    run("ffmpeg", &arguments)?;
    Some(path)
}

/// A packet as ffprobe sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Packet {
    pub stream: u32,
    pub pts: i64,
    pub dts: i64,
    pub duration: i64,
    pub size: u64,
    pub key: bool,
    pub hash: String,
}

/// All packets of a file, a stream after the other; `None` without ffprobe or if it refuses the file.
pub fn packets(path: &Path) -> Option<Vec<Packet>> {
    let fields = "packet=stream_index,pts,dts,duration,size,flags,data_hash";
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", fields, "-show_data_hash", "md5", "-of", "compact=p=0"])
        .arg(path)
        .output();
    let output = output.ok().filter(|output| output.status.success())?;
    // Side data breaks the line of a packet in two.
    let text = String::from_utf8_lossy(&output.stdout).replace("\n|", "|");
    let mut packets: Vec<Packet> = text.lines().filter_map(packet).collect();
    packets.sort_by_key(|packet| packet.stream);
    // A fragment may begin later than the one before it ended. A table can only say so by a longer sample, so what
    // counts as duration is the distance to the next decoding time; of the last, readers say what they guess.
    for index in 1..packets.len() {
        let next = (packets[index].stream, packets[index].dts);
        let packet = &mut packets[index - 1];
        packet.duration = if packet.stream == next.0 { next.1.saturating_sub(packet.dts) } else { 0 };
    }
    if let Some(last) = packets.last_mut() {
        last.duration = 0;
    }
    Some(packets)
}

fn packet(line: &str) -> Option<Packet> {
    let mut packet =
        Packet { stream: 0, pts: i64::MIN, dts: i64::MIN, duration: 0, size: 0, key: false, hash: String::new() };
    for (key, value) in line.split('|').filter_map(|field| field.split_once('=')) {
        match key {
            "stream_index" => packet.stream = value.parse().ok()?,
            "pts" => packet.pts = value.parse().unwrap_or(i64::MIN),
            "dts" => packet.dts = value.parse().unwrap_or(i64::MIN),
            "duration" => packet.duration = value.parse().unwrap_or(0),
            "size" => packet.size = value.parse().ok()?,
            "flags" => packet.key = value.starts_with('K'),
            "data_hash" => packet.hash = value.to_owned(),
            _ => {}
        }
    }
    (packet.size > 0 || !packet.hash.is_empty()).then_some(packet)
}

/// The first packet that differs, in words.
pub fn difference(before: &[Packet], after: &[Packet]) -> Option<String> {
    let pair = before.iter().zip(after).position(|(a, b)| a != b);
    match pair {
        Some(index) => Some(format!("packet {index}: {:?} became {:?}", before[index], after[index])),
        None if before.len() != after.len() => Some(format!("{} packets became {}", before.len(), after.len())),
        None => None,
    }
}
