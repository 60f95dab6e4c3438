//! Which module depends on which.

use crate::reader::{Modules, Name};
use std::collections::{BTreeMap, BTreeSet};

/// How many re-exports are followed from one to the next.
const REEXPORTS_MAX: u8 = 8;

type Edges<'a> = BTreeMap<&'a Name, BTreeSet<Name>>;

/// The circles, each as its modules with those of the same circle on which they depend.
pub(crate) fn circles(modules: &Modules) -> Vec<Vec<(String, Vec<String>)>> {
    let edges = edges(modules);
    let reached: BTreeMap<&Name, BTreeSet<Name>> = modules.keys().map(|name| (name, reach(&edges, name))).collect();
    let leads = |from: &Name, to: &Name| reached.get(from).is_some_and(|reached| reached.contains(to));
    let mut seen = BTreeSet::new();
    let mut circles = Vec::new();
    for name in modules.keys().filter(|name| leads(name, name)) {
        let circle: BTreeSet<&Name> = modules.keys().filter(|other| leads(name, other) && leads(other, name)).collect();
        if !seen.contains(name) {
            let on = |module: &Name| edges.get(module).into_iter().flatten().filter(|to| circle.contains(to)).map(shown).collect();
            circles.push(circle.iter().map(|module| (shown(module), on(module))).collect());
            seen.extend(circle);
        }
    }
    circles
}

fn shown(name: &Name) -> String {
    if name.is_empty() { "crate".to_owned() } else { name.join("::") }
}

fn edges(modules: &Modules) -> Edges<'_> {
    let on =
        |name: &Name, paths: &BTreeSet<Name>| paths.iter().filter_map(|path| owner(modules, path, 0)).filter(|to| to != name).collect();
    modules.iter().map(|(name, module)| (name, on(name, &module.paths))).collect()
}

fn reach(edges: &Edges<'_>, from: &Name) -> BTreeSet<Name> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from.clone()];
    while let Some(name) = open.pop() {
        open.extend(edges.get(&name).into_iter().flatten().filter(|to| reached.insert((*to).clone())).cloned());
    }
    reached
}

/// The module that has what a path names.
fn owner(modules: &Modules, path: &Name, followed: u8) -> Option<Name> {
    let (name, rest) = (0..=path.len()).rev().map(|length| path.split_at(length)).find(|(name, _)| modules.contains_key(*name))?;
    let import = rest.split_first().and_then(|(item, rest)| Some((modules.get(name)?.imports.get(item)?, rest)));
    match import {
        Some((to, rest)) if followed < REEXPORTS_MAX => owner(modules, &[to.as_slice(), rest].concat(), followed + 1),
        _ => Some(name.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir, write};

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            if let Some((folder, _)) = name.split_once('/') {
                let _there = create_dir(root.path().join(folder));
            }
            write(root.path().join(name), text).unwrap();
        }
        let circles = super::circles(&crate::reader::read(root.path()).unwrap());
        circles.iter().map(|circle| circle.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn a_circle_is_found_and_a_line_is_none() {
        let lib = ("lib.rs", "mod a; mod b; mod c;");
        assert_eq!(found(&[lib, ("a.rs", "use crate::b::B;"), ("b.rs", "use super::c;"), ("c.rs", "fn c() {}")]), Vec::<String>::new());
        assert_eq!(
            found(&[lib, ("a.rs", "use crate::b::B;"), ("b.rs", "fn f() { super::c::g(); }"), ("c.rs", "use super::a;")]),
            ["a b c"]
        );
    }

    #[test]
    fn a_reexport_leads_to_what_it_exports() {
        let a = ("a.rs", "mod x; mod y; pub use x::X; pub use y::Y;");
        assert_eq!(found(&[("lib.rs", "mod a;"), a, ("a/x.rs", "use super::Y;"), ("a/y.rs", "pub struct Y;")]), Vec::<String>::new());
        assert_eq!(found(&[("lib.rs", "mod a;"), a, ("a/x.rs", "use super::{Y,};"), ("a/y.rs", "use crate::a::X;")]), ["a::x a::y"]);
    }

    #[test]
    fn a_parent_that_uses_its_child_is_not_used_by_it() {
        let a = "mod x; fn f() { x::g() } pub struct Z;";
        assert_eq!(found(&[("lib.rs", "mod a;"), ("a.rs", a), ("a/x.rs", "use super::Z;")]), ["a a::x"]);
        let tests = "pub fn g() {} #[cfg(test)] mod tests { use crate::a::Z; }";
        assert_eq!(found(&[("lib.rs", "mod a;"), ("a.rs", a), ("a/x.rs", tests)]), Vec::<String>::new());
    }
}
