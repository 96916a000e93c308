//! The `wecom` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    wecom::cli::main()
}
