// SPDX-License-Identifier: MIT
//! What has to be said above all else, with what can be done about it.

use crate::ui::action::Action;

/// How serious it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

impl Banner {
    /// A message without more to do than reading it.
    pub fn new(tone: Tone, text: impl Into<String>) -> Banner {
        Banner { tone, text: text.into(), remedy: None }
    }

    /// With something to do about it.
    pub fn with(mut self, action: Action, value: Option<String>) -> Banner {
        self.remedy = Some(Remedy { action, value });
        self
    }
}
