// SPDX-License-Identifier: MIT
//! A choice of devices that follows plugging: what is chosen stays chosen, even while it is unplugged.

use super::action::Action;
use super::words::{fill, tr};
use crate::media::{Device, DeviceKind};
use gtk::prelude::{ToVariant, WidgetExt};
use gtk4 as gtk;
use std::cell::RefCell;
use std::rc::Rc;

/// What a setting says for the first device there is.
const AUTO: &str = "auto";

/// One kind of device.
pub struct Chooser {
    list: gtk::DropDown,
    kind: DeviceKind,
    /// Ids and names, as they stand in the list.
    entries: Rc<RefCell<Vec<(String, String)>>>,
}

impl Chooser {
    /// Fills `list`; what is chosen there is ordered as `action`.
    pub fn new(list: gtk::DropDown, kind: DeviceKind, action: Action) -> Chooser {
        let entries: Rc<RefCell<Vec<(String, String)>>> = Rc::default();
        let ids = entries.clone();
        list.connect_selected_notify(move |list| {
            let chosen = ids.borrow().get(list.selected() as usize).map(|(id, _)| id.clone());
            if let Some(id) = chosen {
                // Refused while the list is being painted, which is no choice of a person.
                let _ = list.activate_action(&action.full_name(), Some(&id.to_variant()));
            }
        });
        Chooser { list, kind, entries }
    }

    /// Shows what is plugged in, and which of it is chosen.
    pub fn paint(&self, devices: &[Device], chosen: &str) {
        let entries = entries(devices, self.kind, chosen);
        if *self.entries.borrow() != entries {
            let names: Vec<&str> = entries.iter().map(|(_, name)| name.as_str()).collect();
            self.list.set_model(Some(&gtk::StringList::new(&names)));
            self.entries.replace(entries);
        }
        let at = self.entries.borrow().iter().position(|(id, _)| id == chosen).unwrap_or(0) as u32;
        if self.list.selected() != at {
            self.list.set_selected(at);
        }
    }
}

/// What stands in the list: the first there is, everything there is, and what is chosen although it is not there.
fn entries(devices: &[Device], kind: DeviceKind, chosen: &str) -> Vec<(String, String)> {
    let of_kind = devices.iter().filter(|device| device.kind == kind);
    let mut entries: Vec<(String, String)> = of_kind.map(|device| (device.id.clone(), device.name.clone())).collect();
    let first = devices.iter().find(|device| device.kind == kind && !device.is_test());
    let automatic = match first {
        Some(device) => fill(tr("Automatic: {name}"), &[("name", &device.name)]),
        None => tr("Automatic").to_owned(),
    };
    entries.insert(0, (AUTO.to_owned(), automatic));
    if kind != DeviceKind::Microphone {
        let off = if kind == DeviceKind::Camera { tr("No camera") } else { tr("No speaker") };
        entries.push(("off".to_owned(), off.to_owned()));
    }
    if !entries.iter().any(|(id, _)| id == chosen) {
        let test = devices.iter().find(|device| device.kind == kind && device.is_test());
        // A test picture may be asked for in a size of its own.
        let name = match (chosen.strip_prefix("test:"), test) {
            (Some(size), Some(test)) => format!("{}, {size}", test.name),
            _ => fill(tr("{name} (not plugged in)"), &[("name", chosen)]),
        };
        entries.push((chosen.to_owned(), name));
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::entries;
    use crate::media::{Device, DeviceKind};

    #[test]
    fn what_is_chosen_stays_in_the_list_while_it_is_unplugged() {
        let devices = [Device::test(DeviceKind::Camera)];
        let listed = entries(&devices, DeviceKind::Camera, "usb-cam");
        let ids: Vec<&str> = listed.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["auto", "test", "off", "usb-cam"]);
        assert!(listed[3].1.contains("not plugged in"));
        let listed = entries(&devices, DeviceKind::Camera, "test:640x360");
        assert_eq!(listed[3].1, format!("{}, 640x360", devices[0].name));
    }
}
