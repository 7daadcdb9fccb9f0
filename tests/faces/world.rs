// SPDX-License-Identifier: MIT
//! Two ends of a call in one process, with a wire between them that may drop what it likes, and no sockets.

use hyperzoom::media::{
    self, CameraSignal, Device, DeviceKind, Encoded, FaceOut, FaceSignal, FarFace, FarSignal, Picture,
};
use hyperzoom::sync::ruler::{Grid, read_number};
use hyperzoom::words::{Mono, Rate, Size};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const HD: Size = Size { width: 1280, height: 720 };

/// The camera's rate.
pub const CAMERA_FPS: u32 = 30;

/// Whatever takes longer than this does not happen any more.
pub const SOON: Duration = Duration::from_secs(15);

/// The test camera, running.
pub struct Camera(#[allow(dead_code)] media::Camera);

impl Camera {
    /// Gives its pictures to our end.
    pub fn on(size: Size, out: Arc<Out>) -> Camera {
        let give = move |signal| match signal {
            CameraSignal::Picture(picture) => {
                out.take(&picture);
                let _ = out.seen.lock().expect("nobody panicked").send(picture);
            }
            CameraSignal::Lost(why) => panic!("the test camera is lost: {why}"),
        };
        let test = Device::test(DeviceKind::Camera);
        Camera(media::Camera::open(&test, None, (size, Rate::whole(CAMERA_FPS)), give).expect("it is built in"))
    }
}

/// Our end, and what the camera has shown it.
pub struct Out {
    face: FaceOut,
    seen: Mutex<Sender<Picture>>,
}

impl std::ops::Deref for Out {
    type Target = FaceOut;
    fn deref(&self) -> &FaceOut {
        &self.face
    }
}

/// A picture that was shown.
#[derive(Debug)]
pub struct Shown {
    pub captured: Mono,
    pub size: Size,
    pub number: Option<u32>,
    /// From the moment at which the camera's frame begins, by its number, to the display.
    pub latency_ms: f64,
    pub picture: Picture,
}

impl Shown {
    fn of(picture: Picture) -> Shown {
        let now = media::now();
        let look = picture.look(|plane| (plane.size, read_number(plane.luma, plane.size, plane.stride)));
        let (size, number) = look.expect("decoded pictures have a brightness");
        let begun = number.map(|number| Grid::new(Rate::whole(CAMERA_FPS), 0.0).begin(u64::from(number)));
        let latency_ms = begun.map_or(f64::NAN, |begun| now.since(begun) as f64 / 1e6);
        Shown { captured: picture.at, size, number, latency_ms, picture }
    }

    pub fn luma(&self) -> Vec<u8> {
        luma(&self.picture)
    }
}

/// The visible brightness.
pub fn luma(picture: &Picture) -> Vec<u8> {
    let rows = picture.look(|plane| {
        let (width, height) = (plane.size.width as usize, plane.size.height as usize);
        plane.luma.chunks(plane.stride).take(height).flat_map(|row| row[..width].to_vec()).collect()
    });
    rows.expect("decoded pictures have a brightness")
}

/// A far face alone, and what it shows.
pub struct Display {
    pub far: FarFace,
    shown: Receiver<Shown>,
}

impl Display {
    pub fn open() -> Display {
        media::start().expect("GStreamer is installed");
        let (tell, shown) = channel();
        let tell = Mutex::new(tell);
        let on_signal = move |signal| match signal {
            FarSignal::Shown(picture) => {
                let shown = Shown::of(picture);
                let _ = tell.lock().expect("nobody panicked").send(shown);
            }
            FarSignal::Failed(trouble) => panic!("{trouble}"),
        };
        Display { far: FarFace::start(on_signal).expect("its text is built in"), shown }
    }

    /// Gives it one picture and waits until it is shown; `None` if it is not decoded.
    pub fn decode(&self, picture: &Encoded) -> Option<Shown> {
        let before = self.far.latest().map(|latest| latest.at);
        let asks = self.far.picture(&picture.bytes, picture.key, picture.captured);
        if asks {
            return None;
        }
        // What the gate skips never comes, and what it lets through always does.
        let shown = self.shown.recv_timeout(Duration::from_millis(400)).ok()?;
        assert_ne!(Some(shown.captured), before);
        Some(shown)
    }
}

/// Both ends.
pub struct Ends {
    pub out: Arc<Out>,
    pub far: Arc<FarFace>,
    shown: Receiver<Shown>,
    encoded: Receiver<Encoded>,
    seen: Receiver<Picture>,
}

impl Ends {
    /// The wire carries those pictures of which `carries` says so; wishes for key frames travel at once.
    pub fn open(carries: impl FnMut(&Encoded) -> bool + Send + 'static) -> Ends {
        media::start().expect("GStreamer is installed");
        let ((tell, shown), (log, encoded), (see, seen)) = (channel(), channel(), channel());
        let tell = Mutex::new(tell);
        let on_far = move |signal| match signal {
            FarSignal::Shown(picture) => {
                let _ = tell.lock().expect("nobody panicked").send(Shown::of(picture));
            }
            FarSignal::Failed(trouble) => panic!("{trouble}"),
        };
        let far = Arc::new(FarFace::start(on_far).expect("its text is built in"));
        let wire = Mutex::new((carries, log));
        let (wants_key, wanted) = channel::<()>();
        let wants_key = Mutex::new(wants_key);
        let theirs = far.clone();
        let on_out = move |signal| match signal {
            FaceSignal::Encoded(picture) => {
                let mut wire = wire.lock().expect("nobody panicked");
                let carried = (wire.0)(&picture);
                if carried && theirs.picture(&picture.bytes, picture.key, picture.captured) {
                    let _ = wants_key.lock().expect("nobody panicked").send(());
                }
                let _ = wire.1.send(picture);
            }
            FaceSignal::Failed(trouble) => panic!("{trouble}"),
        };
        let face = FaceOut::start(on_out).expect("its text is built in");
        let out = Arc::new(Out { face, seen: Mutex::new(see) });
        let asked = Arc::downgrade(&out);
        std::thread::spawn(move || {
            while wanted.recv().is_ok() {
                let Some(out) = asked.upgrade() else { return };
                out.want_key();
            }
        });
        Ends { out, far, shown, encoded, seen }
    }

    pub fn await_shown(&self) -> Shown {
        self.shown.recv_timeout(SOON).expect("a picture is shown")
    }

    pub fn await_encoded(&self) -> Encoded {
        self.encoded.recv_timeout(SOON).expect("a picture is encoded")
    }

    pub fn await_camera(&self) -> Picture {
        self.seen.recv_timeout(SOON).expect("the camera gives pictures")
    }

    pub fn forget_shown(&self) {
        while self.shown.try_recv().is_ok() {}
    }

    /// What was shown until now.
    pub fn shown_by_now(&self) -> Vec<Shown> {
        self.shown.try_iter().collect()
    }
}

/// So many pictures of the test camera as one encoder made them; `meanwhile` may order something before each.
pub fn recorded(size: Size, count: usize, mut meanwhile: impl FnMut(usize, &FaceOut)) -> Vec<Encoded> {
    let ends = Ends::open(|_| false);
    let _camera = Camera::on(size, ends.out.clone());
    let each = (0..count).map(|k| {
        meanwhile(k, &ends.out);
        ends.await_encoded()
    });
    each.collect()
}

/// The value below which this part of them lies.
pub fn at_part(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() as f64 * part) as usize).min(sorted.len() - 1)]
}

/// How alike two pictures are, in decibels; the same is infinite.
pub fn psnr(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let squares: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
    10.0 * (255.0_f64.powi(2) / (squares as f64 / a.len() as f64)).log10()
}
