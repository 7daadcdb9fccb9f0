// SPDX-License-Identifier: MIT
//! Keys on a terminal, as they are pressed.

/// What they ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Pause, or go on.
    Pause,
    /// The end.
    Stop,
}

/// The guard: the terminal is as it was when it goes out of scope.
pub struct Keys {
    #[cfg(unix)]
    was: libc::termios,
}

#[cfg(unix)]
impl Keys {
    /// Tells each key; nothing where there is no terminal to press them on.
    pub fn watch(tell: impl Fn(Key) + Send + 'static) -> Option<Keys> {
        use std::io::{IsTerminal, Read};
        if !std::io::stdin().is_terminal() {
            return None;
        }
        // SAFETY: a structure of numbers, filled by the call that follows.
        let mut was: libc::termios = unsafe { std::mem::zeroed() };
        // SAFETY: standard input is a terminal, and the structure is ours.
        if unsafe { libc::tcgetattr(libc::STDIN_FILENO, &mut was) } != 0 {
            return None;
        }
        let mut plain = was;
        plain.c_lflag &= !(libc::ICANON | libc::ECHO);
        // SAFETY: the same.
        if unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, &plain) } != 0 {
            return None;
        }
        // It ends with the program: a read of a terminal can't be called off.
        std::thread::spawn(move || {
            for byte in std::io::stdin().lock().bytes().map_while(Result::ok) {
                match byte {
                    b'p' | b'P' | b' ' => tell(Key::Pause),
                    b'q' | b'Q' => tell(Key::Stop),
                    _ => {}
                }
            }
        });
        Some(Keys { was })
    }
}

#[cfg(unix)]
impl Drop for Keys {
    fn drop(&mut self) {
        // SAFETY: as it was found.
        unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, &self.was) };
    }
}

#[cfg(not(unix))]
impl Keys {
    /// Not here yet: Ctrl-C ends a recording.
    pub fn watch(_tell: impl Fn(Key) + Send + 'static) -> Option<Keys> {
        None
    }
}
