// SPDX-License-Identifier: MIT
//! Virtual loudspeakers: what is played to one can be listened to at its monitor.

use super::{PipeWire, wait_until};

/// A loudspeaker that is there until it is dropped.
pub struct Speaker<'a> {
    graph: &'a PipeWire,
    name: String,
    module: String,
}

impl<'a> Speaker<'a> {
    /// Plugs one in.
    pub fn plug_in(graph: &'a PipeWire, name: &str) -> Speaker<'a> {
        Speaker::plug_in_as(graph, name, "device.bus=usb")
    }

    /// The same with more properties of its node.
    pub fn plug_in_as(graph: &'a PipeWire, name: &str, properties: &str) -> Speaker<'a> {
        let (node, properties) = (format!("sink_name={name}"), format!("sink_properties={properties}"));
        let kind = ["media.class=Audio/Sink", "channel_map=front-left,front-right", "rate=48000"];
        let arguments = ["load-module", "module-null-sink", &node, kind[0], kind[1], kind[2], &properties];
        let module = graph.said("pactl", &arguments);
        let ports = || graph.said("pw-link", &["-o"]).matches(&format!("{name}:monitor_")).count();
        wait_until("the speaker's monitor", || ports() == 2);
        Speaker { graph, name: name.to_owned(), module: module.trim().to_owned() }
    }

    /// Where it can be listened to.
    pub fn monitor(&self) -> String {
        format!("{}:monitor_FL", self.name)
    }
}

impl Drop for Speaker<'_> {
    fn drop(&mut self) {
        self.graph.said("pactl", &["unload-module", &self.module]);
        wait_until("the end of the speaker", || !self.graph.has_node(&self.name));
    }
}
