//! Reading an archive that anybody may have made: every length has its own limit, and is looked at before anything is read.

use super::{FORMAT, MANIFEST, Manifest, ManifestTable, entry_name};
use db::transfer::TABLES;
use domain::{AppError, Code};
use kernel::{Error, Result};
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
};
use tar::EntryType;

/// The most bytes of the name of an entry; ours have fewer than forty.
const NAME_BYTES_MAX: usize = 255;
/// The most bytes of a manifest, which holds a few names and numbers and two small objects.
const MANIFEST_BYTES_MAX: u64 = 64 * 1024;
/// The most bytes of a row: a picture of a user and everything else of that user.
pub(in crate::transfer) const ROW_BYTES_MAX: usize = 1024 * 1024;
/// Characters of what an archive says that a message repeats.
const SHOWN: usize = 60;

fn bad(why: impl std::fmt::Display) -> Error {
    AppError::field(Code::FileUnreadable, "file", format!("This is not a tenant archive: {why}")).into()
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}

/// Reads an archive into `folder`, a file for each table, and checks every count and checksum against its manifest. Entries are
/// plain files with their names in the header (POSIX ustar): extensions, links, devices and sparse files are refused unread.
///
/// # Errors
/// [`AppError::Validation`] for a file that is not such an archive, or not whole.
pub(in crate::transfer) fn unpack(archive: &Path, folder: &Path) -> Result<Manifest> {
    let mut found: Vec<ManifestTable> = Vec::new();
    let mut manifest: Option<Manifest> = None;
    let mut tar = tar::Archive::new(File::open(archive)?);
    // Raw entries are what stands there: names and sizes of extensions are not read into memory, and nothing is expanded.
    for entry in tar.entries()?.raw(true) {
        let entry = entry.map_err(bad)?;
        if entry.header().entry_type() != EntryType::Regular {
            return Err(bad("it holds something else than files"));
        }
        let path = entry.path_bytes().into_owned();
        let path = String::from_utf8(path)
            .ok()
            .filter(|path| path.len() <= NAME_BYTES_MAX)
            .ok_or_else(|| bad("it holds a file without a name"))?;
        if manifest.is_some() {
            return Err(bad("something follows its manifest"));
        }
        if path == MANIFEST {
            if entry.size() > MANIFEST_BYTES_MAX {
                return Err(bad("its manifest is too large"));
            }
            let mut text = String::new();
            entry.take(MANIFEST_BYTES_MAX).read_to_string(&mut text).map_err(bad)?;
            manifest = Some(serde_json::from_str(&text).map_err(|error| {
                tracing::info!(%error, "a manifest that cannot be read");
                bad("its manifest is not one of an export")
            })?);
        } else if let Some(table) = TABLES.iter().find(|table| entry_name(table.name) == path) {
            if found.iter().any(|known| known.name == table.name) {
                return Err(bad(format!("it holds {} twice", table.name)));
            }
            found.push(take_table(entry, table.name, folder)?);
        } else {
            return Err(bad(format!("it holds {}", cut(&path))));
        }
    }
    let manifest = manifest.ok_or_else(|| bad("it has no manifest, so it is not whole"))?;
    if manifest.format != FORMAT {
        return Err(bad(format!("its format is {}, known is {FORMAT}", manifest.format)));
    }
    if manifest.tables.len() != TABLES.len() {
        return Err(bad("its manifest does not name each table once"));
    }
    for table in TABLES {
        let declared = manifest.tables.iter().find(|declared| declared.name == table.name);
        if declared.is_none() || declared != found.iter().find(|is| is.name == table.name) {
            return Err(bad(format!("the table {} is not as its manifest says", table.name)));
        }
    }
    Ok(manifest)
}

/// Copies one table's file and sums it up.
fn take_table(entry: impl Read, name: &str, folder: &Path) -> Result<ManifestTable> {
    let mut file = std::io::BufWriter::new(File::create(folder.join(name))?);
    let mut hash = Sha256::new();
    let mut table = ManifestTable { name: name.to_owned(), rows: 0, bytes: 0, sha256: String::new() };
    let mut entry = BufReader::new(entry);
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = u64::try_from(ROW_BYTES_MAX).unwrap_or(u64::MAX);
        if (&mut entry).take(limit + 1).read_until(b'\n', &mut line).map_err(bad)? == 0 {
            break;
        }
        table.rows += 1;
        if line.len() > ROW_BYTES_MAX {
            return Err(bad(format!("row {} of {name} has more than 1 MB", table.rows)));
        }
        hash.update(&line);
        file.write_all(&line)?;
        table.bytes += u64::try_from(line.len()).unwrap_or(0);
    }
    file.flush()?;
    table.sha256 = hex::encode(hash.finalize());
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(build: impl FnOnce(&mut tar::Builder<File>)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tar");
        let mut tar = tar::Builder::new(File::create(&path).unwrap());
        build(&mut tar);
        tar.into_inner().unwrap();
        match unpack(&path, folder.path()).unwrap_err() {
            Error::App(AppError::Validation(errors)) => errors.sentences(),
            other => unreachable!("{other}"),
        }
    }

    fn header(kind: EntryType, name: &str, size: u64) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        let field = &mut header.as_old_mut().name;
        field[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(size);
        header.set_cksum();
        header
    }

    #[test]
    fn nothing_is_expanded() {
        for kind in [
            EntryType::GNUSparse,
            EntryType::GNULongName,
            EntryType::XHeader,
            EntryType::XGlobalHeader,
            EntryType::Symlink,
            EntryType::Link,
            EntryType::Char,
            EntryType::Directory,
        ] {
            let text = refused(|tar| tar.append(&header(kind, "tables/users.jsonl", 3), &b"{}\n"[..]).unwrap());
            assert!(text.contains("something else than files"), "{kind:?}: {text}");
        }
    }

    #[test]
    fn lengths_are_looked_at_before_anything_is_read() {
        let twice = refused(|tar| {
            for _ in 0..2 {
                tar.append(&header(EntryType::Regular, "tables/users.jsonl", 3), &b"{}\n"[..]).unwrap();
            }
        });
        assert!(twice.contains("twice"), "{twice}");
        let long = vec![b'x'; ROW_BYTES_MAX + 2];
        let row = refused(|tar| tar.append(&header(EntryType::Regular, "tables/users.jsonl", long.len() as u64), long.as_slice()).unwrap());
        assert!(row.contains("row 1 of users has more than 1 MB"), "{row}");
        let manifest = refused(|tar| tar.append(&header(EntryType::Regular, MANIFEST, long.len() as u64), long.as_slice()).unwrap());
        assert!(manifest.contains("too large"), "{manifest}");
        let other = refused(|tar| tar.append(&header(EntryType::Regular, "../../etc/passwd", 0), &b""[..]).unwrap());
        assert!(other.contains("it holds ../../etc/passwd"), "{other}");
        assert!(refused(|_| {}).contains("no manifest"));
    }
}
