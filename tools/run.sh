#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh: builds HyperZoom and does its main job once: ten seconds of the test picture and beep into a session
# folder, then what the file holds.
set -eu
cd "$(dirname "$0")/.."
. tools/lib.sh
need_rust

say 'Building (the first time takes a few minutes)'
cargo build --release --locked
# Through cargo, which alone knows where this machine keeps what it builds.
hyperzoom() { cargo run --quiet --release --locked -- "$@"; }

say 'Recording ten seconds from the test camera and the test microphone'
events=$(hyperzoom record --camera test --mic test --for 10 --json)
# The name as JSON holds it, without the backslashes that JSON puts before quotes and backslashes.
file=$(printf '%s\n' "$events" | sed -nE '/"recording-finished"/s/.*"file": *"(([^"\\]|\\.)*)".*/\1/p' | sed 's/\\\(.\)/\1/g')
[ -n "$file" ] || die 'the recording ended without naming its file. What it said:' "$events"

say "The recording is $file"
hyperzoom inspect "$file"
