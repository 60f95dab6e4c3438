//! Asking the person at the terminal for what is missing.

use super::start::CliError;
use secrecy::SecretString;
use std::io::{BufRead, IsTerminal, Write};

fn failed(error: &std::io::Error) -> CliError {
    CliError::Other(error.to_string())
}

/// The value given, or what is typed; without a terminal a missing value is an error that names the option.
pub(super) fn or_ask(given: Option<String>, question: &str, option: &str) -> Result<String, CliError> {
    match given {
        Some(value) => Ok(value),
        None if std::io::stdin().is_terminal() => line(question),
        None => Err(CliError::Other(format!("{option} is missing"))),
    }
}

/// Asks for a line.
pub(super) fn line(question: &str) -> Result<String, CliError> {
    let mut out = std::io::stdout();
    write!(out, "{question}: ").and_then(|()| out.flush()).map_err(|error| failed(&error))?;
    first_line()
}

fn first_line() -> Result<String, CliError> {
    let mut text = String::new();
    std::io::stdin().lock().read_line(&mut text).map_err(|error| failed(&error))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// A secret: typed without being shown, or the first line of the input where there is no terminal.
pub(super) fn secret_line(question: &str) -> Result<SecretString, CliError> {
    let text = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(format!("{question}: ")).map_err(|error| failed(&error))?
    } else {
        first_line()?
    };
    Ok(SecretString::from(text))
}

/// A password: the first line of the input when told so, else typed without being shown. Empty means none.
pub(super) fn password(from_stdin: bool, ask: bool) -> Result<Option<SecretString>, CliError> {
    let text = if from_stdin {
        first_line()?
    } else if ask && std::io::stdin().is_terminal() {
        rpassword::prompt_password("Password (empty for a one-time link): ").map_err(|error| failed(&error))?
    } else {
        String::new()
    };
    Ok((!text.is_empty()).then(|| SecretString::from(text)))
}
