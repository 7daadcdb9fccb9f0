// SPDX-License-Identifier: MIT
//! Windows over the window: a question, a folder, the keys, about.

use super::action::{Action, Group};
use super::words::tr;
use gtk::prelude::{
    AccessibleExtManual, BoxExt, Cast, DialogExt, FileChooserExt, FileExt, GtkWindowExt, NativeDialogExt, WidgetExt,
};
use gtk::{gdk, glib};
use gtk4 as gtk;
use std::path::PathBuf;

/// Asks before something that can't be taken back; `yes` is what the button says.
pub fn confirm(parent: &gtk::ApplicationWindow, question: &str, what: &str, yes: &str, on_yes: impl Fn() + 'static) {
    // The same order may come twice before it is answered.
    let asked = gtk::Window::list_toplevels().into_iter().filter_map(|top| top.downcast::<gtk::MessageDialog>().ok());
    if let Some(asked) = asked.into_iter().find(|dialog| dialog.text().is_some_and(|text| text == question)) {
        asked.present();
        return;
    }
    let dialog = gtk::MessageDialog::builder()
        .transient_for(parent)
        .modal(true)
        .text(question)
        .secondary_text(what)
        .message_type(gtk::MessageType::Question)
        .build();
    dialog.update_property(&[gtk::accessible::Property::Label(question)]);
    let button = |words: &str, answer| {
        // Buttons that GTK makes for a dialog say their words twice to a screen reader.
        let button = gtk::Button::with_label(words);
        dialog.add_action_widget(&button, answer);
        button
    };
    button(tr("Cancel"), gtk::ResponseType::Cancel);
    let button = button(yes, gtk::ResponseType::Accept);
    button.add_css_class("destructive-action");
    dialog.set_default_response(gtk::ResponseType::Accept);
    dialog.connect_response(move |dialog, answer| {
        dialog.close();
        if answer == gtk::ResponseType::Accept {
            on_yes();
        }
    });
    dialog.present();
}

/// Asks for a folder.
pub fn choose_folder(parent: &gtk::ApplicationWindow, title: &str, on_choice: impl Fn(PathBuf) + 'static) {
    let chooser = gtk::FileChooserNative::new(
        Some(title),
        Some(parent),
        gtk::FileChooserAction::SelectFolder,
        Some(tr("Choose")),
        Some(tr("Cancel")),
    );
    // It has no window that would keep it: it keeps itself until it is answered.
    let keep = std::cell::RefCell::new(Some(chooser.clone()));
    chooser.connect_response(move |chooser, answer| {
        if answer == gtk::ResponseType::Accept
            && let Some(folder) = chooser.file().and_then(|file| file.path())
        {
            on_choice(folder);
        }
        keep.replace(None);
    });
    chooser.show();
}

/// All keys, in their groups.
pub fn shortcuts(parent: &gtk::ApplicationWindow) {
    let groups = [
        (Group::Everywhere, tr("Everywhere")),
        (Group::Before, tr("Before the call")),
        (Group::InCall, tr("In the call")),
        (Group::After, tr("After the call")),
    ];
    let section = gtk::ShortcutsSection::builder().section_name("keys").max_height(12).visible(true).build();
    for (group, title) in groups {
        let list = gtk::ShortcutsGroup::builder().title(title).visible(true).build();
        for action in Action::all().filter(|action| action.group() == group && !action.keys().is_empty()) {
            list.append(&key(&action.keys().join(" "), action.words()));
        }
        if group == Group::InCall {
            list.append(&key("space", tr("Talk while muted, as long as it is held")));
        }
        section.append(&list);
    }
    let window = gtk::ShortcutsWindow::builder().modal(true).transient_for(parent).build();
    window.set_child(Some(&section));
    window.present();
}

fn key(accelerator: &str, words: &str) -> gtk::Widget {
    gtk::ShortcutsShortcut::builder().accelerator(accelerator).title(words).visible(true).build().upcast()
}

/// What this is.
pub fn about(parent: &gtk::ApplicationWindow) {
    // It travels inside the program: where that was not installed, no icon theme knows it.
    let logo = gdk::Texture::from_bytes(&glib::Bytes::from_static(include_bytes!("../../resources/app.png")));
    gtk::AboutDialog::builder()
        .modal(true)
        .transient_for(parent)
        .program_name("HyperZoom")
        .version(env!("CARGO_PKG_VERSION"))
        .comments(tr("A call that feels like one room, and a local master that never loses a frame."))
        .license_type(gtk::License::MitX11)
        .logo(&logo.expect("the picture is part of this program"))
        .build()
        .present();
}
