//! The one binary of Oneo.

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    oneo::cli::run(oneo::cli::Cli::parse())
}
