// SPDX-License-Identifier: MIT
//! The page of settings: each is a line with its words, what they mean, and a widget that orders `set` with `key=value`.

mod line;

use super::action::Action;
use super::state::State;
use super::template::Template;
use super::words::tr;
use crate::disk::{Preferences, Theme};
use gtk::prelude::{ActionableExt, ButtonExt, CastNone, WidgetExt};
use gtk4 as gtk;
use line::{Line, Pick};

/// The page.
pub struct Settings {
    page: gtk::ScrolledWindow,
    folder: gtk::Button,
    lines: Vec<Line>,
}

impl Settings {
    /// All lines, in their cards.
    pub fn new() -> Settings {
        let parts = Template::load(include_str!("../../resources/ui/settings.ui"));
        let [recording, network, look]: [gtk::Box; 3] = ["recording", "network", "look"].map(|name| parts.get(name));
        let folder = gtk::Button::with_label("");
        if let Some(path) = folder.child().and_downcast::<gtk::Label>() {
            // The end of a long path says more than its beginning.
            path.set_ellipsize(gtk::pango::EllipsizeMode::Start);
            path.set_max_width_chars(32);
        }
        folder.set_action_name(Some(&Action::ChooseFolder.full_name()));
        line::place(
            &recording,
            tr("Folder for recordings"),
            tr("Each session gets a folder of its own in it."),
            &folder,
        );
        let mut lines = vec![
            Line::pick(
                &recording,
                Pick { key: "sound", values: &["aac", "flac"], names: &["AAC", "FLAC"] },
                tr("Sound of the recording"),
                tr("AAC is read by every editor; FLAC loses nothing, and not every editor reads it."),
            ),
            Line::switch(
                &recording,
                "keep-muted",
                tr("Record on while muted"),
                tr("The others neither hear nor see it; your recording keeps it."),
            ),
            Line::switch(
                &recording,
                "record-from-start",
                tr("Record before guests are there"),
                tr("A call that you host is recorded from its beginning."),
            ),
            Line::number(
                &network,
                "port",
                tr("UDP port"),
                tr("0 takes a free one. Choose one if you forward it by hand in your router."),
            ),
            Line::switch(
                &network,
                "port-mapping",
                tr("Ask the router for a way in"),
                tr("By UPnP, PCP or NAT-PMP; it is closed again after the call."),
            ),
            Line::pick(
                &network,
                Pick { key: "frames", values: &["auto", "5", "2.5"], names: &[tr("Whatever pays"), "5 ms", "2.5 ms"] },
                tr("Length of a voice packet"),
                tr("With 2.5 ms you are heard earlier, with twice as many packets."),
            ),
        ];
        lines.push(Line::pick(
            &look,
            Pick { key: "theme", values: &THEMES, names: &[tr("As the desktop"), tr("Light"), tr("Dark")] },
            tr("Appearance"),
            "",
        ));
        lines.push(Line::switch(&look, "headphones", tr("Remind me of headphones"), ""));
        Settings { page: parts.get("settings"), folder, lines }
    }

    /// The widget.
    pub fn widget(&self) -> &gtk::ScrolledWindow {
        &self.page
    }

    /// Shows what is set.
    pub fn paint(&self, state: &State) {
        let folder = state.preferences.recordings_folder();
        let folder = folder.map_or_else(|why| why.to_string(), |folder| folder.display().to_string());
        self.folder.set_label(&folder);
        self.folder.set_tooltip_text(Some(&folder));
        self.lines.iter().for_each(|line| line.paint(&get(&state.preferences, line.key)));
    }
}

const THEMES: [&str; 3] = ["system", "light", "dark"];

/// A setting as the lines write it.
fn get(preferences: &Preferences, key: &str) -> String {
    let yes = |yes: bool| yes.to_string();
    match key {
        "sound" => if preferences.flac { "flac" } else { "aac" }.to_owned(),
        "keep-muted" => yes(preferences.keep_muted),
        "record-from-start" => yes(preferences.record_from_start),
        "port" => preferences.port.to_string(),
        "port-mapping" => yes(preferences.port_mapping),
        "frames" => preferences.frames.clone(),
        "theme" => {
            let known = Theme::NAMES.iter().find(|(_, theme)| *theme == preferences.theme);
            known.map_or("system", |(name, _)| name).to_owned()
        }
        "headphones" => yes(!preferences.headphones_told),
        _ => String::new(),
    }
}

/// Sets what an order `key=value` says; what is not understood changes nothing.
pub fn set(preferences: &mut Preferences, order: &str) {
    let Some((key, value)) = order.split_once('=') else { return };
    let yes = value == "true";
    match key {
        "sound" => preferences.flac = value == "flac",
        "keep-muted" => preferences.keep_muted = yes,
        "record-from-start" => preferences.record_from_start = yes,
        "port" => preferences.port = value.parse().unwrap_or(preferences.port),
        "port-mapping" => preferences.port_mapping = yes,
        "frames" => value.clone_into(&mut preferences.frames),
        "theme" => {
            let known = Theme::NAMES.iter().find(|(name, _)| *name == value);
            preferences.theme = known.map_or(preferences.theme, |(_, theme)| *theme);
        }
        "headphones" => preferences.headphones_told = !yes,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{get, set};
    use crate::disk::Preferences;

    #[test]
    fn what_is_set_is_what_is_shown() {
        let mut preferences = Preferences::usual(None);
        let orders = ["sound=flac", "keep-muted=true", "port=47000", "port-mapping=false", "frames=2.5", "theme=dark"];
        for order in orders {
            set(&mut preferences, order);
            let (key, value) = order.split_once('=').expect("an order has two halves");
            assert_eq!(get(&preferences, key), value, "{order}");
        }
        let before = preferences.clone();
        for nonsense in ["port=many", "theme=mauve", "what=ever", "port"] {
            set(&mut preferences, nonsense);
        }
        assert_eq!(preferences, before);
    }
}
