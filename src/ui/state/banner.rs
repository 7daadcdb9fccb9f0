// SPDX-License-Identifier: MIT
//! What has to be said above all else, with what can be done about it: one message at a time, and never a lesser one
//! for long while a graver one stands.

use crate::ui::action::Action;

/// How serious it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Good to know.
    Note,
    /// Better acted upon.
    Warning,
    /// Something did not work.
    Error,
}

/// What can be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// The order.
    pub action: Action,
    /// What comes with it.
    pub value: Option<String>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Banner {
    /// How serious it is.
    pub tone: Tone,
    /// A sentence or two.
    pub text: String,
    /// What can be done, besides reading it.
    pub remedy: Option<Remedy>,
    /// What it is about; of one thing only the newest is true.
    pub topic: Option<String>,
}

impl Banner {
    /// A message without more to do than reading it.
    pub fn new(tone: Tone, text: impl Into<String>) -> Banner {
        Banner { tone, text: text.into(), remedy: None, topic: None }
    }

    /// With something to do about it.
    pub fn with(mut self, action: Action, value: Option<String>) -> Banner {
        self.remedy = Some(Remedy { action, value });
        self
    }

    /// About this.
    pub fn about(mut self, topic: &str) -> Banner {
        self.topic = Some(topic.to_owned());
        self
    }
}

/// So many seconds a note may stand before something graver.
const NOTE_SECONDS: u32 = 6;

/// So many messages that nobody has read are kept; of more, the oldest has been overtaken.
const KEPT_MAX: usize = 8;

/// The messages that nobody has read yet.
#[derive(Debug, Default)]
pub struct Banners {
    said: Vec<Banner>,
    note_seconds: u32,
}

impl Banners {
    /// Says it; an earlier one about the same thing, or an earlier note, is no longer wanted.
    pub fn say(&mut self, banner: Banner) {
        let same = |old: &Banner| old.text == banner.text || (old.topic.is_some() && old.topic == banner.topic);
        self.said.retain(|old| old.tone != Tone::Note && !same(old));
        if self.said.len() == KEPT_MAX {
            self.said.remove(0);
        }
        self.said.push(banner);
        self.note_seconds = 0;
    }

    /// The one to be read now: a note that has just been said, else the gravest, and of those the newest.
    pub fn shown(&self) -> Option<&Banner> {
        self.place().map(|place| &self.said[place])
    }

    /// It has been read.
    pub fn dismiss(&mut self) {
        if let Some(place) = self.place() {
            self.said.remove(place);
        }
    }

    /// What was said about it is settled.
    pub fn settle(&mut self, topic: &str) {
        self.said.retain(|banner| banner.topic.as_deref() != Some(topic));
    }

    /// A second has passed.
    pub fn second(&mut self) {
        self.note_seconds += 1;
        let graver = self.said.iter().any(|banner| banner.tone > Tone::Note);
        if graver && self.note_seconds >= NOTE_SECONDS {
            self.said.retain(|banner| banner.tone > Tone::Note);
        }
    }

    /// None of it is true any more.
    pub fn clear(&mut self) {
        self.said.clear();
    }

    fn place(&self) -> Option<usize> {
        let last = self.said.len().checked_sub(1)?;
        if self.said[last].tone == Tone::Note {
            return Some(last);
        }
        (0..=last).max_by_key(|place| (self.said[*place].tone, *place))
    }
}

#[cfg(test)]
mod tests {
    use super::{Banner, Banners, NOTE_SECONDS, Tone};

    fn banners(said: &[(Tone, &str)]) -> Banners {
        let mut banners = Banners::default();
        said.iter().for_each(|(tone, text)| banners.say(Banner::new(*tone, *text)));
        banners
    }

    fn shown(banners: &Banners) -> Option<&str> {
        banners.shown().map(|banner| banner.text.as_str())
    }

    #[test]
    fn a_lesser_message_does_not_hide_a_graver_one() {
        let mut banners = banners(&[(Tone::Error, "not recorded"), (Tone::Warning, "no speaker")]);
        assert_eq!(shown(&banners), Some("not recorded"));
        banners.dismiss();
        assert_eq!(shown(&banners), Some("no speaker"));
        banners.dismiss();
        assert_eq!(shown(&banners), None);
    }

    #[test]
    fn a_note_is_read_at_once_and_makes_room_again() {
        let mut banners = banners(&[(Tone::Error, "not recorded"), (Tone::Note, "copied")]);
        assert_eq!(shown(&banners), Some("copied"));
        (0..NOTE_SECONDS).for_each(|_| banners.second());
        assert_eq!(shown(&banners), Some("not recorded"));
    }

    #[test]
    fn a_note_alone_stays_until_it_is_read() {
        let mut banners = banners(&[(Tone::Note, "copied")]);
        (0..10 * NOTE_SECONDS).for_each(|_| banners.second());
        assert_eq!(shown(&banners), Some("copied"));
    }

    #[test]
    fn of_one_thing_only_the_newest_is_said() {
        let mut banners = banners(&[]);
        banners.say(Banner::new(Tone::Warning, "gone").about("camera"));
        banners.say(Banner::new(Tone::Note, "back").about("camera"));
        banners.dismiss();
        assert_eq!(shown(&banners), None);
    }
}
