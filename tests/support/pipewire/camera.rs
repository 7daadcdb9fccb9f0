// SPDX-License-Identifier: MIT
//! Virtual cameras that show the ruler's pictures. The node lives in a process of its own, which can be killed,
//! stopped and started like a camera can be unplugged, hang and come back.

use super::daemon::Daemon;
use super::{PipeWire, wait_until};
use gst::prelude::{Cast, ElementExt, GstBinExt, ObjectExt, PipelineExt};
use gstreamer as gst;

/// What a camera shows.
#[derive(Clone, Copy)]
pub struct Shape<'a> {
    pub width: u32,
    pub height: u32,
    /// More of its raw caps, such as `colorimetry=bt709`.
    pub colours: &'a str,
    /// What it does with a picture before it sends it: nothing, or `jpegenc !`.
    pub sends: &'a str,
}

impl Default for Shape<'_> {
    fn default() -> Self {
        Shape { width: 640, height: 360, colours: "colorimetry=bt601", sends: "" }
    }
}

/// A camera that is there until it is dropped.
pub struct Camera<'a> {
    graph: &'a PipeWire,
    name: String,
    node: Option<Daemon>,
    ruler: gst::Pipeline,
}

impl<'a> Camera<'a> {
    /// Plugs one in.
    pub fn plug_in(graph: &'a PipeWire, name: &str, shape: Shape) -> Camera<'a> {
        let Shape { width, height, colours, sends } = shape;
        // Not from the sink's own pool: PipeWire 0.3.65 hands out buffers of it before they have memory.
        let node = format!(
            "fdsrc fd=0 ! rawvideoparse width={width} height={height} format=i420 framerate=30/1 ! \
             capssetter replace=false caps=video/x-raw,{colours} ! {sends} \
             identity drop-allocation=true ! pipewiresink mode=provide sync=false \
             stream-properties=props,media.class=Video/Source,node.name={name},node.description={name}-of-nobody"
        );
        let mut command = graph.command("gst-launch-1.0");
        command.arg("-q").args(node.split_whitespace());
        let log = graph.folder().join(format!("{name}.log"));
        let (node, input) = Daemon::start_fed(&mut command, &log);
        let ruler = format!(
            "rulervideosrc ! video/x-raw,width={width},height={height},framerate=30/1,format=I420 ! fdsink name=out sync=false"
        );
        let ruler = gst::parse::launch(&ruler).expect("the text is right");
        let ruler = ruler.downcast::<gst::Pipeline>().expect("more than one element");
        ruler.by_name("out").expect("it is in the text").set_property("fd", input);
        ruler.use_clock(Some(&gst::SystemClock::obtain()));
        ruler.set_state(gst::State::Playing).expect("a ruler needs no hardware");
        wait_until("the camera", || graph.has_node(name));
        Camera { graph, name: name.to_owned(), node: Some(node), ruler }
    }

    /// Sends the process behind the node a signal: stopped, it is a camera that hangs.
    pub fn signal(&self, signal: i32) {
        self.node.as_ref().expect("it is there until it is dropped").signal(signal);
    }
}

impl Drop for Camera<'_> {
    fn drop(&mut self) {
        drop(self.node.take());
        self.ruler.set_state(gst::State::Null).expect("down always works");
        wait_until("the end of the camera", || !self.graph.has_node(&self.name));
    }
}
