// SPDX-License-Identifier: MIT
//! The integration tests: a sentence a module.

/// The masters of a call on one timeline.
#[cfg(unix)]
mod align;
/// The long measurements, with their numbers; `make bench` runs them.
#[cfg(target_os = "linux")]
mod bench;
/// A machine whose clock runs wrong records as well as any other.
#[cfg(unix)]
mod bent;
/// Calls are opened, joined and left by real programs on real sockets.
#[cfg(unix)]
mod call;
/// Whatever happens in a call, the masters are what they would be without one.
#[cfg(target_os = "linux")]
mod call_master;
/// Voice is really heard, from one sound card to another, whatever becomes of them.
#[cfg(target_os = "linux")]
mod call_sound;
/// Whatever ends the program, at whatever moment, what was recorded is there.
#[cfg(unix)]
mod crash;
/// Cameras and microphones as they are in life.
#[cfg(target_os = "linux")]
mod devices;
/// Whatever becomes of the disk, the recording that exists is saved and the person is told.
#[cfg(target_os = "linux")]
mod disk;
/// Clocks that drift for two hours cost exactly the pictures that constant rate requires.
mod drift;
/// Faces: small pictures that come quickly, and stand still rather than break.
#[cfg(target_os = "linux")]
mod faces;
/// Whatever strangers and insiders send, honest people notice nothing of it.
#[cfg(unix)]
mod hostile;
/// A recorder for programs ends, goes on in the next file and gives way exactly as it was told.
#[cfg(target_os = "linux")]
mod limits;
/// A recording says how loud it is, and becomes as loud as it should be.
mod loudness;
/// Calls of two to four in simulated worlds, where everything goes wrong that can.
#[cfg(unix)]
mod mesh;
/// Files are finished in place, whoever wrote them and whatever happened to them.
mod mp4;
/// One socket, the way through the router, and a small internet to try both in.
#[cfg(target_os = "linux")]
mod net;
/// Pipelines are text that runs as pasted and can be changed.
#[cfg(unix)]
mod pipelines;
/// Voice in is heard without a lock, a wait or an allocation.
mod playout;
/// A busy machine loses nothing, a slow one says so, and an encoder that breaks leaves what it made.
#[cfg(unix)]
mod pressure;
/// A golden master keeps every promise, in other people's readers.
mod record;
/// Any other recording, from the command line.
#[cfg(unix)]
mod record_other;
/// Every other recording is what was submitted, whatever its codecs, its pauses and its callers' slips.
#[cfg(unix)]
mod recorder;
/// The test sources measure what they promise to measure.
mod ruler;
/// What several modules need: decoders, machines, real tools.
mod support;
/// Devices are exchanged while the recording goes on.
mod switch;
/// The sources keep the rules of the house.
mod tidy;
/// Voice goes from the encoder to the network without waiting for anything.
mod voice_path;
/// What a window needs: pictures to draw, levels to show, devices to exchange, recordings to list.
mod watching;
/// The app is used as a person uses it, through a screen that nobody sees.
#[cfg(all(target_os = "linux", feature = "ui"))]
mod window;
