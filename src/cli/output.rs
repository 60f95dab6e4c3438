//! What the program writes to the terminal.

/// A line for the operator at the terminal.
pub(super) fn print_line(text: &str) {
    use std::io::Write;
    let _closed = writeln!(std::io::stdout(), "{text}");
}

/// A line for the operator at the terminal, about what went wrong.
pub(super) fn print_error(text: &str) {
    use std::io::Write;
    let _closed = writeln!(std::io::stderr(), "{text}");
}
