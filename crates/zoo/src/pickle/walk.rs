//! Collects the arrays from the objects of a pickle.

use std::collections::BTreeMap;

use super::array::PickledArray;
use super::error::{PickleError, Problem};
use super::machine;
use super::object::{Arena, Object, Ref};

/// The maximum number of values that the walk visits. It stops pickles that refer to one list many times.
const MAX_VISITS: usize = 10_000;
/// The maximum depth of nested containers.
const MAX_DEPTH: usize = 16;

/// Returns every array in the pickle `bytes` by its path.
///
/// A path joins dictionary keys and list positions with `/`, such as `conv1/0` or `AlexNet_0/Conv_0/kernel`. Numbers, text and
/// `None` beside the arrays are ignored. The memory use is proportional to the length of `bytes`, whatever they contain.
///
/// # Errors
/// Returns an error when the pickle is damaged, could run code, or exceeds a limit. The error names the file as `file`.
pub fn arrays<'a>(file: &str, bytes: &'a [u8]) -> Result<BTreeMap<String, PickledArray<'a>>, PickleError> {
    let inner = || {
        let (arena, root) = machine::run(bytes)?;
        let mut walk = Walk { arena: &arena, found: BTreeMap::new(), visits: 0 };
        walk.visit(root, String::new(), 0)?;
        Ok(walk.found)
    };
    inner().map_err(|problem| PickleError { file: file.to_owned(), problem })
}

struct Walk<'m, 'a> {
    arena: &'m Arena<'a>,
    found: BTreeMap<String, PickledArray<'a>>,
    visits: usize,
}

impl Walk<'_, '_> {
    fn visit(&mut self, at: Ref, path: String, depth: usize) -> Result<(), Problem> {
        self.visits += 1;
        if self.visits > MAX_VISITS {
            return Err(Problem::TooMany("values", MAX_VISITS));
        }
        if depth > MAX_DEPTH {
            return Err(Problem::TooMany("nested containers", MAX_DEPTH));
        }
        let arena = self.arena;
        match arena.get(at) {
            Object::List(items) | Object::Tuple(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.visit(*item, join(&path, &index.to_string()), depth + 1)?;
                }
            }
            Object::Dict(pairs) => {
                for (key, value) in pairs {
                    self.visit(*value, join(&path, key), depth + 1)?;
                }
            }
            Object::Array(Some(array)) => {
                self.found.insert(path, array.clone());
            }
            Object::Array(None) => return Err(Problem::Unfinished(path)),
            _ => {}
        }
        Ok(())
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}/{key}") }
}
