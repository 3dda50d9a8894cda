//! The three opcodes that Python uses to call things, narrowed to what rebuilds a numpy array.

use super::error::Problem;
use super::machine::Machine;
use super::object::{Global, Object, Ref};
use super::{MAX_AXES, MAX_KEY, PickledArray};

impl<'a> Machine<'a> {
    /// `GLOBAL` is followed by two lines: module and name.
    pub(super) fn global(&mut self) -> Result<(), Problem> {
        let mut line = || {
            let rest = &self.bytes[self.at..];
            // No module or attribute worth naming is longer; the rest of a hostile file is not searched.
            let shown = &rest[..rest.len().min(MAX_KEY)];
            let end = shown.iter().position(|byte| *byte == b'\n');
            let text = String::from_utf8_lossy(&shown[..end.unwrap_or(shown.len().min(40))]);
            self.at += end.map_or(shown.len(), |end| end + 1);
            text.into_owned()
        };
        let name = format!("{}.{}", line(), line());
        let offset = self.opcode.1;
        let global = Global::named(&name).ok_or(Problem::Global { name, offset })?;
        self.push(Object::Global(global));
        Ok(())
    }

    /// `REDUCE` calls; only the two calls that numpy arrays are made of are known.
    pub(super) fn reduce(&mut self) -> Result<(), Problem> {
        let popped = self.pop_many(2)?;
        let (callable, arguments) = (self.arena.get(popped[0]), self.arena.get(popped[1]));
        let Object::Global(global) = callable else {
            return Err(self.malformed(format!("calls {}", callable.kind())));
        };
        let Object::Tuple(arguments) = arguments else {
            return Err(self.malformed(format!("arguments are {}", arguments.kind())));
        };
        let first = arguments.first().map(|first| self.arena.get(*first));
        let made = match (global, first) {
            (Global::Reconstruct, Some(Object::Global(Global::Ndarray))) => Object::Array(None),
            (Global::Dtype, Some(Object::Text("f4"))) => Object::Dtype(false),
            (Global::Dtype, Some(Object::Text(other))) => {
                let shown: String = other.chars().take(20).collect();
                return Err(self.malformed(format!("dtype `{shown}` is not float32 (`f4`)")));
            }
            (Global::Ndarray, _) => return Err(self.malformed("calls `numpy.ndarray` itself")),
            _ => return Err(self.malformed("arguments are not those of a plain array")),
        };
        self.push(made);
        Ok(())
    }

    /// `BUILD` hands a state to the object under it: a dtype's byte order, or an array's content.
    pub(super) fn build(&mut self) -> Result<(), Problem> {
        let state = self.pop()?;
        let target = self.top()?;
        let Object::Tuple(state) = self.arena.get(state) else {
            return Err(self.malformed(format!("the state is {}", self.arena.get(state).kind())));
        };
        let state: Vec<&Object<'a>> = state.iter().map(|item| self.arena.get(*item)).collect();
        let built = match (self.arena.get(target), &state[..]) {
            (Object::Dtype(_), [_, Object::Text("<"), ..]) => Object::Dtype(true),
            (Object::Dtype(_), _) => return Err(self.malformed("the dtype is not little-endian")),
            (
                Object::Array(None),
                [_, Object::Tuple(shape), Object::Dtype(true), Object::Bool(fortran), Object::Bytes(bytes)],
            ) => Object::Array(Some(self.array(shape, *fortran, bytes)?)),
            (Object::Array(None), _) => {
                return Err(self.malformed("the state is not that of a float32 array"));
            }
            (other, _) => {
                return Err(self.malformed(format!("sets the state of {}", other.kind())));
            }
        };
        *self.arena.get_mut(target) = built;
        Ok(())
    }

    fn array(&self, shape: &[Ref], fortran: bool, bytes: &'a [u8]) -> Result<PickledArray<'a>, Problem> {
        if shape.len() > MAX_AXES {
            return Err(self.malformed(format!("an array of {} axes", shape.len())));
        }
        let mut lengths = Vec::with_capacity(shape.len());
        let mut size = 4_usize;
        for axis in shape {
            let axis = match self.arena.get(*axis) {
                Object::Int(length) => usize::try_from(*length).ok(),
                _ => None,
            };
            let axis =
                axis.filter(|length| *length > 0).ok_or_else(|| self.malformed("an axis is not a positive length"))?;
            size = size.checked_mul(axis).ok_or_else(|| self.malformed("the array's size overflows"))?;
            lengths.push(axis);
        }
        if size != bytes.len() {
            let held = bytes.len();
            return Err(self.malformed(format!("shape {lengths:?} wants {size} bytes, got {held}")));
        }
        Ok(PickledArray { shape: lengths, fortran, bytes })
    }
}
