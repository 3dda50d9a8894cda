//! Follows paths to the files that define their items.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Module, Tree};

/// The lines of `from` that use items of `to`. Both are indices of modules that are whole files.
pub type Uses = BTreeMap<(usize, usize), BTreeSet<usize>>;

/// The meaning of a name.
#[derive(Clone, Copy, PartialEq)]
enum Meaning {
    /// A module of the crate.
    Module(usize),
    /// An item that is defined in this module.
    Item(usize),
}

/// Which meaning of a name counts where a module and a function have the same name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Prefer {
    Module,
    Item,
}

/// The names that are being looked up, each in its module. It guards against imports that refer to each other.
type Seen = BTreeSet<(usize, String, Prefer)>;

/// Returns which files use which others, with the lines.
pub fn uses_between_files(tree: &Tree) -> Uses {
    let resolver = Resolver { tree };
    let away = resolver.methods_away_from_their_type();
    let mut uses = Uses::new();
    for (index, module) in tree.modules.iter().enumerate() {
        let mut add = |to: usize, line: usize| {
            let (from, to) = (module.whole_file, tree.modules[to].whole_file);
            if from != to {
                uses.entry((from, to)).or_default().insert(line);
            }
        };
        let declared = &module.declared;
        for import in declared.imports.iter().filter(|import| !import.exported) {
            // An import of a module, or of all names in it, is not a use. The paths that begin with the imported name are uses. A
            // glob import of an item imports the variants of an enum.
            if let Some(to) = resolver.definer(index, &import.path, Prefer::Module) {
                add(to, import.line);
            }
        }
        for mention in &declared.mentions {
            if let Some(to) = resolver.definer(index, &mention.path, Prefer::Item) {
                add(to, mention.line);
            }
            for to in resolver.away_from(index, &mention.path, &away) {
                add(to, mention.line);
            }
        }
        let globs = resolver.modules_of_globs(index);
        for call in &declared.calls {
            for method in away.get(call.name.as_str()).into_iter().flatten() {
                add(method.module, call.line);
            }
            // A trait that is imported by name counts at its import.
            for &to in globs.iter().filter(|&&glob| tree.modules[glob].declared.trait_methods.contains(&call.name)) {
                add(to, call.line);
            }
        }
    }
    uses
}

/// An inherent method that is defined outside the file of its type.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Away {
    /// The module that defines the type.
    home: usize,
    /// The module that defines the method.
    module: usize,
}

struct Resolver<'a> {
    tree: &'a Tree,
}

impl Resolver<'_> {
    /// Returns the module that defines the item at `path`, as seen from the module `from`.
    ///
    /// A path that ends in a module or leads out of the crate has no such module.
    fn definer(&self, from: usize, path: &[String], prefer: Prefer) -> Option<usize> {
        match self.resolve(from, path, prefer, &mut Seen::new())? {
            Meaning::Item(module) => Some(module),
            Meaning::Module(_) => None,
        }
    }

    fn resolve(&self, from: usize, path: &[String], prefer: Prefer, seen: &mut Seen) -> Option<Meaning> {
        let mut rest = path;
        let mut current = from;
        let mut anchored = false;
        while let Some((first, after)) = rest.split_first() {
            match first.as_str() {
                "crate" if !anchored => current = 0,
                "self" if !anchored => {}
                // `super` may stand several times.
                "super" => current = self.tree.modules[current].parent?,
                _ => break,
            }
            anchored = true;
            rest = after;
        }
        let mut found = Meaning::Module(current);
        for (position, name) in rest.iter().enumerate() {
            let Meaning::Module(module) = found else { break };
            let prefer = if position + 1 == rest.len() { prefer } else { Prefer::Module };
            found = match self.look_up(module, name, prefer, seen) {
                Some(next) => next,
                // The module does not know the first name of a path without `crate`, `self` or `super`. The name is a macro of
                // a module above, or the path leads out of the crate.
                None if position == 0 && !anchored => Meaning::Item(self.macro_in_scope(module, name)?),
                // A macro generates the name. It belongs to the module that the path has reached.
                None => Meaning::Item(module),
            };
        }
        Some(found)
    }

    /// Returns what `name` stands for in `module`: a child, an item, or something imported.
    fn look_up(&self, module: usize, name: &str, prefer: Prefer, seen: &mut Seen) -> Option<Meaning> {
        if !seen.insert((module, name.to_string(), prefer)) {
            return None;
        }
        let meanings = self.meanings(module, name, prefer, seen);
        seen.remove(&(module, name.to_string(), prefer));
        let preferred = |found: &&Meaning| matches!(found, Meaning::Module(_)) == (prefer == Prefer::Module);
        meanings.iter().find(preferred).or(meanings.first()).copied()
    }

    fn meanings(&self, module: usize, name: &str, prefer: Prefer, seen: &mut Seen) -> Vec<Meaning> {
        let here = &self.tree.modules[module];
        let mut meanings = Vec::new();
        if let Some(&child) = here.children.get(name) {
            meanings.push(Meaning::Module(child));
        }
        if here.declared.items.contains(name) {
            meanings.push(Meaning::Item(module));
        }
        for import in here.declared.imports.iter().filter(|import| import.name.as_deref() == Some(name)) {
            meanings.extend(self.resolve(module, &import.path, prefer, seen));
        }
        if meanings.is_empty() {
            for import in here.declared.imports.iter().filter(|import| import.glob) {
                match self.resolve(module, &import.path, Prefer::Module, seen) {
                    Some(Meaning::Module(inside)) => meanings.extend(self.look_up(inside, name, prefer, seen)),
                    Some(Meaning::Item(home)) if self.tree.modules[home].declared.variants.contains(name) => {
                        meanings.push(Meaning::Item(home));
                    }
                    _ => {}
                }
            }
        }
        if meanings.is_empty() && module == 0 {
            let exports = |other: &Module| other.declared.exported_macros.contains(name);
            meanings.extend(self.tree.modules.iter().position(exports).map(Meaning::Item));
        }
        meanings
    }

    /// Returns the module whose macro `name` is in scope in `module` without a path: a module above, or one with `#[macro_use]`.
    fn macro_in_scope(&self, module: usize, name: &str) -> Option<usize> {
        let mut above = Some(module);
        while let Some(index) = above {
            let here = &self.tree.modules[index];
            if here.declared.macros.contains(name) {
                return Some(index);
            }
            if let Some(child) = here.macro_children.iter().find_map(|&child| self.macro_of_child(child, name)) {
                return Some(child);
            }
            above = here.parent;
        }
        None
    }

    fn macro_of_child(&self, child: usize, name: &str) -> Option<usize> {
        let here = &self.tree.modules[child];
        if here.declared.macros.contains(name) {
            return Some(child);
        }
        here.macro_children.iter().find_map(|&inner| self.macro_of_child(inner, name))
    }

    /// Returns the inherent methods that are defined outside the file of their type, by name.
    fn methods_away_from_their_type(&self) -> BTreeMap<&str, BTreeSet<Away>> {
        let mut away: BTreeMap<&str, BTreeSet<Away>> = BTreeMap::new();
        for (index, module) in self.tree.modules.iter().enumerate() {
            for method in &module.declared.methods {
                let Some(home) = self.definer(index, &method.of, Prefer::Item) else { continue };
                if self.tree.modules[home].whole_file != module.whole_file {
                    away.entry(&method.name).or_default().insert(Away { home, module: index });
                }
            }
        }
        away
    }

    /// Returns the modules that define the associated function at `path`, such as `Type::new`, outside the file of the type.
    fn away_from(&self, from: usize, path: &[String], away: &BTreeMap<&str, BTreeSet<Away>>) -> Vec<usize> {
        let Some((name, of)) = path.split_last() else { return Vec::new() };
        let methods = away.get(name.as_str()).into_iter().flatten();
        let home = self.definer(from, of, Prefer::Item);
        // The type behind `Self` is unknown here, like the type of the value in a method call.
        let is_self = of == ["Self"];
        methods.filter(|method| is_self || home == Some(method.home)).map(|method| method.module).collect()
    }

    /// Returns the modules whose names the glob imports of `module` bring into scope, by way of re-exports too.
    fn modules_of_globs(&self, module: usize) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        let mut waiting = vec![(module, false)];
        while let Some((from, passed_on)) = waiting.pop() {
            for import in self.tree.modules[from].declared.imports.iter().filter(|import| !passed_on || import.exported)
            {
                match self.resolve(from, &import.path, Prefer::Module, &mut Seen::new()) {
                    Some(Meaning::Module(inside)) if import.glob && reached.insert(inside) => {
                        waiting.push((inside, true));
                    }
                    Some(Meaning::Item(home)) if passed_on => {
                        reached.insert(home);
                    }
                    _ => {}
                }
            }
        }
        reached
    }
}
