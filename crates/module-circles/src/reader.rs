//! What the files of a crate import, and which paths they name.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
};

/// The path of a module within its crate.
pub(crate) type Name = Vec<String>;

/// The modules of a crate, as far as each is a file.
pub(crate) type Modules = BTreeMap<Name, Module>;

/// One file.
#[derive(Default)]
pub(crate) struct Module {
    /// What it imports, by the name that it goes by here.
    pub imports: BTreeMap<String, Name>,
    /// The paths within the crate that it names, public re-exports left out.
    pub paths: BTreeSet<Name>,
}

/// Reads the crate whose `lib.rs` or `main.rs` lies in `root`.
///
/// # Errors
/// For files that cannot be read or are not Rust.
pub(crate) fn read(root: &Path) -> io::Result<Modules> {
    let mut modules = Modules::new();
    for file in ["lib.rs", "main.rs"].map(|name| root.join(name)).into_iter().filter(|file| file.exists()) {
        module(root, Vec::new(), &file, &mut modules)?;
    }
    Ok(modules)
}

fn module(folder: &Path, name: Name, file: &Path, modules: &mut Modules) -> io::Result<()> {
    let stream: TokenStream =
        std::fs::read_to_string(file)?.parse().map_err(|error| io::Error::other(format!("{}: {error}", file.display())))?;
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let declared = tokens.windows(3).filter_map(|window| match window {
        [word, child, end] if is_word(word, "mod") && is_punct(end, ';') => word_of(child),
        _ => None,
    });
    let children: BTreeSet<String> = declared.collect();
    let mut reader = Reader { name: &name, children: &children, module: Module::default() };
    reader.tokens(&tokens);
    let read = reader.module;
    for child in &children {
        let place = [folder.join(format!("{child}.rs")), folder.join(child).join("mod.rs")].into_iter().find(|place| place.exists());
        if let Some(place) = place {
            module(&folder.join(child), [name.as_slice(), std::slice::from_ref(child)].concat(), &place, modules)?;
        }
    }
    modules.insert(name, read);
    Ok(())
}

fn word_of(token: &TokenTree) -> Option<String> {
    if let TokenTree::Ident(word) = token { Some(word.to_string()) } else { None }
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_punct(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}

fn group(token: &TokenTree, delimiter: Delimiter) -> Option<Vec<TokenTree>> {
    match token {
        TokenTree::Group(group) if group.delimiter() == delimiter => Some(group.stream().into_iter().collect()),
        _ => None,
    }
}

/// What follows `::`, if that is next.
fn after_colons(tokens: &[TokenTree]) -> Option<&[TokenTree]> {
    match tokens {
        [one, two, rest @ ..] if is_punct(one, ':') && is_punct(two, ':') => Some(rest),
        _ => None,
    }
}

struct Reader<'a> {
    name: &'a Name,
    children: &'a BTreeSet<String>,
    module: Module,
}

impl Reader<'_> {
    /// A path as seen from the root of the crate; `None` when it leads out of it or is none.
    fn absolute(&self, path: &[String]) -> Option<Name> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([self.name.as_slice(), rest].concat()),
            "super" => {
                let up = path.iter().take_while(|part| *part == "super").count();
                let base = self.name.get(..self.name.len().checked_sub(up)?)?;
                Some([base, path.get(up..)?].concat())
            }
            child if self.children.contains(child) => Some([self.name.as_slice(), path].concat()),
            _ => None,
        }
    }

    fn tokens(&mut self, tokens: &[TokenTree]) {
        let mut rest = tokens;
        let mut is_public = false;
        let mut follows_colons = false;
        while let Some((first, next)) = rest.split_first() {
            rest = next;
            let was_public = std::mem::take(&mut is_public);
            let is_tail = std::mem::replace(&mut follows_colons, is_punct(first, ':'));
            if is_punct(first, '#') && rest.first().is_some_and(|token| token.to_string().replace(' ', "") == "[cfg(test)]") {
                // What only tests need.
                let end = rest.iter().position(|token| is_punct(token, ';') || group(token, Delimiter::Brace).is_some());
                rest = end.and_then(|end| rest.get(end + 1..)).unwrap_or_default();
            } else if let TokenTree::Group(inner) = first {
                self.tokens(&inner.stream().into_iter().collect::<Vec<_>>());
            } else if is_word(first, "pub") {
                is_public = true;
                if rest.first().is_some_and(|token| group(token, Delimiter::Parenthesis).is_some()) {
                    rest = rest.get(1..).unwrap_or_default();
                }
            } else if is_word(first, "use") {
                let end = rest.iter().position(|token| is_punct(token, ';')).unwrap_or(rest.len());
                let (tree, after) = rest.split_at(end);
                self.import(tree, was_public);
                rest = after;
            } else if let Some(word) = word_of(first)
                && !is_tail
            {
                let mut path = vec![word];
                while let Some((part, after)) = after_colons(rest).and_then(<[TokenTree]>::split_first)
                    && let Some(part) = word_of(part)
                {
                    path.push(part);
                    rest = after;
                }
                if path.len() > 1 {
                    let named = self.absolute(&path);
                    self.module.paths.extend(named);
                }
            }
        }
    }

    fn import(&mut self, tree: &[TokenTree], is_public: bool) {
        let mut leaves = Vec::new();
        leaves_of(tree, &[], &mut leaves);
        for (path, name) in leaves {
            if let Some(path) = self.absolute(&path) {
                if !is_public {
                    self.module.paths.insert(path.clone());
                }
                self.module.imports.insert(name, path);
            }
        }
    }
}

/// What a `use` imports: each path, and the name that it goes by.
fn leaves_of(tree: &[TokenTree], prefix: &[String], leaves: &mut Vec<(Name, String)>) {
    for part in tree.split(|token| is_punct(token, ',')).filter(|part| !part.is_empty()) {
        let (part, alias) = match part.iter().position(|token| is_word(token, "as")) {
            Some(at) => (part.get(..at).unwrap_or_default(), part.get(at + 1).and_then(word_of)),
            None => (part, None),
        };
        let mut path = prefix.to_vec();
        path.extend(part.iter().filter_map(word_of));
        if let Some(inner) = part.last().and_then(|token| group(token, Delimiter::Brace)) {
            leaves_of(&inner, &path, leaves);
            continue;
        }
        if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
            path.pop();
        }
        if let Some(name) = alias.or_else(|| path.last().cloned()) {
            leaves.push((path, name));
        }
    }
}
