// SPDX-License-Identifier: MIT
//! The cameras, microphones and speakers that this machine has, under names that stay the same when they are
//! unplugged and plugged in again. The rulers ("test") are always there.

#[cfg(target_os = "linux")]
mod default_speaker;
mod plugging;

pub use plugging::DeviceWatch;

use super::camera_mode;
use crate::words::Size;
use gst::prelude::{DeviceExt, ElementExt, GObjectExtManualGst, GstObjectExt, ObjectExt};
use gstreamer as gst;
use serde::Serialize;

/// The id of the built-in camera.
pub const TEST_CAMERA: &str = "test";
/// The id of the built-in microphone.
pub const TEST_MICROPHONE: &str = "test";

/// A second and more at the usual cycle of 21 ms, for the time that this program does not get to run.
const SOUND_BUFFERS_MIN: i32 = 56;

/// What GStreamer calls each kind.
const CLASSES: [(&str, DeviceKind); 3] = [
    ("Video/Source", DeviceKind::Camera),
    ("Audio/Source", DeviceKind::Microphone),
    ("Audio/Sink", DeviceKind::Speaker),
];

/// What a device does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    /// Takes pictures.
    Camera,
    /// Takes sound.
    Microphone,
    /// Plays sound.
    Speaker,
}

/// One device.
#[derive(Clone, Debug, Serialize)]
pub struct Device {
    /// What `--camera`, `--mic` and `--speaker` take.
    pub id: String,
    /// What its maker calls it.
    pub name: String,
    /// What it does.
    pub kind: DeviceKind,
    /// What it can deliver, in GStreamer's words.
    pub formats: String,
    #[serde(skip)]
    origin: Option<gst::Device>,
}

impl Device {
    /// The built-in camera or microphone.
    pub fn test(kind: DeviceKind) -> Device {
        let (id, name) = match kind {
            DeviceKind::Camera => (TEST_CAMERA, "Test picture (no camera)"),
            _ => (TEST_MICROPHONE, "Test sound (no microphone)"),
        };
        Device { id: id.into(), name: name.into(), kind, formats: String::new(), origin: None }
    }

    /// Whether it is a ruler rather than a real device.
    pub fn is_test(&self) -> bool {
        self.origin.is_none()
    }

    /// The same device as it is plugged in now, perhaps under another number; `None` while it is not.
    pub fn plugged_in(&self) -> Option<Device> {
        match self.is_test() {
            true => Some(self.clone()),
            false => list_devices().into_iter().find(|d| d.kind == self.kind && d.id == self.id),
        }
    }

    /// The speaker that is heard where none is named, if the system tells.
    pub fn default_speaker() -> Option<Device> {
        #[cfg(target_os = "linux")]
        let id = default_speaker::default_speaker();
        #[cfg(not(target_os = "linux"))]
        let id: Option<String> = None;
        let id = id?;
        list_devices().into_iter().find(|d| d.kind == DeviceKind::Speaker && d.id == id)
    }

    /// The name of the element that reads it.
    pub(super) fn source_element(&self) -> String {
        match (&self.origin, self.kind) {
            (None, DeviceKind::Camera) => "rulervideosrc".to_owned(),
            (None, _) => "rulersoundsrc".to_owned(),
            (Some(device), _) => {
                let factory = device.create_element(None).ok().and_then(|e| e.factory());
                let name = factory.map_or_else(|| "fakesrc".to_owned(), |f| f.name().to_string());
                // PipeWire offers to *play* into a microphone that another program makes, such as a noise filter.
                if name == "pipewiresink" { "pipewiresrc".to_owned() } else { name }
            }
        }
    }

    /// Whether it is a headset without a wire, of which the microphone sounds like a telephone and is late.
    pub fn is_bluetooth(&self) -> bool {
        let properties = self.origin.as_ref().and_then(DeviceExt::properties);
        let says = |key: &str| properties.as_ref().and_then(|p| p.get::<String>(key).ok()).unwrap_or_default();
        self.id.starts_with("bluez") || says("device.api").starts_with("bluez") || says("device.bus") == "bluetooth"
    }

    /// Whether it is a node of PipeWire's.
    pub(super) fn is_of_pipewire(&self) -> bool {
        let Some(device) = &self.origin else { return false };
        let factory = device.create_element(None).ok().and_then(|e| e.factory());
        factory.is_some_and(|f| f.name().starts_with("pipewire"))
    }

    /// The name of the element that plays to it.
    pub(super) fn sink_element(&self) -> String {
        let element = self.origin.as_ref().and_then(|device| device.create_element(None).ok());
        let name = element.and_then(|e| e.factory()).map(|f| f.name().to_string());
        name.unwrap_or_else(|| "fakesink sync=true".to_owned())
    }

    /// What its element calls the device, where that is a word.
    pub(super) fn address(&self) -> Option<String> {
        let element = self.origin.as_ref()?.create_element(None).ok()?;
        element.find_property("device").filter(|p| p.value_type() == gst::glib::Type::STRING)?;
        element.property::<Option<String>>("device")
    }

    /// The size of a master of this camera, if that is known before its first picture.
    pub fn expected_size(&self) -> Option<Size> {
        self.caps().as_ref().and_then(camera_mode::best).map(|mode| mode.size.fitted(Size::FULL_HD))
    }

    /// What it can deliver.
    pub(super) fn caps(&self) -> Option<gst::Caps> {
        self.origin.as_ref().and_then(DeviceExt::caps)
    }

    /// Points an element at this device, and keeps it from ever turning to another one, or to another clock, by itself.
    pub(super) fn configure(&self, element: &gst::Element) {
        let Some(device) = &self.origin else { return };
        if let Err(e) = device.reconfigure_element(element) {
            tracing::debug!("{} configures no element itself: {e}", self.id);
        }
        if element.factory().is_some_and(|f| f.name() == "pipewiresrc") {
            let stay = gst::Structure::builder("props").field("node.dont-reconnect", true).build();
            element.set_property("stream-properties", stay);
            element.set_property("target-object", &self.id);
            // Its buffers are few and vanish with the device; ours may wait for an encoder.
            element.set_property("always-copy", true);
            if self.kind == DeviceKind::Microphone {
                element.set_property("min-buffers", SOUND_BUFFERS_MIN);
            }
        }
        // A speaker that is asked for what it needs has nothing to follow.
        let slave_method = if self.kind == DeviceKind::Speaker { "none" } else { "re-timestamp" };
        for (property, value) in [("provide-clock", "false"), ("slave-method", slave_method)] {
            if element.has_property(property) {
                element.set_property_from_str(property, value);
            }
        }
    }
}

/// Everything that is plugged in now, the rulers last.
pub fn list_devices() -> Vec<Device> {
    let mut devices: Vec<Device> = Vec::new();
    for device in plugging::plugged_in() {
        let kind = CLASSES.iter().find(|(class, _)| device.has_classes(class)).map(|c| c.1);
        let Some(found) = kind.map(|kind| describe(&device, kind)) else { continue };
        let known = devices.iter().any(|d| d.kind == found.kind && d.id == found.id);
        if !known && !listens_to_a_speaker(&device) {
            devices.push(found);
        }
    }
    devices.push(Device::test(DeviceKind::Camera));
    devices.push(Device::test(DeviceKind::Microphone));
    devices
}

fn describe(device: &gst::Device, kind: DeviceKind) -> Device {
    let name = device.display_name().to_string();
    let properties = device.properties();
    let property = |key: &str| properties.as_ref().and_then(|p| p.get::<String>(key).ok());
    // From the most lasting name to the least.
    let id = ["node.name", "device.path", "api.v4l2.path", "device.string", "device.strid", "unique-id"]
        .into_iter()
        .find_map(property)
        .unwrap_or_else(|| name.replace(char::is_whitespace, "-"));
    let formats = device.caps().map(|c| c.to_string()).unwrap_or_default();
    Device { id, name, kind, formats, origin: Some(device.clone()) }
}

/// Sound servers list what a speaker plays as a microphone; nobody means that when they say microphone.
fn listens_to_a_speaker(device: &gst::Device) -> bool {
    let Some(properties) = device.properties() else { return false };
    let is = |key: &str, value: &str| properties.get::<String>(key).is_ok_and(|v| v == value);
    is("device.class", "monitor") || properties.get::<String>("node.name").is_ok_and(|n| n.ends_with(".monitor"))
}
