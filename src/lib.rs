// SPDX-License-Identifier: MIT
//! HyperZoom: a call that feels like one room, and a local master that never loses a frame.
//!
//! Two to four people talk over a mesh of sealed datagrams, see each other in a modest picture, and have one clock. Each
//! machine records its own camera and microphone into a golden master, an MP4 that no crash, full disk, unplugged device,
//! busy machine or bad network can spoil, and that can be finished in place whatever happened to it. Afterwards the
//! masters are lined up for the editor.
//!
//! # The map: five rings, imports only inward
//!
//! ```text
//!   main.rs        arguments -> face -> exit code
//!   4  cli         the command line
//!      ui          the window
//!   3  studio      the conductor and public library: a take and its devices, a recorder for programs, a call and its
//!                  people, their events
//!   2  media       hand: the only place that says GStreamer
//!      disk        hand: session folders, metadata, preferences, space, the writer, recovering, corrected sound, the
//!                  index in front, logs
//!      net         hand: one UDP socket, its receiving thread, this machine's addresses, port mapping
//!   1  mesh        engine: the wire protocol: who is in the call, and every datagram between them
//!      playout     engine: voice in: when each frame is heard, what is heard in its place, and the sum of all
//!      mp4         engine: scan, finalise, recover, inspect
//!      sync        engine: clocks, ours and the others', counted sound, constant rate, the rulers, lining up
//!   0  words       plain types that everybody speaks
//! ```
//!
//! Modules of one ring do not know each other; the conductor joins them. Engines are pure: no clock, file, thread
//! or GStreamer, time comes in as an argument, and what is to be done comes out as a value.
//!
//! # Start here, skim these
//!
//! 1. `studio/take.rs`: the one thread that owns a running recording, and its loop.
//! 2. `sync/sound.rs` and `sync/cadence.rs`: why no sample is lost and every picture lasts 1,600 of them.
//! 3. `mp4/finalise.rs`: how a file becomes an ordinary MP4 in place, openable at every instant of it.
//! 4. `mesh.rs`: the rule of its loop, and what the two fast paths are. `studio/call/conductor.rs` is the hand that
//!    turns it.
//! 5. `playout.rs` and `studio/call/sound.rs`: the way of a voice, from one real-time thread to the next.
//!
//! A golden master is a take. Every other recording is a `studio/media_recorder.rs`: `sync/feed.rs` puts what a program
//! submits in order, `media/recording.rs` makes any file of it. Further tracks, each from a source of its own, are lanes
//! beside that feed (`sync/feed/lane.rs`) and branches of that graph (`media/recording/further.rs`). What is submitted
//! comes from a program, from devices (`studio/live.rs`), or out of a file (`studio/from_file.rs`, read by
//! `media/read_file.rs`). When an encoder breaks, another goes on behind a seam in the same file (`mp4/seam.rs`).
//!
//! Afterwards `studio/align.rs` puts the masters of a call on one time line.
//!
//! The graphs themselves are text, in `pipelines/*.launch`, and `pipelines/encoders.toml` says who encodes.
//!
//! # What each must not know
//!
//! - [`words`]: anything at all beyond itself.
//! - [`sync`]: what a sample or a picture is made of; which clock the time it is given comes from.
//! - [`mp4`]: files. It asks for bytes at a place and answers with a plan of writes.
//! - [`mesh`]: sockets, clocks, and what a frame of voice or a picture is made of.
//! - [`playout`]: sockets, clocks and sound cards; what a call is.
//! - [`media`]: sessions, folders, what a recording is for.
//! - [`disk`]: GStreamer; what a session is doing.
//! - [`net`]: what the datagrams mean.
//! - [`studio`]: how anything is drawn or printed; it never waits for a device, an encoder or a disk.
//! - [`cli`]: GStreamer, threads, clocks.
//! - `ui`: GStreamer; anything that takes time happens on threads of its desk.

pub mod cli;
pub mod disk;
pub mod media;
pub mod mesh;
pub mod mp4;
pub mod net;
pub mod playout;
pub mod studio;
pub mod sync;
#[cfg(feature = "ui")]
pub mod ui;
pub mod words;
