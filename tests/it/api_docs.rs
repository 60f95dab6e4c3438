//! `docs/API.md` is made of what is registered, the sources of the server functions and the authorization matrix;
//! `docs/AUTHORIZATION.md` is the matrix itself. `make docs` writes them; these tests fail when they are stale.

use crate::authorization::{ACTORS, MATRIX};
use domain::{Permission, role::SYSTEM_ROLES};
use quote::ToTokens;
use std::{collections::BTreeMap, fmt::Write, path::Path};

struct Function {
    about: String,
    fields: String,
}

/// Every `#[server]` function of the app, by its path.
fn functions(folder: &Path, found: &mut BTreeMap<String, Function>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap();
            for item in file.items {
                if let syn::Item::Fn(item) = item {
                    read(&item, found);
                }
            }
        }
    }
}

fn read(item: &syn::ItemFn, found: &mut BTreeMap<String, Function>) {
    let Some(server) = item.attrs.iter().find(|attribute| attribute.path().is_ident("server")) else { return };
    let text = server.meta.to_token_stream().to_string();
    let quoted: Vec<&str> = text.split('"').skip(1).step_by(2).collect();
    let about = item.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) => Some(pair.value.to_token_stream().to_string().trim_matches('"').trim().to_owned()),
        _ => None,
    });
    let fields = item.sig.inputs.iter().filter_map(|input| match input {
        syn::FnArg::Typed(argument) => {
            let optional = argument.attrs.iter().any(|attribute| attribute.path().is_ident("server"));
            let kind = argument.ty.to_token_stream().to_string().replace(' ', "");
            let kind = match kind.as_str() {
                "String" => "text",
                "i64" => "number",
                "bool" => "`true` or nothing",
                "BTreeMap<String,String>" => "a value for each known key, as `fields[key]`",
                _ => "pairs of the list's address",
            };
            Some(format!("`{}` {kind}{}", argument.pat.to_token_stream(), if optional { ", optional" } else { "" }))
        }
        syn::FnArg::Receiver(_) => None,
    });
    let function = Function { about: about.collect::<Vec<_>>().join(" "), fields: fields.collect::<Vec<_>>().join("; ") };
    found.insert(format!("{}/{}", quoted[0], quoted[1]), function);
}

/// Who may, in words.
fn permitted(statuses: &[u16; 9]) -> String {
    if statuses.iter().all(|status| *status == 200) {
        return "anybody".to_owned();
    }
    ACTORS.iter().zip(statuses).filter(|(_, status)| **status == 200).map(|(actor, _)| *actor).collect::<Vec<_>>().join(", ")
}

/// What others get.
fn refused(statuses: &[u16; 9]) -> String {
    let mut codes: Vec<String> = statuses.iter().filter(|status| **status != 200).map(u16::to_string).collect();
    codes.sort();
    codes.dedup();
    codes.join(", ")
}

fn written() -> String {
    let mut sources = BTreeMap::new();
    functions(&Path::new(env!("CARGO_MANIFEST_DIR")).join("app/src"), &mut sources);
    let upload = Function {
        about: "Brings a company in from an archive: a multipart form, of which the file is read to disk. Leads to its job.".to_owned(),
        fields: "`name` text, optional; `domain` text; `password` text, optional; `file` the archive, last".to_owned(),
    };
    sources.insert("/api/platform/tenant_import".to_owned(), upload);
    let users = Function {
        about: "Brings a list of people in: a multipart form, of which the file is read to disk. Leads to its draft.".to_owned(),
        fields: "`file` the list as CSV".to_owned(),
    };
    sources.insert("/api/tenant/user_import_upload".to_owned(), users);
    let logo = Function {
        about: "Sets the logo: a multipart form with a picture, of which the pixels are kept.".to_owned(),
        fields: "`file` the picture".to_owned(),
    };
    sources.insert("/api/tenant/logo_set".to_owned(), logo);
    let photo = Function {
        about: "Sets the picture of oneself: a multipart form with a picture, of which the pixels are kept.".to_owned(),
        fields: "`file` the picture".to_owned(),
    };
    sources.insert("/api/tenant/photo_set".to_owned(), photo);
    let mut text = String::from(
        "# What answers\n\nMade by `make docs` from the registered routes, the server functions and the authorization matrix; a test fails when it is stale.\n\n\
         A server function takes POST with a form (`application/x-www-form-urlencoded`) from its own origin. With `Accept: text/html` it answers\n\
         303: on to the result, or back to the form with its errors. Without it, it answers with the bare status and JSON: 400 malformed,\n\
         401 nobody signed in, 403 not allowed, 404 not found, 409 clashes, 413 too large, 422 some fields need attention, 429 too many tries,\n\
         503 a service does not answer (the last two with `Retry-After`). On a page, 401 leads to `/login`.\n",
    );
    for (site, title) in [("platform", "The platform site (the bare domain)"), ("tenant", "A tenant's site (a tenant's domain)")] {
        let _ = write!(text, "\n## {title}\n\n### Pages and downloads\n\n| path | who | others |\n|---|---|---|\n");
        for (_, path, statuses) in MATRIX.iter().filter(|(of, path, _)| *of == site && !path.starts_with("/api/")) {
            let _ = writeln!(text, "| `{path}` | {} | {} |", permitted(statuses), refused(statuses));
        }
        let _ = write!(text, "\n### Server functions\n\n| path | what it does | fields | who | others |\n|---|---|---|---|---|\n");
        for (_, path, statuses) in MATRIX.iter().filter(|(of, path, _)| *of == site && path.starts_with("/api/")) {
            let function = &sources[*path];
            let _ =
                writeln!(text, "| `{path}` | {} | {} | {} | {} |", function.about, function.fields, permitted(statuses), refused(statuses));
        }
    }
    text
}

/// How far a thing reaches for whoever is let in: what is one's own, everything of the site, or what anybody may see.
fn scope(path: &str, statuses: &[u16; 9]) -> &'static str {
    let own = ["account", "mfa", "password_set", "session_end", "theme_set", "sign_out", "reauthenticate"];
    let name = path.rsplit('/').next().unwrap_or_default();
    if statuses.iter().all(|status| *status == 200) {
        "none"
    } else if path.starts_with("/account") || own.iter().any(|word| name.starts_with(word)) && !name.starts_with("session_end") {
        "own"
    } else {
        "all"
    }
}

/// The matrix: what each role permits and how far, and what each actor gets of everything that answers.
fn matrix() -> String {
    let mut text = String::from(
        "# Who may do what\n\nMade by `make docs` from the roles and from the matrix that the tests ask of the running application, each actor with a body that succeeds for\n\
         the mightiest; a test fails when it is stale, and another one when something answers that is not in it.\n\n## Roles by permission and scope\n\n\
         `own`: records of one's own; `all`: all of the company. What the company's own roles permit is up to the company.\n\n| permission |",
    );
    for role in &SYSTEM_ROLES {
        let _ = write!(text, " {} |", role.name);
    }
    text.push_str(&format!("\n|---|{}\n", "---|".repeat(SYSTEM_ROLES.len())));
    for permission in Permission::ALL {
        let _ = write!(text, "| `{}` |", permission.as_str());
        for role in &SYSTEM_ROLES {
            let _ = write!(text, " {} |", role.permission_set().scope(permission).map_or("", |scope| scope.as_str()));
        }
        text.push('\n');
    }
    for (site, title) in [("platform", "The platform site"), ("tenant", "A tenant's site")] {
        let _ = write!(
            text,
            "\n## {title}\n\n`yes`, or the status of the refusal.\n\n| path | scope | {} |\n|---|---|{}\n",
            ACTORS.join(" | "),
            "---|".repeat(9)
        );
        let mut rows: Vec<_> = MATRIX.iter().filter(|(of, ..)| *of == site).collect();
        rows.sort_by_key(|(_, path, _)| (path.starts_with("/api/"), *path));
        for (_, path, statuses) in rows {
            let cells: Vec<String> =
                statuses.iter().map(|status| if *status == 200 { "yes".to_owned() } else { status.to_string() }).collect();
            let _ = writeln!(text, "| `{path}` | {} | {} |", scope(path, statuses), cells.join(" | "));
        }
    }
    text
}

#[test]
fn the_matrix_is_written_down() {
    fresh("docs/AUTHORIZATION.md", &matrix());
}

#[test]
fn api_docs_are_not_stale() {
    fresh("docs/API.md", &written());
}

fn fresh(name: &str, written: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("ONEO_WRITE_DOCS").is_some() {
        std::fs::write(&path, written).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), written, "run `make docs`");
}
