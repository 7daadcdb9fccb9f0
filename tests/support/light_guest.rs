// SPDX-License-Identifier: MIT
//! A guest that costs its machine next to nothing: the protocol, the sockets and the datagrams are the product's, but
//! its pictures were encoded before the call, its voice is silence, and it records and plays nothing. Three of them
//! beside a host leave it the machine almost as if they were elsewhere.

use hyperzoom::media::{self, Camera, CameraSignal, Device, DeviceKind, Encoded, FaceOut, FaceSignal};
use hyperzoom::mesh::event::{Event, Input, Output};
use hyperzoom::mesh::inbound::Arrival;
use hyperzoom::mesh::{Fast, JoinSettings, Mesh};
use hyperzoom::words::{Mono, Rate, Size};
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// One frame of voice.
const SLOT_NS: i64 = 5_000_000;
const SLOT_SAMPLES: usize = 240;
const PICTURE_NS: i64 = 1_000_000_000 / 24;
/// More than any datagram of ours has.
const DATAGRAM: usize = 2_048;

/// The test camera as it travels in a call, from one key frame to the next: it goes round and round.
pub struct Film(Vec<Encoded>);

impl Film {
    /// Takes a few seconds.
    pub fn shoot() -> Film {
        media::start().expect("GStreamer is installed");
        let (give, encoded) = channel();
        let give = Mutex::new(give);
        let face = FaceOut::start(move |signal| {
            if let FaceSignal::Encoded(picture) = signal {
                // Whoever has enough does not listen any more.
                let _ = give.lock().expect("nobody panics").send(picture);
            }
        });
        let face = face.expect("its text is built in");
        let shown = move |signal| {
            if let CameraSignal::Picture(picture) = signal {
                face.take(&picture);
            }
        };
        let size = Size { width: 854, height: 480 };
        let camera = Camera::open(&Device::test(DeviceKind::Camera), None, (size, Rate::whole(24)), shown);
        let _camera = camera.expect("it is built in");
        let mut pictures: Vec<Encoded> = Vec::new();
        loop {
            let picture = encoded.recv_timeout(Duration::from_secs(10)).expect("pictures go on");
            match pictures.len() {
                0 if !picture.key => {}
                1.. if picture.key => return Film(pictures),
                _ => pictures.push(picture),
            }
        }
    }
}

/// The guard: it is gone, without a word, when it goes out of scope.
pub struct LightGuest {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl LightGuest {
    /// Comes in, and stays.
    pub fn join(invite: &str, name: &str, film: Arc<Film>) -> LightGuest {
        let settings = JoinSettings { name: name.to_owned(), invite: invite.parse().expect("an invite") };
        let over = Arc::new(AtomicBool::new(false));
        let told = over.clone();
        let thread = std::thread::spawn(move || stay(settings, &film, &told));
        LightGuest { over, thread: Some(thread) }
    }
}

impl Drop for LightGuest {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            eprintln!("a light guest has panicked");
        }
    }
}

fn stay(settings: JoinSettings, film: &Film, over: &Arc<AtomicBool>) {
    // The host is on this machine, too.
    let here = settings.invite.addresses[0].ip();
    let socket = UdpSocket::bind((here, 0)).expect("a free port");
    let mut now = media::now();
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&now.0.to_be_bytes());
    seed[8..10].copy_from_slice(&socket.local_addr().expect("it is bound").port().to_be_bytes());
    let (mut mesh, Fast { mut voice, mut inbound }) = Mesh::join(settings, seed, now);
    let candidates = socket.local_addr().into_iter().collect();
    tell(&mut mesh, Input::Candidates(candidates), &socket, now);
    let silence = silence();
    let (mut slot_due, mut picture_due, mut pictures) = (now, now, film.0.iter().cycle());
    let arrivals = listen(&socket, over.clone());
    while !over.load(Ordering::Relaxed) {
        if slot_due.since(now) <= 0 {
            voice.frame(&silence, now, &mut |to, bytes| drop(socket.send_to(bytes, to))).expect("silence is short");
            slot_due = slot_due.offset(SLOT_NS);
        }
        if picture_due.since(now) <= 0 {
            let Encoded { key, layer, bytes, .. } = pictures.next().expect("it goes round");
            tell(&mut mesh, Input::Picture { key: *key, layer: *layer, taken: Some(now), bytes }, &socket, now);
            picture_due = picture_due.offset(PICTURE_NS);
        }
        let until = tell(&mut mesh, Input::Timeout, &socket, now).min(slot_due).min(picture_due);
        let nap = until.since(media::now()).max(0) as u64;
        let arrived = arrivals.recv_timeout(Duration::from_nanos(nap));
        now = media::now();
        let Ok((mut datagram, from)) = arrived else { continue };
        let (arrival, moved) = inbound.take(&mut datagram, from, now);
        let input = match arrival {
            Arrival::Clear { header, body } => Some(Input::Clear { from, header, body }),
            Arrival::Opened { peer, link, header, sequence, payload } => {
                Some(Input::Opened { peer, link, from, header, sequence, payload, at: now })
            }
            Arrival::Voice { .. } | Arrival::Dropped(_) => None,
        };
        let moved = moved.map(|(peer, link)| Input::Moved { peer, link, from });
        for input in input.into_iter().chain(moved) {
            tell(&mut mesh, input, &socket, now);
        }
    }
}

/// What comes in, by a channel: that is waited for to within a fraction of a millisecond, while a socket's own timeout
/// comes up to two ticks of the kernel late. Who paces a datagram every 5 ms would send key frames at half their speed.
fn listen(socket: &UdpSocket, over: Arc<AtomicBool>) -> Receiver<(Vec<u8>, SocketAddr)> {
    let socket = socket.try_clone().expect("one more handle");
    socket.set_read_timeout(Some(Duration::from_millis(100))).expect("more than nothing");
    let (give, arrivals) = channel();
    std::thread::spawn(move || {
        let mut datagram = [0; DATAGRAM];
        while !over.load(Ordering::Relaxed) {
            let Ok((length, from)) = socket.recv_from(&mut datagram) else { continue };
            if give.send((datagram[..length].to_vec(), from)).is_err() {
                break;
            }
        }
    });
    arrivals
}

/// Tells the engine something, and does what it says then until it wants to wait.
fn tell(mesh: &mut Mesh, input: Input<'_>, socket: &UdpSocket, now: Mono) -> Mono {
    mesh.handle(input, now);
    loop {
        match mesh.poll() {
            // What can't be sent is lost, as on any line.
            Output::Send { to, bytes } => drop(socket.send_to(&bytes, to)),
            // Pictures are stamped in session time; the first guess of it does for somebody who only sends.
            Output::Happened(Event::Joined { line, .. }) => mesh.handle(Input::Session(line), now),
            Output::Happened(_) => {}
            Output::Wait { until, .. } => return until,
        }
    }
}

fn silence() -> Vec<u8> {
    let mut encoder = opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::LowDelay).expect("libopus");
    encoder.set_bitrate(opus::Bitrate::Bits(32_000)).expect("a bitrate");
    encoder.set_vbr(false).expect("constant bitrate");
    let mut frame = vec![0; DATAGRAM];
    let length = encoder.encode_float(&[0.0; SLOT_SAMPLES], &mut frame).expect("5 ms");
    frame.truncate(length);
    frame
}

#[test]
fn a_light_guest_is_heard_and_seen() {
    let mut command = super::program::command();
    let home = tempfile::tempdir().expect("a folder");
    command.args(["host", "--json", "--no-port-mapping", "--bind", "127.0.0.1", "--camera", "off", "--mic", "test"]);
    command.args(["--speaker", "off", "--name", "host", "--recordings"]).arg(home.path());
    command.stdin(std::process::Stdio::piped());
    let mut host = super::program::Program::start(command);
    let invite = host.await_event("invite")["invite"].as_str().expect("a text").to_owned();
    let _guest = LightGuest::join(&invite, "guest", Arc::new(Film::shoot()));
    host.await_that("its voice", |event| {
        event["peers"][0]["voice"]["frames"].as_u64().is_some_and(|frames| frames > 0)
    });
    host.await_event("peer-seen");
}
