//! The calls that rebuild a NumPy array. Python's reader would call any function here; this module knows three.
//!
//! The functions return the object that the call makes, or a text that says what does not fit.

use super::array::WeightArray;
use super::object::{Arena, Global, Object, Ref};

/// Calls `callable` with the tuple `arguments`, as the opcode `REDUCE` does.
pub(super) fn call<'a>(arena: &Arena<'a>, callable: Ref, arguments: Ref) -> Result<Object<'a>, String> {
    let (callable, arguments) = (arena.get(callable), arena.get(arguments));
    let Object::Global(global) = callable else {
        return Err(format!("calls {}", callable.kind()));
    };
    let Object::Tuple(arguments) = arguments else {
        return Err(format!("arguments are {}", arguments.kind()));
    };
    let first = arguments.first().map(|first| arena.get(*first));
    match (global, first) {
        (Global::Reconstruct, Some(Object::Global(Global::Ndarray))) => Ok(Object::Array(None)),
        (Global::Dtype, Some(Object::Text("f4"))) => Ok(Object::Dtype(false)),
        (Global::Dtype, Some(Object::Text(other))) => {
            let shown: String = other.chars().take(20).collect();
            Err(format!("dtype `{shown}` is not float32 (`f4`)"))
        }
        (Global::Ndarray, _) => Err("calls `numpy.ndarray` itself".to_owned()),
        _ => Err("arguments are not those of a plain array".to_owned()),
    }
}

/// Returns `target` after it has received `state`, as the opcode `BUILD` does.
///
/// The state of a dtype is its byte order. The state of an array is its shape and its values.
pub(super) fn build<'a>(arena: &Arena<'a>, target: Ref, state: Ref) -> Result<Object<'a>, String> {
    let Object::Tuple(state) = arena.get(state) else {
        return Err(format!("the state is {}", arena.get(state).kind()));
    };
    let state: Vec<&Object<'a>> = state.iter().map(|item| arena.get(*item)).collect();
    match (arena.get(target), &state[..]) {
        (Object::Dtype(_), [_, Object::Text("<"), ..]) => Ok(Object::Dtype(true)),
        (Object::Dtype(_), _) => Err("the dtype is not little-endian".to_owned()),
        (
            Object::Array(None),
            [_, Object::Tuple(shape), Object::Dtype(true), Object::Bool(fortran), Object::Bytes(bytes)],
        ) => array(arena, shape, *fortran, bytes).map(|array| Object::Array(Some(array))),
        (Object::Array(None), _) => Err("the state is not that of a float32 array".to_owned()),
        (other, _) => Err(format!("sets the state of {}", other.kind())),
    }
}

fn array<'a>(arena: &Arena<'a>, shape: &[Ref], fortran: bool, bytes: &'a [u8]) -> Result<WeightArray<'a>, String> {
    WeightArray::whole(arena.lengths(shape)?, fortran, bytes)
}
