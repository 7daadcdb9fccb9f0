#!/bin/sh
# SPDX-License-Identifier: MIT
# screenshots.sh: pictures of every page, light and dark, large and small, into target/screenshots.
set -eu
cd "$(dirname "$0")/.."
. tools/lib.sh
need_rust
cargo test --locked --test tests window::gallery:: -- --ignored --nocapture
say 'The pictures are in target/screenshots'
