// SPDX-License-Identifier: MIT
//! Arguments, face, exit code.

fn main() -> std::process::ExitCode {
    hyperzoom::cli::main()
}
