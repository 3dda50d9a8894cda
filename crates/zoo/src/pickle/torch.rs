//! The calls that rebuild a tensor of PyTorch.
//!
//! The functions return the object that the call makes, or a text that says what does not fit.

use super::object::{Arena, Global, Object, Ref, Storage, Tensor};

/// Calls `callable` with the tuple `arguments`, as the opcode `REDUCE` does.
pub(super) fn call<'a>(arena: &Arena<'a>, callable: Ref, arguments: Ref) -> Result<Object<'a>, String> {
    let Object::Global(global) = arena.get(callable) else {
        return Err(format!("calls {}", arena.get(callable).kind()));
    };
    let Object::Tuple(arguments) = arena.get(arguments) else {
        return Err(format!("arguments are {}", arena.get(arguments).kind()));
    };
    let first = arguments.first().map(|first| arena.get(*first));
    match (global, first, &arguments[..]) {
        (Global::OrderedDict, None, _) => Ok(Object::Dict(Vec::new())),
        (Global::RebuildParameter, Some(Object::Tensor(tensor)), _) => Ok(Object::Tensor(tensor.clone())),
        (Global::RebuildTensor, Some(Object::Storage(storage)), [_, offset, shape, strides, ..]) => {
            let (Object::Tuple(shape), Object::Tuple(strides)) = (arena.get(*shape), arena.get(*strides)) else {
                return Err("the shape or the strides of a tensor are not a tuple".to_owned());
            };
            let strides: Option<Vec<usize>> = strides.iter().map(|stride| arena.count(*stride)).collect();
            Ok(Object::Tensor(Tensor {
                storage: *storage,
                offset: arena.count(*offset).ok_or("the offset of a tensor is not a number")?,
                shape: arena.lengths(shape)?,
                strides: strides.ok_or("a stride is not a number")?,
            }))
        }
        _ => Err("arguments are not those of a tensor".to_owned()),
    }
}

/// Returns the storage that the tuple `described` describes: `("storage", type, name, device, number of values, view)`.
pub(super) fn storage<'a>(arena: &Arena<'a>, described: Ref) -> Result<Storage<'a>, String> {
    let Object::Tuple(parts) = arena.get(described) else {
        return Err(format!("a storage is {}", arena.get(described).kind()));
    };
    let parts: Vec<(&Object<'a>, Ref)> = parts.iter().map(|part| (arena.get(*part), *part)).collect();
    match &parts[..] {
        [
            (Object::Text("storage"), _),
            (Object::Global(Global::Storage(element)), _),
            (Object::Text(key), _),
            _,
            (_, count),
        ]
        | [
            (Object::Text("storage"), _),
            (Object::Global(Global::Storage(element)), _),
            (Object::Text(key), _),
            _,
            (_, count),
            (Object::None, _),
        ] => {
            let count = arena.count(*count).ok_or("the size of a storage is not a number")?;
            Ok(Storage { key, element: *element, count })
        }
        _ => Err("a storage is not described as PyTorch does".to_owned()),
    }
}
