//! `docs/API.md` is made of what is registered and of the registry of operations; `docs/AUTHORIZATION.md` is the authorization
//! matrix itself. `make docs` writes them; these tests fail when they are stale.

use crate::authorization::{ACTORS, matrix};
use domain::{
    Code, Operation, Permission,
    operation::{OperationKind, OperationSite, Reauthentication, Rule, operation_list},
    role::SYSTEM_ROLES,
};
use quote::ToTokens;
use std::{collections::BTreeMap, fmt::Write, path::Path};

/// The names that each `#[server]` function of the app takes, by its path, and whether each may be left out.
fn functions(folder: &Path, found: &mut BTreeMap<String, BTreeMap<String, bool>>) {
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

fn read(item: &syn::ItemFn, found: &mut BTreeMap<String, BTreeMap<String, bool>>) {
    let Some(server) = item.attrs.iter().find(|attribute| attribute.path().is_ident("server")) else { return };
    let text = server.meta.to_token_stream().to_string();
    let quoted: Vec<&str> = text.split('"').skip(1).step_by(2).collect();
    let taken = item.sig.inputs.iter().filter_map(|input| match input {
        syn::FnArg::Typed(argument) => {
            let optional = argument.attrs.iter().any(|attribute| attribute.path().is_ident("server"));
            Some((argument.pat.to_token_stream().to_string(), optional))
        }
        syn::FnArg::Receiver(_) => None,
    });
    found.insert(format!("{}/{}", quoted[0], quoted[1]), taken.collect());
}

/// What a form says besides what its operation takes: where to go on.
const SURFACE: [&str; 3] = ["next", "then", "from_user"];

/// A form takes what the registry says its operation takes, and leaves out nothing that is required.
#[test]
fn server_functions_take_what_their_operations_take() {
    let mut sources = BTreeMap::new();
    functions(&Path::new(env!("CARGO_MANIFEST_DIR")).join("app/src"), &mut sources);
    for entry in matrix() {
        let Some(taken) = sources.get(&entry.path) else { continue };
        let input = entry.operation.input;
        for (name, optional) in taken.iter().filter(|(name, _)| !SURFACE.contains(&name.as_str())) {
            let known = input.iter().find(|input| input.name == name);
            assert_eq!(known.map(|input| input.optional), Some(*optional), "{}: {name} is not what the registry says", entry.path);
        }
        let missing = input.iter().find(|input| !input.optional && !taken.contains_key(input.name));
        assert!(missing.is_none(), "{}: {missing:?} is required and not taken", entry.path);
    }
}

/// Who may, in words.
fn permitted(rule: Rule) -> String {
    let names = |permissions: &[Permission], between: &str| {
        permissions.iter().map(|permission| format!("`{}`", permission.as_str())).collect::<Vec<_>>().join(between)
    };
    match rule {
        Rule::Anyone => "anyone".to_owned(),
        Rule::SignedIn => "any signed-in user".to_owned(),
        Rule::Holds(all) => names(all, " and "),
        Rule::HoldsAny(some) => names(some, " or "),
        Rule::PlatformStaff => "platform admins and support".to_owned(),
        Rule::PlatformAdmin => "platform admins".to_owned(),
    }
}

fn inputs(operation: &Operation) -> String {
    let input = |input: &domain::operation::Input| {
        format!("`{}` {}{}", input.name, input.kind.label(), if input.optional { ", optional" } else { "" })
    };
    operation.input.iter().map(input).collect::<Vec<_>>().join("; ")
}

fn reauthenticates(operation: &Operation) -> &'static str {
    match operation.reauthentication {
        Reauthentication::Never => "",
        Reauthentication::Sometimes => "sometimes",
        Reauthentication::Always => "always",
    }
}

fn kind(operation: &Operation) -> &'static str {
    match operation.kind {
        OperationKind::Read => "read",
        OperationKind::Write => "write",
        OperationKind::Destructive => "destructive",
    }
}

fn written() -> String {
    let mut text = String::from(
        "# What answers\n\nMade by `make docs` from the registered routes and the registry of operations (`crates/domain/src/operation`); a test fails when it is stale.\n\n\
         A server function takes POST with a form (`application/x-www-form-urlencoded`, or `multipart/form-data` where there is a file) from its own\n\
         origin. With `Accept: text/html` it answers 303: on to the result, or back to the form with its errors. Without it, it answers with the bare\n\
         status and JSON. On a page, 401 leads to `/login`. Downloads that take a reauthentication lead a browser to `/reauthenticate` and back.\n",
    );
    let matrix = matrix();
    for (site, title) in [("platform", "The platform site (the bare domain)"), ("tenant", "A tenant's site (a tenant's domain)")] {
        let _ = write!(text, "\n## {title}\n\n### Pages and downloads\n\n| path | operation | who |\n|---|---|---|\n");
        for entry in matrix.iter().filter(|entry| entry.site == site && !entry.path.starts_with("/api/")) {
            let _ = writeln!(text, "| `{}` | `{}` | {} |", entry.path, entry.operation.name, permitted(entry.operation.rule));
        }
        let _ = write!(
            text,
            "\n### Operations\n\nA server function answers at `/api/{site}/` and the name of its operation.\n\n\
             | operation | what it does | kind | takes | gives | who | reauthentication |\n|---|---|---|---|---|---|---|\n"
        );
        let mut operations: Vec<&Operation> = operation_list()
            .filter(|operation| match operation.site {
                OperationSite::Both => true,
                OperationSite::Platform => site == "platform",
                OperationSite::Tenant => site == "tenant",
            })
            .collect();
        operations.sort_by_key(|operation| operation.name);
        for operation in operations {
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} | {} | {} | {} |",
                operation.name,
                operation.about,
                kind(operation),
                inputs(operation),
                if operation.output.is_empty() { String::new() } else { format!("`{}`", operation.output) },
                permitted(operation.rule),
                reauthenticates(operation)
            );
        }
    }
    text.push_str(
        "\n## Errors\n\nAn error is `{\"status\", \"code\", \"message\", \"errors\"}`: the HTTP status, a code that never changes its meaning, a sentence for people, and the fields\n\
         it is about, each with a code and a sentence of its own. 429 and 503 also come with `Retry-After`. 400 malformed, 401 nobody signed in, 403 not\n\
         allowed, 404 not found, 409 clashes, 413 too large, 422 some fields need attention, 429 too many tries, 503 a service does not answer.\n\n\
         | code | what it says |\n|---|---|\n",
    );
    for code in Code::ALL {
        let _ = writeln!(text, "| `{code}` | {} |", code.about());
    }
    text
}

/// How far a thing reaches for whoever is let in: what is one's own, everything of the site, or what anybody may see.
fn reach(operation: &Operation) -> &'static str {
    match operation.rule {
        Rule::Anyone => "none",
        Rule::SignedIn => "own",
        _ => "all",
    }
}

/// The matrix: what each role permits and how far, and what each actor gets of everything that answers.
fn matrix_text() -> String {
    let mut text = String::from(
        "# Who may do what\n\nMade by `make docs` from the roles and from the rules of the registry of operations. Tests ask all of it of the running application, each actor\n\
         with a body that succeeds for the mightiest; one fails when this page is stale, and another one when something answers whose operation is not known.\n\n## Roles by permission and scope\n\n\
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
    let matrix = matrix();
    for (site, title) in [("platform", "The platform site"), ("tenant", "A tenant's site")] {
        let _ = write!(
            text,
            "\n## {title}\n\n`yes`, or the status of the refusal.\n\n| path | scope | {} |\n|---|---|{}\n",
            ACTORS.join(" | "),
            "---|".repeat(9)
        );
        let mut rows: Vec<_> = matrix.iter().filter(|entry| entry.site == site).collect();
        rows.sort_by_key(|entry| (entry.path.starts_with("/api/"), entry.path.as_str()));
        for entry in rows {
            let cell = |status: &u16| if *status == 200 { "yes".to_owned() } else { status.to_string() };
            let cells: Vec<String> = entry.statuses.iter().map(cell).collect();
            let _ = writeln!(text, "| `{}` | {} | {} |", entry.path, reach(entry.operation), cells.join(" | "));
        }
    }
    text
}

#[test]
fn the_matrix_is_written_down() {
    fresh("docs/AUTHORIZATION.md", &matrix_text());
}

#[test]
fn api_docs_are_not_stale() {
    fresh("docs/API.md", &written());
}

pub fn fresh(name: &str, written: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("ONEO_WRITE_DOCS").is_some() {
        std::fs::write(&path, written).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), written, "run `make docs`");
}
