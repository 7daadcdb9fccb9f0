#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh: builds HyperZoom and opens its window. Where there is no display it does its main job once instead: a call of
# two on this machine, with test sources and real sockets, each with a master of its own, lined up at the end. What it
# found is printed.
set -eu
cd "$(dirname "$0")/.."
. tools/lib.sh
need_rust

say 'Building (the first time takes a few minutes)'
cargo build --release --locked
# Through cargo, which alone knows where this machine keeps what it builds.
hyperzoom() { cargo run --quiet --release --locked -- "$@"; }

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || [ "$(uname -s)" = Darwin ]; then
    say 'Opening the window'
    hyperzoom
else
    say 'Playing a call of two on this machine, fifteen seconds'
    hyperzoom demo
fi
