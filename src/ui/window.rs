// SPDX-License-Identifier: MIT
//! The window: it holds the state, its one painter, and the pages that the painter paints.

mod looks;
mod pages;
mod past;
mod perform;

use super::action::Action;
use super::after::After;
use super::before::Before;
use super::call::Call;
use super::desk::Desk;
use super::dialogs;
use super::glyph::Glyph;
use super::host::Host;
use super::join::Join;
use super::library::Library;
use super::screens::Screens;
use super::settings::Settings;
use super::state::{Banner, News, Scene, State, Step, Tone};
use super::template::Template;
use super::words::tr;
use crate::media::GraphError;
use gtk::prelude::{ActionMapExt, ActionableExt, ButtonExt, GtkApplicationExt, GtkWindowExt, ToVariant, WidgetExt};
use gtk::{gio, glib};
use gtk4 as gtk;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

/// The window.
pub struct Window {
    window: gtk::ApplicationWindow,
    back: gtk::Button,
    banner: gtk::Revealer,
    banner_box: gtk::Box,
    banner_words: gtk::Label,
    banner_remedy: gtk::Button,
    pages: gtk::Stack,
    before: Before,
    host: OnceCell<Host>,
    join: OnceCell<Join>,
    call: OnceCell<Call>,
    after: OnceCell<After>,
    library: OnceCell<Library>,
    settings: OnceCell<Settings>,
    actions: Vec<(Action, gio::SimpleAction)>,
    state: RefCell<State>,
    screens: Rc<Screens>,
    desk: Desk,
    /// While the painter works, what widgets say is its echo and no order.
    painting: Cell<bool>,
    /// Close for good as soon as the call is over.
    closing: Cell<bool>,
    /// The space bar is held, and was muted before.
    talking: Cell<bool>,
    /// The page whose title and focus the window has.
    announced: Cell<&'static str>,
    weak: Weak<Window>,
}

impl Window {
    /// Opens it; it lives as long as it is open.
    pub fn open(application: &gtk::Application, state: State) -> Result<Rc<Window>, GraphError> {
        let screens = Rc::new(Screens::start()?);
        let (news, inbox) = async_channel::unbounded();
        let parts = Template::load(include_str!("../../resources/ui/window.ui"));
        let own = screens.own();
        let back: gtk::Button = parts.get("back");
        Glyph::Back.on(&back);
        Glyph::Close.on(&parts.get("dismiss"));
        let menu: gtk::MenuButton = parts.get("menu");
        menu.set_child(Some(&Glyph::Menu.small()));
        menu.add_css_class("image-button");
        let window = Rc::new_cyclic(|weak: &Weak<Window>| Window {
            window: parts.get("window"),
            back,
            banner: parts.get("banner"),
            banner_box: parts.get("banner-box"),
            banner_words: parts.get("banner-words"),
            banner_remedy: parts.get("banner-remedy"),
            pages: parts.get("pages"),
            before: Before::new(own.as_ref()),
            host: OnceCell::new(),
            join: OnceCell::new(),
            call: OnceCell::new(),
            after: OnceCell::new(),
            library: OnceCell::new(),
            settings: OnceCell::new(),
            actions: actions(weak),
            weak: weak.clone(),
            state: RefCell::new(state),
            screens: screens.clone(),
            desk: Desk::start(news),
            painting: Cell::new(false),
            closing: Cell::new(false),
            talking: Cell::new(false),
            announced: Cell::new("before"),
        });
        window.furnish(application);
        window.listen(inbox);
        window.start_preview();
        window.ask_for_room();
        window.read_library();
        window.update_view();
        window.show_in_steps();
        Ok(window)
    }

    /// Comes to the front, if it is there; one that is about to come comes to the front anyway.
    pub fn present(&self) {
        if self.window.is_visible() {
            self.window.present();
        }
    }

    fn furnish(self: &Rc<Self>, application: &gtk::Application) {
        self.window.set_title(Some(&title("before", self.state.borrow().profile.as_deref())));
        for (action, simple) in &self.actions {
            self.window.add_action(simple);
            application.set_accels_for_action(&action.full_name(), action.keys());
        }
        self.window.set_application(Some(application));
        self.window.add_controller(self.space_bar());
        self.screens.watch_pulse(&self.window);
        let weak = Rc::downgrade(self);
        self.window.connect_close_request(move |_| match weak.upgrade() {
            Some(window) if !window.may_close() => glib::Propagation::Stop,
            _ => glib::Propagation::Proceed,
        });
        self.start_clocks();
    }

    /// News are taken in order, and painted. What has come by now is painted once; for what comes meanwhile the main
    /// loop comes round first, or whoever has much to tell would stop it.
    fn listen(self: &Rc<Self>, inbox: async_channel::Receiver<News>) {
        let weak = Rc::downgrade(self);
        glib::spawn_future_local(async move {
            while let Ok(news) = inbox.recv().await {
                let Some(window) = weak.upgrade() else { break };
                window.hear(news);
                for _ in 0..inbox.len() {
                    if let Ok(news) = inbox.try_recv() {
                        window.hear(news);
                    }
                }
                window.update_view();
                drop(window);
                glib::timeout_future(Duration::ZERO).await;
            }
        });
    }

    fn hear(&self, news: News) {
        match &news {
            News::PreviewMeters(meters) => self.desk.hear_preview(meters.clone()),
            News::CallOpened(remote, meters) => {
                self.desk.hold(Some((remote.clone(), meters.clone())));
                self.ask_what_was_asked_meanwhile();
            }
            News::CallOver | News::CallRefused(_) => self.desk.hold(None),
            News::Mended(..) | News::Trashed(..) => self.read_library(),
            _ => {}
        }
        let over = matches!(news, News::CallOver | News::CallRefused(_));
        let read = matches!(news, News::Sessions(_));
        self.state.borrow_mut().hear(news);
        if read {
            self.mend_what_was_asked();
        }
        if over {
            if self.closing.get() {
                return self.window.close();
            }
            self.start_preview();
            self.ask_for_room();
        }
    }

    /// Paints the state. The one painter: nothing else on the window changes, but meters and rings, which move faster.
    pub fn update_view(&self) {
        self.painting.set(true);
        let state = self.state.borrow();
        for (action, simple) in &self.actions {
            simple.set_enabled(action.enabled(&state));
            if let Some(on) = action.is_on(&state) {
                simple.set_state(&on.to_variant());
            }
        }
        self.paint_banner(state.banners.shown());
        self.back.set_visible(Action::Back.enabled(&state));
        let page = self.paint_page(&state);
        let is_built = self.pages.child_by_name(page).is_some();
        // The stack shows whatever page comes first by itself, so it can't be asked what has been announced.
        if is_built && self.announced.replace(page) != page {
            self.pages.set_visible_child_name(page);
            self.focus(page);
            self.window.set_title(Some(&title(page, state.profile.as_deref())));
        }
        self.painting.set(false);
    }

    /// Paints the page that is to be seen, and answers with its name.
    fn paint_page(&self, state: &State) -> &'static str {
        match &state.scene {
            Scene::Before => {
                self.before.paint(state);
                "before"
            }
            Scene::Joining(form) => {
                self.join().paint_form(form);
                "join"
            }
            Scene::Talk(talk) => {
                let faces = talk.is_in() || (talk.is_leaving() && !talk.met.is_empty());
                if faces && !talk.invite_shown {
                    self.call().paint(state, talk);
                    "call"
                } else if talk.hosting {
                    self.host().paint(talk);
                    "host"
                } else {
                    self.join().paint_progress(talk);
                    "join"
                }
            }
            Scene::After(left) => {
                self.after().paint(left);
                "after"
            }
            Scene::Library(known) => {
                self.library().paint(state, known);
                "library"
            }
            Scene::Settings => {
                self.settings().paint(state);
                "settings"
            }
        }
    }

    /// Where the keyboard goes when a page comes: to what is most likely done on it.
    fn focus(&self, page: &str) {
        match page {
            "before" => self.before.focus(),
            "host" => self.host().focus(),
            "join" => self.join().focus(),
            "call" => self.call().focus(),
            "after" => self.after().focus(),
            _ => {}
        }
    }

    fn paint_banner(&self, banner: Option<&Banner>) {
        self.banner.set_reveal_child(banner.is_some());
        let Some(Banner { tone, text, remedy, .. }) = banner else { return };
        self.banner_words.set_label(text);
        super::set_class(&self.banner_box, "warning", *tone == Tone::Warning);
        super::set_class(&self.banner_box, "error", *tone == Tone::Error);
        self.banner_remedy.set_visible(remedy.is_some());
        if let Some(remedy) = remedy {
            self.banner_remedy.set_label(remedy.action.words());
            self.banner_remedy.set_action_target_value(remedy.value.as_ref().map(ToVariant::to_variant).as_ref());
            self.banner_remedy.set_action_name(Some(&remedy.action.full_name()));
        }
    }

    /// Whether the window may close now; if not, it closes by itself once everything is safe, or after a question.
    fn may_close(self: &Rc<Self>) -> bool {
        let state = self.state.borrow();
        let Some(talk) = state.scene.talk() else { return true };
        if talk.step == Step::Leaving || talk.met.is_empty() {
            drop(state);
            self.closing.set(true);
            self.leave();
            return false;
        }
        drop(state);
        let weak = Rc::downgrade(self);
        dialogs::confirm(
            &self.window,
            tr("End the call and close the window?"),
            tr("Your recording is finished first; nothing of it is lost."),
            tr("End and close"),
            move || {
                if let Some(window) = weak.upgrade() {
                    window.closing.set(true);
                    window.leave();
                }
            },
        );
        false
    }

    /// Closes without a question, as soon as everything is safe: the session ends, or somebody sends a signal.
    pub fn close_safely(&self) {
        let talks = self.state.borrow().scene.talk().is_some();
        self.closing.set(true);
        if talks {
            self.leave();
            self.update_view();
        } else {
            self.window.close();
        }
    }

    /// Ends the program, when everything is safe.
    fn quit(self: &Rc<Self>) {
        self.window.close();
    }
}

/// Where we are, for whoever reads titles: the desktop, and screen readers.
fn title(page: &str, profile: Option<&str>) -> String {
    let place = match page {
        "host" => tr("Host a call"),
        "join" => tr("Join a call"),
        "call" => tr("In the call"),
        "after" => tr("Recording"),
        "library" => tr("Past sessions"),
        "settings" => tr("Settings"),
        _ => "HyperZoom",
    };
    profile.map_or_else(|| place.to_owned(), |profile| format!("{place} ({profile})"))
}

/// The actions, each of which performs itself.
fn actions(window: &Weak<Window>) -> Vec<(Action, gio::SimpleAction)> {
    let simple = |action: Action| {
        let takes = action.takes_text().then_some(glib::VariantTy::STRING);
        let simple = match action.is_switch() {
            true => gio::SimpleAction::new_stateful(action.name(), takes, &false.to_variant()),
            false => gio::SimpleAction::new(action.name(), takes),
        };
        let weak = window.clone();
        simple.connect_activate(move |_, value| {
            if let Some(window) = weak.upgrade() {
                window.perform(action, value.and_then(glib::Variant::str).unwrap_or_default());
            }
        });
        (action, simple)
    };
    Action::all().map(simple).collect()
}
