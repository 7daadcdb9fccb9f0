#!/bin/sh
# SPDX-License-Identifier: MIT
# test.sh: builds everything and passes every test.
set -eu
cd "$(dirname "$0")/.."
. tools/lib.sh
need_rust

say 'Building and testing (the first time takes a few minutes)'
cargo test --locked
say 'Every test passed'
