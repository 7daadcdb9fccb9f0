// SPDX-License-Identifier: MIT
//! The page after the call: where the master is, whether it is whole, and how everybody's masters come together.

use super::action::Action;
use super::glyph::Glyph;
use super::state::{After as Left, Master, Spoken};
use super::template::Template;
use super::words::{clock, fill, mark, size, tr};
use crate::studio::AlignReport;
use crate::studio::library::Ending;
use gtk::glib::types::StaticType;
use gtk::prelude::{AccessibleExtManual, ActionableExt, BoxExt, ToVariant, WidgetExt};
use gtk::{gdk, gio};
use gtk4 as gtk;
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// The page.
pub struct After {
    page: gtk::ScrolledWindow,
    title: gtk::Label,
    master: gtk::Box,
    verdict: gtk::Label,
    figures: gtk::Label,
    file: gtk::Label,
    happened: gtk::Label,
    together: gtk::Box,
    folder: gtk::Button,
    folders: gtk::Box,
    shown: RefCell<Option<Vec<PathBuf>>>,
    aligned: gtk::Label,
    aligning: gtk::Spinner,
    open_aligned: gtk::Button,
}

impl After {
    /// Empty. Folders that are dropped on it go to `on_drop`.
    pub fn new(on_drop: impl Fn(Vec<PathBuf>) + 'static) -> After {
        let parts = Template::load(include_str!("../../resources/ui/after.ui"));
        let together: gtk::Box = parts.get("together");
        together.add_controller(drop_target(on_drop));
        After {
            page: parts.get("after"),
            title: parts.get("title"),
            master: parts.get("master"),
            verdict: parts.get("verdict"),
            figures: parts.get("figures"),
            file: parts.get("file"),
            happened: parts.get("happened"),
            together,
            folder: parts.get("folder"),
            folders: parts.get("folders"),
            shown: RefCell::default(),
            aligned: parts.get("aligned"),
            aligning: parts.get("aligning"),
            open_aligned: parts.get("open-aligned"),
        }
    }

    /// The widget.
    pub fn widget(&self) -> &gtk::ScrolledWindow {
        &self.page
    }

    /// To the folder.
    pub fn focus(&self) {
        self.folder.grab_focus();
    }

    /// Shows what is left.
    pub fn paint(&self, left: &Left) {
        let title = match (&left.failed, &left.master) {
            (Some(why), Some(_)) => fill(tr("The call ended: {why}. Your recording is safe."), &[("why", why)]),
            (Some(why), None) => fill(tr("The call ended: {why}"), &[("why", why)]),
            (None, Some(master)) if left.from_library => {
                master.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
            }
            (None, Some(_)) => tr("Your recording is safe").to_owned(),
            (None, None) => tr("The call is over; nothing was recorded").to_owned(),
        };
        self.title.set_label(&title);
        self.master.set_visible(left.master.is_some());
        self.together.set_visible(left.master.is_some());
        let Some(master) = &left.master else { return };
        self.verdict.set_label(&verdict(left, master));
        super::set_class(&self.verdict, "success", left.is_flawless());
        super::set_class(&self.verdict, "warning", !left.is_flawless());
        self.figures.set_label(&figures(left, master));
        self.file.set_label(&master.file.display().to_string());
        self.happened.set_label(&left.happened.join("\n"));
        self.happened.set_visible(!left.happened.is_empty());
        self.paint_aligning(left, master);
    }

    fn paint_aligning(&self, left: &Left, master: &Master) {
        let folders = &left.aligning.folders;
        if self.shown.borrow().as_ref() != Some(folders) {
            while let Some(old) = self.folders.first_child() {
                self.folders.remove(&old);
            }
            self.folders.append(&row(&master.folder, false));
            folders.iter().for_each(|folder| self.folders.append(&row(folder, true)));
            if folders.is_empty() {
                let hint = gtk::Label::builder().label(tr("Drop the others’ folders here")).build();
                hint.add_css_class("quiet");
                self.folders.append(&hint);
            }
            self.shown.replace(Some(folders.clone()));
        }
        let (words, class) = match &left.aligning.spoken {
            Spoken::Nothing => (String::new(), ""),
            Spoken::Working(step) => (step.clone(), ""),
            Spoken::Done(report) => (aligned(report), "success"),
            Spoken::Failed(why) => (why.clone(), "error"),
        };
        self.aligned.set_label(&words);
        self.aligned.set_visible(!words.is_empty());
        ["success", "error"].iter().for_each(|known| super::set_class(&self.aligned, known, *known == class));
        self.aligning.set_visible(left.aligning.is_working());
        self.open_aligned.set_visible(matches!(left.aligning.spoken, Spoken::Done(_)));
    }
}

/// Folders from a file manager.
fn drop_target(on_drop: impl Fn(Vec<PathBuf>) + 'static) -> gtk::DropTarget {
    let target = gtk::DropTarget::new(gdk::FileList::static_type(), gdk::DragAction::COPY);
    target.connect_drop(move |_, value, _, _| {
        let Ok(files) = value.get::<gdk::FileList>() else { return false };
        let files = files.files();
        let paths = files.iter().filter_map(gio::prelude::FileExt::path);
        on_drop(paths.filter_map(|path| folder_of(&path)).collect());
        true
    });
    target
}

/// People drop the master as well as its folder.
fn folder_of(path: &Path) -> Option<PathBuf> {
    if path.is_dir() { Some(path.to_owned()) } else { path.parent().map(Path::to_owned) }
}

fn row(folder: &Path, removable: bool) -> gtk::Box {
    let row = gtk::Box::new(gtk::Orientation::Horizontal, 8);
    row.append(&Glyph::Folder.small());
    let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
    let label = gtk::Label::builder().label(&*name).xalign(0.0).hexpand(true).build();
    label.set_ellipsize(gtk::pango::EllipsizeMode::Middle);
    row.append(&label);
    if removable {
        let button = Glyph::Close.button();
        button.add_css_class("flat");
        button.set_action_name(Some(&Action::DropFolder.full_name()));
        button.set_action_target_value(Some(&folder.to_string_lossy().to_variant()));
        let said = format!("{}: {name}", Action::DropFolder.words());
        button.update_property(&[gtk::accessible::Property::Label(&said)]);
        row.append(&button);
    }
    row
}

fn verdict(left: &Left, master: &Master) -> String {
    if left.is_flawless() {
        return tr("Nothing was dropped: every frame and every sample is there.").to_owned();
    }
    let mut said = Vec::new();
    let mut count = |what: u64, words: &'static str| {
        if what > 0 {
            said.push(fill(tr(words), &[("n", &what.to_string())]));
        }
    };
    count(master.frames_dropped, mark("{n} frames were lost because the machine was too busy."));
    count(master.frames_held, mark("{n} frames stand still, because the camera was away."));
    count(master.samples_silenced, mark("{n} samples are silent, because the microphone was away."));
    if !master.finished {
        said.push(tr("The file could not be finished; it is safe, and the library can recover it.").to_owned());
    }
    match master.ending {
        Ending::BrokenOff if master.finished => {
            said.push(tr("It broke off and was recovered: everything that had reached the disk is there.").to_owned());
        }
        Ending::Untold if master.finished => {
            said.push(tr("What happened on the way is not known: its notes are missing.").to_owned());
        }
        _ => {}
    }
    match said.is_empty() {
        true => tr("Nothing was dropped; this happened on the way:").to_owned(),
        false => said.join(" "),
    }
}

fn figures(left: &Left, master: &Master) -> String {
    let length = clock(master.seconds);
    let facts = [("length", length.as_str()), ("frames", &master.frames.to_string()), ("size", &size(master.bytes))];
    let words = fill(tr("{length} long, {frames} frames, {size}"), &facts);
    match left.met.is_empty() {
        true => words,
        false => format!("{words}\n{}", fill(tr("With {people}"), &[("people", &left.met.join(", "))])),
    }
}

fn aligned(report: &AlignReport) -> String {
    let count = report.masters.len().to_string();
    let words = fill(
        tr("{n} recordings are lined up, {length} in all."),
        &[("n", &count), ("length", &clock(report.length_s))],
    );
    let pairs = report.pairs.iter().map(|pair| format!("{} / {}: {}", pair.first, pair.second, pair.sentence));
    std::iter::once(words).chain(pairs).chain(report.remarks.iter().cloned()).collect::<Vec<_>>().join("\n")
}
