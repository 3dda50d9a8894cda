//! Groups modules that use each other in a circle.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::path::{Path, PathBuf};

use super::resolve::Uses;
use super::tree::Tree;

/// A set of modules in which each uses each other, directly or through others: a strongly connected component.
#[derive(Debug, Clone, PartialEq)]
pub struct Cycle {
    /// The name of the crate.
    pub package: String,
    /// The paths of the modules, sorted. The root of the crate has the path `crate`.
    pub modules: Vec<String>,
    /// The uses that close a shortest cycle among the modules, in its order.
    pub shortest: Vec<Use>,
}

/// The lines at which one module uses another.
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    /// The path of the module that uses the other.
    pub from: String,
    /// The path of the module that is used.
    pub to: String,
    /// The file of `from`, relative to the folder of the crate.
    pub file: PathBuf,
    /// The file of `to`, relative to the folder of the crate.
    pub target: PathBuf,
    /// Line numbers from 1, sorted.
    pub lines: Vec<usize>,
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "crate `{}` has a cycle of modules: {}", self.package, self.modules.join(", "))?;
        for part in &self.shortest {
            let lines: Vec<String> = part.lines.iter().map(usize::to_string).collect();
            let file = part.file.display();
            write!(f, "\n  {} uses {}: {file}, line {}", part.from, part.to, lines.join(", "))?;
        }
        Ok(())
    }
}

/// Returns the cycles among the files of `tree`, sorted by their modules.
pub fn cycles(package: &str, folder: &Path, tree: &Tree, uses: &Uses) -> Vec<Cycle> {
    let count = tree.modules.len();
    let mut found = Vec::new();
    let mut done: BTreeSet<usize> = BTreeSet::new();
    for start in 0..count {
        if done.contains(&start) {
            continue;
        }
        // The crates are small: two searches from each module are simpler than Tarjan's algorithm and fast enough.
        let forward = reachable(start, count, |from, to| uses.contains_key(&(from, to)));
        let backward = reachable(start, count, |from, to| uses.contains_key(&(to, from)));
        let members: BTreeSet<usize> = forward.intersection(&backward).copied().collect();
        done.extend(&members);
        if members.len() < 2 {
            continue;
        }
        let mut modules: Vec<String> = members.iter().map(|&index| name(tree, index)).collect();
        modules.sort();
        let shortest = shortest_cycle(&members, uses).into_iter();
        let shortest = shortest.map(|edge| describe(folder, tree, edge, &uses[&edge])).collect();
        found.push(Cycle { package: package.to_string(), modules, shortest });
    }
    found.sort_by(|a, b| a.modules.cmp(&b.modules));
    found
}

/// Describes all `uses`, in the order of the modules.
pub fn describe_all(folder: &Path, tree: &Tree, uses: &Uses) -> Vec<Use> {
    uses.iter().map(|(&edge, lines)| describe(folder, tree, edge, lines)).collect()
}

fn describe(folder: &Path, tree: &Tree, (from, to): (usize, usize), lines: &BTreeSet<usize>) -> Use {
    let file = |index: usize| {
        let file = &tree.modules[index].file;
        file.strip_prefix(folder).unwrap_or(file).to_path_buf()
    };
    let lines = lines.iter().copied().collect();
    Use { from: name(tree, from), to: name(tree, to), file: file(from), target: file(to), lines }
}

/// Returns the path of a module for messages.
fn name(tree: &Tree, index: usize) -> String {
    match tree.modules[index].path.as_str() {
        "" => "crate".to_string(),
        path => path.to_string(),
    }
}

/// Returns the modules that `start` reaches along `connected`, with `start` itself.
fn reachable(start: usize, count: usize, connected: impl Fn(usize, usize) -> bool) -> BTreeSet<usize> {
    let mut reached = BTreeSet::from([start]);
    let mut waiting = vec![start];
    while let Some(from) = waiting.pop() {
        for to in 0..count {
            if connected(from, to) && reached.insert(to) {
                waiting.push(to);
            }
        }
    }
    reached
}

/// Returns the edges of a shortest cycle among `members`.
fn shortest_cycle(members: &BTreeSet<usize>, uses: &Uses) -> Vec<(usize, usize)> {
    let cycles = members.iter().filter_map(|&start| {
        // A search in breadth from `start` back to `start`. `edges` holds the edge that reached each module first.
        let mut edges: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        let mut waiting = VecDeque::from([start]);
        while let Some(from) = waiting.pop_front() {
            for &to in members.iter().filter(|&&to| uses.contains_key(&(from, to))) {
                if let Entry::Vacant(entry) = edges.entry(to) {
                    entry.insert((from, to));
                    waiting.push_back(to);
                }
            }
        }
        let mut cycle = vec![*edges.get(&start)?];
        while cycle[cycle.len() - 1].0 != start {
            cycle.push(edges[&cycle[cycle.len() - 1].0]);
        }
        cycle.reverse();
        Some(cycle)
    });
    cycles.min_by_key(Vec::len).unwrap_or_default()
}
