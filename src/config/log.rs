//! What is logged.

use super::Lookup;

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line, so that nothing typed can forge a line.
    Json,
}

/// What is logged, and how.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// How a line looks.
    pub format: LogFormat,
    /// The filter, as `tracing` reads it.
    pub filter: String,
    /// Whether statements are logged and errors detailed; only on this machine.
    pub debug: bool,
}

impl LogConfig {
    pub(super) fn read(get: Lookup<'_>, local: bool, errors: &mut Vec<String>) -> Option<Self> {
        let format = match get("LOG_FORMAT").as_deref() {
            None if local => LogFormat::Text,
            None | Some("json") => LogFormat::Json,
            Some("text") => LogFormat::Text,
            Some(_) => {
                errors.push("LOG_FORMAT is text or json".to_owned());
                return None;
            }
        };
        let debug = match get("DEBUG").as_deref() {
            None | Some("false" | "0") => false,
            Some("true" | "1") => true,
            Some(_) => {
                errors.push("DEBUG is true or false".to_owned());
                return None;
            }
        };
        if debug && !local {
            errors.push("DEBUG is for localhost only".to_owned());
        }
        let filter = get("LOG_FILTER").unwrap_or_else(|| if debug { "info,oneo=debug".to_owned() } else { "info".to_owned() });
        Some(Self { format, filter, debug })
    }
}
