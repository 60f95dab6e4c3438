//! `module-circles <folder of sources>..`: which files of a crate depend on one another in a circle.
//!
//! A file depends on another when it names a path that leads there. A public re-export is no dependency of the file that it stands
//! in: a path through it leads to the file that has the item. Methods, and paths that a macro puts together, are not seen.

mod graph;
mod reader;

use std::{io::Write, path::PathBuf, process::ExitCode};

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut found = false;
    let mut out = std::io::stdout();
    for root in std::env::args_os().skip(1).map(PathBuf::from) {
        for circle in graph::circles(&reader::read(&root)?) {
            found = true;
            writeln!(out, "{}: these depend on one another", root.display())?;
            for (module, on) in circle {
                writeln!(out, "    {module} -> {}", on.join(", "))?;
            }
        }
    }
    Ok(if found { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
