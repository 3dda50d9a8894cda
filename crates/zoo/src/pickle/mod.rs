//! Reads numpy arrays out of a Python pickle without running anything.
//!
//! A pickle is a program for a small stack machine, and Python's own reader lets that program
//! call any function it names. The weights that package registries carry are pickles, so this
//! reader knows just enough of the machine to rebuild arrays: containers, text, numbers, and the
//! three globals of numpy. Everything else is refused by name, with its offset and the file.

mod error;
mod machine;
mod numpy;
mod object;
mod opcode;

use std::collections::BTreeMap;

use ndarray::{ArrayD, IxDyn, ShapeBuilder};

pub use error::{PickleError, Problem};
use object::{Arena, Object, Ref};

/// Opcodes read at most; the weight files in use need about a thousand.
const MAX_OPCODES: usize = 200_000;
/// Arrays and containers visited at most, which ends pickles that share one list many times over.
const MAX_VISITS: usize = 10_000;
/// Containers within containers at most.
const MAX_DEPTH: usize = 16;
/// Bytes of one key at most.
const MAX_KEY: usize = 256;
/// Axes of an array at most, the same as numpy's own limit of many years.
const MAX_AXES: usize = 32;

/// One float32 array of a pickle, its values still lying in the pickle's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickledArray<'a> {
    shape: Vec<usize>,
    fortran: bool,
    bytes: &'a [u8],
}

impl PickledArray<'_> {
    /// Length of each axis, outermost first; `[]` for a single number.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The values, copied, in an array of [`shape`](Self::shape).
    pub fn to_array(&self) -> ArrayD<f32> {
        let values = self.bytes.as_chunks::<4>().0.iter().copied();
        let values: Vec<f32> = values.map(f32::from_le_bytes).collect();
        let shape = IxDyn(&self.shape).set_f(self.fortran);
        ArrayD::from_shape_vec(shape, values)
            .unwrap_or_else(|error| unreachable!("the bytes were checked against the shape: {error}"))
    }
}

/// Every array in the pickle, by its path: dictionary keys and list positions joined with `/`,
/// as in `conv1/0` or `AlexNet_0/Conv_0/kernel`.
///
/// `file` is the name that error messages carry. Numbers, text and `None` beside the arrays are
/// passed over. Memory stays in proportion to `bytes`, whatever they hold.
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
            return Err(Problem::TooMany("containers within containers", MAX_DEPTH));
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

#[cfg(test)]
pub(crate) mod writing;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
