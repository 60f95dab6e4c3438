//! Archives of companies, taken apart and put together again.

#![expect(clippy::indexing_slicing, reason = "a test whose archive is another fails by panicking")]

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, io::Read, path::Path};

/// The files of an archive by their names.
#[must_use]
pub fn read(path: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(std::fs::File::open(path).expect("an archive")).entries().expect("an archive") {
        let mut entry = entry.expect("an archive");
        let name = entry.path().expect("an archive").to_string_lossy().into_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).expect("an archive");
        files.insert(name, text);
    }
    files
}

/// Writes an archive of which some rows are others, with a manifest that fits them.
pub fn write(path: &Path, files: &BTreeMap<String, String>, table: &str, edit: impl Fn(usize, &mut Value)) {
    let mut files = files.clone();
    let name = format!("tables/{table}.jsonl");
    let rows = files[&name].lines().enumerate().map(|(index, line)| {
        let mut row: Value = serde_json::from_str(line).expect("an archive");
        edit(index, &mut row);
        format!("{row}\n")
    });
    let text: String = rows.collect();
    let mut manifest: Value = serde_json::from_str(&files["manifest.json"]).expect("an archive");
    for declared in manifest["tables"].as_array_mut().expect("an archive") {
        if declared["name"] == table {
            declared["bytes"] = json!(text.len());
            declared["sha256"] = json!(hex::encode(Sha256::digest(text.as_bytes())));
        }
    }
    files.insert(name, text);
    let end = files.remove("manifest.json").map(|_| manifest.to_string()).expect("an archive");
    let mut tar = tar::Builder::new(std::fs::File::create(path).expect("an archive"));
    for (name, text) in files.into_iter().chain([("manifest.json".to_owned(), end)]) {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        tar.append_data(&mut header, name, text.as_bytes()).expect("an archive");
    }
    tar.into_inner().expect("an archive");
}
