//! Collects the arrays and tensors from the objects of a pickle.

use std::collections::BTreeMap;

use super::array::WeightArray;
use super::error::{PickleError, Problem};
use super::machine::{self, Dialect};
use super::object::{Arena, Object, Ref, Tensor};

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
pub fn arrays<'a>(file: &str, bytes: &'a [u8]) -> Result<BTreeMap<String, WeightArray<'a>>, PickleError> {
    let inner = || {
        let ran = machine::run(bytes, Dialect::Numpy)?;
        Ok(Walk::of(&ran.arena, ran.root)?.arrays)
    };
    inner().map_err(|problem| PickleError { file: file.to_owned(), problem })
}

/// What a pickle contains, by its path.
pub(super) struct Walk<'m, 'a> {
    arena: &'m Arena<'a>,
    /// The arrays of NumPy.
    pub(super) arrays: BTreeMap<String, WeightArray<'a>>,
    /// The tensors of PyTorch.
    pub(super) tensors: BTreeMap<String, Tensor<'a>>,
    visits: usize,
}

impl<'m, 'a> Walk<'m, 'a> {
    /// Collects everything below `root`.
    pub(super) fn of(arena: &'m Arena<'a>, root: Ref) -> Result<Self, Problem> {
        let mut walk = Self { arena, arrays: BTreeMap::new(), tensors: BTreeMap::new(), visits: 0 };
        walk.visit(root, String::new(), 0)?;
        Ok(walk)
    }

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
                self.arrays.insert(path, array.clone());
            }
            Object::Tensor(tensor) => {
                self.tensors.insert(path, tensor.clone());
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
