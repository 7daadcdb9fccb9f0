// SPDX-License-Identifier: MIT
//! A guest that costs its machine next to nothing: the protocol, the sockets and the datagrams are the product's, but
//! its pictures were encoded before the call, its voice is silence, and it records and plays nothing. Three of them
//! beside a host leave it the machine almost as if they were elsewhere.

use gstreamer as gst;
use gstreamer::prelude::{Cast, ElementExt, GstBinExt};
use gstreamer_app as gst_app;
use hyperzoom::media;
use hyperzoom::mesh::event::{Input, Output};
use hyperzoom::mesh::inbound::Arrival;
use hyperzoom::mesh::{Fast, JoinSettings, Mesh};
use hyperzoom::words::Mono;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// One frame of voice.
const SLOT_NS: i64 = 5_000_000;
const SLOT_SAMPLES: usize = 240;
const PICTURE_NS: i64 = 1_000_000_000 / 24;
/// More than any datagram of ours has.
const DATAGRAM: usize = 2_048;

/// Two seconds of a picture, which go round and round.
pub struct Film(Vec<(bool, Vec<u8>)>);

impl Film {
    /// Something that moves everywhere, so that the bitrate of a call is used up.
    pub fn shoot() -> Film {
        media::start().expect("GStreamer is installed");
        let graph = gst::parse::launch(
            "videotestsrc num-buffers=48 pattern=zone-plate kx2=20 ky2=20 kt=1 \
             ! video/x-raw,format=I420,width=854,height=480,framerate=24/1 \
             ! vp8enc deadline=1 cpu-used=8 end-usage=cbr target-bitrate=400000 keyframe-max-dist=48 \
             ! appsink name=film sync=false",
        );
        let graph = graph.expect("GStreamer's plugins are installed").downcast::<gst::Pipeline>().expect("a pipeline");
        let sink = graph.by_name("film").and_then(|sink| sink.downcast::<gst_app::AppSink>().ok()).expect("a sink");
        graph.set_state(gst::State::Playing).expect("it plays");
        let mut pictures = Vec::new();
        while let Ok(sample) = sink.pull_sample() {
            let buffer = sample.buffer().expect("a sample has one");
            let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
            pictures.push((key, buffer.map_readable().expect("memory").to_vec()));
        }
        graph.set_state(gst::State::Null).expect("it ends");
        assert!(pictures.len() == 48 && pictures[0].0, "two seconds that begin with a key frame");
        Film(pictures)
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

fn stay(settings: JoinSettings, film: &Film, over: &AtomicBool) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let mut now = media::now();
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&now.0.to_be_bytes());
    seed[8..10].copy_from_slice(&socket.local_addr().expect("it is bound").port().to_be_bytes());
    let (mut mesh, Fast { mut voice, mut inbound }) = Mesh::join(settings, seed, now);
    let candidates = socket.local_addr().into_iter().collect();
    tell(&mut mesh, Input::Candidates(candidates), &socket, now);
    let silence = silence();
    let (mut slot_due, mut picture_due, mut pictures) = (now, now, film.0.iter().cycle());
    let mut datagram = [0; DATAGRAM];
    while !over.load(Ordering::Relaxed) {
        if slot_due.since(now) <= 0 {
            voice.frame(&silence, now, &mut |to, bytes| drop(socket.send_to(bytes, to))).expect("silence is short");
            slot_due = slot_due.offset(SLOT_NS);
        }
        if picture_due.since(now) <= 0 {
            let (key, bytes) = pictures.next().expect("it goes round");
            tell(&mut mesh, Input::Picture { key: *key, layer: 0, taken: Some(now), bytes }, &socket, now);
            picture_due = picture_due.offset(PICTURE_NS);
        }
        let until = tell(&mut mesh, Input::Timeout, &socket, now).min(slot_due).min(picture_due);
        let nap = until.since(media::now()).max(100_000) as u64;
        socket.set_read_timeout(Some(Duration::from_nanos(nap))).expect("more than nothing");
        let received = socket.recv_from(&mut datagram);
        now = media::now();
        let Ok((length, from)) = received else { continue };
        let (arrival, moved) = inbound.take(&mut datagram[..length], from, now);
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

/// Tells the engine something, and does what it says then until it wants to wait.
fn tell(mesh: &mut Mesh, input: Input<'_>, socket: &UdpSocket, now: Mono) -> Mono {
    mesh.handle(input, now);
    loop {
        match mesh.poll() {
            // What can't be sent is lost, as on any line.
            Output::Send { to, bytes } => drop(socket.send_to(&bytes, to)),
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
