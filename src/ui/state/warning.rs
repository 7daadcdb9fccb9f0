// SPDX-License-Identifier: MIT
//! What the window makes of the warnings of a call: a message in the person's language where it knows the kind, and
//! what can be done about it.

use super::banner::{Banner, Tone};
use crate::ui::action::Action;
use crate::ui::words::{mark, tr};

/// These stand on the tiles or on the page after, not above the page.
const QUIET: [&str; 7] = ["busy", "busy-over", "overload", "test-source", "clock-jump", "tone-missed", "sound-lost"];

/// Kinds that the window has words of its own for.
const KNOWN: [(&str, Tone, &str); 17] = [
    (
        "camera-gone",
        Tone::Warning,
        mark("The camera is gone. Its last picture is recorded until it is back, or until you choose another."),
    ),
    (
        "microphone-gone",
        Tone::Warning,
        mark("The microphone is gone. Silence is recorded until it is back, or until you choose another."),
    ),
    (
        "speaker",
        Tone::Warning,
        mark("You hear nobody: there is no speaker. The others hear you, and you are recorded."),
    ),
    ("camera-back", Tone::Note, mark("The camera is back.")),
    ("microphone-back", Tone::Note, mark("The microphone is back.")),
    ("speaker-back", Tone::Note, mark("The speaker is back.")),
    ("recording-on", Tone::Note, mark("The call is over. Your recording goes on until you end it.")),
    ("recording-over", Tone::Error, mark("The call goes on, but nothing of it is recorded here any more.")),
    ("network", Tone::Warning, mark("This machine has lost its network. You are recorded; the call waits for it.")),
    ("network-back", Tone::Note, mark("This machine is back on a network.")),
    ("alone", Tone::Warning, mark("The host has left, and nobody else is there.")),
    (
        "bluetooth",
        Tone::Warning,
        mark("A Bluetooth headset sounds like a telephone and is late. One with a wire serves you better."),
    ),
    (
        "port-mapping",
        Tone::Warning,
        mark("The router could not be asked to let guests in. Guests in your own network can join all the same."),
    ),
    ("host-silent", Tone::Note, mark("No answer from the host yet; still trying.")),
    ("disk-low", Tone::Warning, mark("The disk is getting full. Make room, or the recording ends when it is full.")),
    (
        "disk-full",
        Tone::Error,
        mark("The disk is full. What was recorded is safe and finished; nothing more is recorded."),
    ),
    (
        "file-deleted",
        Tone::Warning,
        mark("Somebody deleted the recording while it was made. It was written again and goes on."),
    ),
];

/// What another device would help against.
const OF_DEVICES: [&str; 7] =
    ["camera-gone", "camera-missing", "microphone-gone", "microphone-missing", "speaker", "no-device", "bluetooth"];

/// What is said above the page.
pub(super) fn banner(kind: &str, message: &str) -> Option<Banner> {
    if QUIET.contains(&kind) {
        return None;
    }
    let known = KNOWN.iter().find(|(known, ..)| *known == kind);
    let banner = match known {
        Some((_, tone, words)) => Banner::new(*tone, tr(words)),
        None => Banner::new(Tone::Warning, sentence(message)),
    };
    let topic = ["-gone", "-back", "-missing", "-on", "-over"].iter().find_map(|end| kind.strip_suffix(end));
    let banner = banner.about(topic.unwrap_or(kind));
    Some(if OF_DEVICES.contains(&kind) { banner.with(Action::Devices, None) } else { banner })
}

/// The command line puts a word before its warnings; here they begin by themselves.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::{Action, Tone, banner};

    #[test]
    fn a_device_that_goes_has_a_remedy_and_one_that_comes_back_needs_none() {
        let gone = banner("microphone-gone", "the microphone is gone").expect("it is said");
        assert_eq!((gone.tone, gone.remedy.map(|remedy| remedy.action)), (Tone::Warning, Some(Action::Devices)));
        let back = banner("microphone-back", "the microphone is back").expect("it is said");
        assert_eq!((back.tone, back.remedy), (Tone::Note, None));
    }

    #[test]
    fn what_is_not_known_is_said_as_it_comes_and_what_stands_elsewhere_is_not() {
        assert_eq!(banner("new", "élan is low").expect("it is said").text, "Élan is low");
        assert_eq!(banner("busy", "the picture is smaller"), None);
    }
}
