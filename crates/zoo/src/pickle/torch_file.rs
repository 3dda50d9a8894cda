//! Files that `torch.save` wrote before PyTorch 1.6: five pickles, then the storages.
//!
//! ```text
//! magic number, version, facts about the system, state dict, list of the storages     5 pickles
//! number of values (i64), values                                                       for each storage in the list
//! ```
//!
//! A tensor in the state dict names its storage, which is behind the pickles.

use std::collections::BTreeMap;

use super::array::WeightArray;
use super::error::{PickleError, Problem};
use super::machine::{self, Dialect};
use super::object::{Arena, Element, Object, Ref, Storage, Tensor};
use super::walk::Walk;

/// The first pickle: the number 0x1950a86a20f9469cfc6c.
const MAGIC: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
/// The version of the format.
const VERSION: i64 = 1001;

/// Returns whether `bytes` begin like such a file.
pub(crate) fn is_torch(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Returns every `float32` tensor of the file `bytes` by its path, such as `features.0.weight`. Counters are left out.
///
/// # Errors
/// Returns an error when the file is damaged, could run code, or has tensors of another type. The error names the file as `file`.
pub fn tensors<'a>(file: &str, bytes: &'a [u8]) -> Result<BTreeMap<String, WeightArray<'a>>, PickleError> {
    read(bytes).map_err(|problem| PickleError { file: file.to_owned(), problem })
}

fn read(bytes: &[u8]) -> Result<BTreeMap<String, WeightArray<'_>>, Problem> {
    if !is_torch(bytes) {
        return Err(Problem::Layout("not a file of PyTorch: its magic number is missing".to_owned()));
    }
    let mut rest = &bytes[MAGIC.len()..];
    let mut next = || {
        let ran = machine::run(rest, Dialect::Torch)?;
        rest = &rest[ran.end..];
        Ok::<_, Problem>(ran)
    };
    let version = next()?;
    if !matches!(version.arena.get(version.root), Object::Int(VERSION)) {
        return Err(Problem::Layout(format!("the version of the format is not {VERSION}")));
    }
    next()?;
    let (state, list) = (next()?, next()?);
    let walk = Walk::of(&state.arena, state.root)?;
    let elements: BTreeMap<&str, Storage> =
        walk.tensors.values().map(|tensor| (tensor.storage.key, tensor.storage)).collect();
    let storages = storages(rest, &keys(&list.arena, list.root)?, &elements)?;
    let mut found = BTreeMap::new();
    for (path, tensor) in walk.tensors {
        let Tensor { storage, offset, shape, strides } = tensor;
        match storage.element {
            Element::Long => continue,
            Element::Half => return Err(Problem::Layout(format!("`{path}` has values of 16 bits"))),
            Element::Float => {}
        }
        let missing = || Problem::Layout(format!("the storage `{}` of `{path}` is missing", storage.key));
        let values = storages.get(storage.key).copied().ok_or_else(missing)?;
        let array = WeightArray::part(shape, strides, offset, values);
        let array = array.map_err(|what| Problem::Layout(format!("`{path}`: {what}")))?;
        found.insert(path, array);
    }
    Ok(found)
}

/// Returns the names of the storages in their order.
fn keys<'a>(arena: &Arena<'a>, root: Ref) -> Result<Vec<&'a str>, Problem> {
    let list = |at| match arena.get(at) {
        Object::List(items) => items
            .iter()
            .map(|item| match arena.get(*item) {
                Object::Text(key) => Some(*key),
                _ => None,
            })
            .collect(),
        _ => None,
    };
    list(root).ok_or_else(|| Problem::Layout("the list of the storages is not a list of names".to_owned()))
}

/// Returns the bytes of each storage by its name.
fn storages<'a>(
    mut rest: &'a [u8],
    keys: &[&'a str],
    elements: &BTreeMap<&str, Storage>,
) -> Result<BTreeMap<&'a str, &'a [u8]>, Problem> {
    let mut found = BTreeMap::new();
    for key in keys {
        let Some(storage) = elements.get(key) else {
            return Err(Problem::Layout(format!("no tensor uses the storage `{key}`")));
        };
        let early = || Problem::Layout(format!("the file ends before the storage `{key}` does"));
        let (count, values) = rest.split_first_chunk::<8>().ok_or_else(early)?;
        if usize::try_from(i64::from_le_bytes(*count)) != Ok(storage.count) {
            return Err(Problem::Layout(format!("the storage `{key}` has two different sizes")));
        }
        let length = storage.count.checked_mul(storage.element.bytes()).filter(|length| *length <= values.len());
        let (values, behind) = values.split_at(length.ok_or_else(early)?);
        found.insert(*key, values);
        rest = behind;
    }
    Ok(found)
}
