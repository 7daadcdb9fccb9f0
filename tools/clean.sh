#!/bin/sh
# SPDX-License-Identifier: MIT
# clean.sh: removes everything that was built; recordings are elsewhere and stay.
set -eu
cd "$(dirname "$0")/.."
. tools/lib.sh
need_rust
cargo clean
