// SPDX-License-Identifier: MIT
//! Pipelines as text: the built-in ones, or those in the folder that `HYPERZOOM_PIPELINES` names.
//!
//! ```text
//! # what it is for            comment lines, which GStreamer's syntax does not have
//! # names: source pictures    what code may reach in for
//! # slots: source             what is filled in before parsing: elements of our own tables, never user values
//! {source} name=source ! appsink name=pictures
//! ```

use std::path::PathBuf;

/// Overrides the built-in texts without recompiling.
const OVERRIDE: &str = "HYPERZOOM_PIPELINES";

/// All built-in texts: name, what it is.
const BUILT_IN: &[(&str, &str)] = &[
    ("camera", include_str!("../../pipelines/camera.launch")),
    ("far-picture", include_str!("../../pipelines/far-picture.launch")),
    ("further-picture", include_str!("../../pipelines/further-picture.launch")),
    ("further-sound", include_str!("../../pipelines/further-sound.launch")),
    ("listen", include_str!("../../pipelines/listen.launch")),
    ("master", include_str!("../../pipelines/master.launch")),
    ("master-picture", include_str!("../../pipelines/master-picture.launch")),
    ("master-sound", include_str!("../../pipelines/master-sound.launch")),
    ("microphone", include_str!("../../pipelines/microphone.launch")),
    ("outgoing-picture", include_str!("../../pipelines/outgoing-picture.launch")),
    ("packets", include_str!("../../pipelines/packets.launch")),
    ("read-file", include_str!("../../pipelines/read-file.launch")),
    ("read-sound", include_str!("../../pipelines/read-sound.launch")),
    ("recording", include_str!("../../pipelines/recording.launch")),
    ("recording-copy", include_str!("../../pipelines/recording-copy.launch")),
    ("recording-picture", include_str!("../../pipelines/recording-picture.launch")),
    ("recording-sound", include_str!("../../pipelines/recording-sound.launch")),
    ("rewrite", include_str!("../../pipelines/rewrite.launch")),
    ("still", include_str!("../../pipelines/still.launch")),
    ("trial-audio", include_str!("../../pipelines/trial-audio.launch")),
    ("trial-video", include_str!("../../pipelines/trial-video.launch")),
    #[cfg(feature = "ui")]
    ("view", include_str!("../../pipelines/view.launch")),
];

/// Why a text cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// No such name.
    #[error("there is no pipeline called '{name}'; there are: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The override exists but cannot be read.
    #[error("the pipeline text {path} cannot be read: {cause}. Mend the file, or unset {OVERRIDE}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A slot that nobody fills.
    #[error("the pipeline text '{name}' has a slot {{{slot}}} that nothing fills; take it out or correct its name")]
    OpenSlot {
        /// Which text.
        name: String,
        /// Which slot.
        slot: String,
    },
}

/// One text, as it will be run.
#[derive(Clone, Debug)]
pub struct Text {
    name: String,
    body: String,
}

/// The names of all texts.
pub fn texts() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|t| t.0)
}

/// A table of ours (`encoders.toml`), from the override folder if it is there, else as built in.
pub(super) fn table(file: &str, built_in: &str) -> Result<String, TextError> {
    match overriding(file) {
        Some(path) => std::fs::read_to_string(&path).map_err(|cause| TextError::Unreadable { path, cause }),
        None => Ok(built_in.to_owned()),
    }
}

fn overriding(file: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(OVERRIDE).filter(|f| !f.is_empty())?;
    let path = PathBuf::from(folder).join(file);
    path.exists().then_some(path)
}

impl Text {
    /// The text of that name.
    pub fn load(name: &str) -> Result<Text, TextError> {
        let Some((_, built_in)) = BUILT_IN.iter().find(|t| t.0 == name) else {
            let known = texts().collect::<Vec<_>>().join(", ");
            return Err(TextError::Unknown { name: name.to_owned(), known });
        };
        let body = table(&format!("{name}.launch"), built_in)?;
        Ok(Text { name: name.to_owned(), body })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for: the first comment line.
    pub fn purpose(&self) -> &str {
        self.comments().next().unwrap_or_default()
    }

    /// The element names it promises.
    pub fn promised(&self) -> Vec<&str> {
        self.comments().filter_map(|c| c.strip_prefix("names:")).flat_map(str::split_whitespace).collect()
    }

    /// The graph in GStreamer's own syntax, comments gone and slots filled.
    pub fn filled(&self, slots: &[(&str, &str)]) -> Result<String, TextError> {
        let lines = self.body.lines().map(str::trim).filter(|l| !l.starts_with('#') && !l.is_empty());
        let mut graph = lines.collect::<Vec<_>>().join(" ");
        for (slot, value) in slots {
            graph = graph.replace(&format!("{{{slot}}}"), value);
        }
        match open_slot(&graph) {
            Some(slot) => Err(TextError::OpenSlot { name: self.name.clone(), slot }),
            None => Ok(graph.split_whitespace().collect::<Vec<_>>().join(" ")),
        }
    }

    /// This one with a branch of that number behind it, whose slots are filled and whose names are numbered.
    pub fn and(mut self, branch: &Text, slots: &[(&str, &str)], number: usize) -> Result<Text, TextError> {
        let names = branch.promised();
        let word = |word: &str| match word.strip_prefix("name=").filter(|name| names.contains(name)) {
            Some(_) => format!("{word}_{number}"),
            None => word.to_owned(),
        };
        let graph = branch.filled(slots)?;
        self.body.push('\n');
        self.body.push_str(&graph.split_whitespace().map(word).collect::<Vec<_>>().join(" "));
        Ok(self)
    }

    fn comments(&self) -> impl Iterator<Item = &str> {
        self.body.lines().filter_map(|l| l.trim().strip_prefix('#')).map(str::trim)
    }
}

/// `{word}` left in a graph; other braces are GStreamer's lists.
fn open_slot(graph: &str) -> Option<String> {
    graph.split('{').skip(1).find_map(|rest| {
        let (word, _) = rest.split_once('}')?;
        let is_slot = !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        is_slot.then(|| word.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::{Text, TextError, texts};

    #[test]
    fn every_text_says_what_it_is_for_and_what_it_promises() {
        for name in texts() {
            let text = Text::load(name).expect("built in");
            assert!(text.purpose().len() > 20, "{name}");
            assert!(!text.promised().is_empty(), "{name}");
        }
    }

    #[test]
    fn slots_are_filled_and_open_ones_refused_by_name() {
        let text = Text { name: "t".into(), body: "# x\n{source} name=a !\n fakesink {nobody}".into() };
        let refused = text.filled(&[("source", "videotestsrc")]);
        assert!(matches!(refused, Err(TextError::OpenSlot { slot, .. }) if slot == "nobody"));
        let filled = text.filled(&[("source", "videotestsrc"), ("nobody", "")]).expect("all filled");
        assert_eq!(filled, "videotestsrc name=a ! fakesink");
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let refused = Text::load("nonsense").expect_err("no such text").to_string();
        assert!(refused.contains("camera, far-picture"), "{refused}");
    }
}
