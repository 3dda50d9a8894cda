//! The stack machine that executes a pickle and returns its objects.

use std::collections::BTreeMap;

use super::error::Problem;
use super::object::{Arena, Global, Object, Ref};
use super::{numpy, opcode, torch};

/// The maximum number of opcodes. The weight files in use have about a thousand.
const MAX_OPCODES: usize = 200_000;
/// The maximum length of a key or of a global's name, in bytes.
const MAX_KEY: usize = 256;

/// The library whose objects a pickle may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Numpy,
    Torch,
}

/// What a pickle has left.
pub(super) struct Ran<'a> {
    pub arena: Arena<'a>,
    /// The value that was on top of the stack.
    pub root: Ref,
    /// The offset of the byte behind the pickle.
    pub end: usize,
}

/// Runs the pickle up to its `STOP`.
pub(super) fn run(bytes: &[u8], dialect: Dialect) -> Result<Ran<'_>, Problem> {
    let mut machine = Machine {
        dialect,
        bytes,
        at: 0,
        opcode: ("PROTO", 0),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: BTreeMap::new(),
        arena: Arena::default(),
    };
    for _ in 0..MAX_OPCODES {
        if let Some(root) = machine.step()? {
            return Ok(Ran { arena: machine.arena, root, end: machine.at });
        }
    }
    Err(Problem::TooMany("opcodes", MAX_OPCODES))
}

struct Machine<'a> {
    dialect: Dialect,
    bytes: &'a [u8],
    /// The offset of the next byte.
    at: usize,
    /// The name and the offset of the current opcode.
    opcode: (&'static str, usize),
    stack: Vec<Ref>,
    /// The height of the stack at each open `MARK`.
    marks: Vec<usize>,
    memo: BTreeMap<u32, Ref>,
    arena: Arena<'a>,
}

impl<'a> Machine<'a> {
    /// Executes one opcode. Returns the root after `STOP`.
    fn step(&mut self) -> Result<Option<Ref>, Problem> {
        let offset = self.at;
        let code = match self.bytes.get(offset) {
            Some(code) => *code,
            None => {
                return Err(Problem::Truncated { opcode: "STOP", offset, wanted: 1 });
            }
        };
        let is_storage = code == opcode::STORAGE && self.dialect == Dialect::Torch;
        if let Some(opcode) = opcode::unsafe_name(code).filter(|_| !is_storage) {
            return Err(Problem::Unsafe { opcode, offset });
        }
        let name = if is_storage { Some("BINPERSID") } else { opcode::name(code) };
        let name = name.ok_or(Problem::Unknown { code, offset })?;
        self.opcode = (name, offset);
        self.at += 1;
        match code {
            0x80 => {
                let protocol = self.take(1)?[0];
                if !(2..=3).contains(&protocol) {
                    return Err(Problem::Protocol(protocol));
                }
            }
            b'.' => return self.pop().map(Some),
            b'(' => self.marks.push(self.stack.len()),
            b'N' => self.push(Object::None),
            0x88 => self.push(Object::Bool(true)),
            0x89 => self.push(Object::Bool(false)),
            b'J' => {
                let value = self.number()?.cast_signed();
                self.push(Object::Int(i64::from(value)));
            }
            b'K' => {
                let value = self.take(1)?[0];
                self.push(Object::Int(i64::from(value)));
            }
            b'M' => {
                let value = self.take(2)?;
                let value = u16::from_le_bytes([value[0], value[1]]);
                self.push(Object::Int(i64::from(value)));
            }
            b'X' => {
                let text = self.counted()?;
                let text = std::str::from_utf8(text).map_err(|_| self.malformed("the text is not UTF-8"))?;
                self.push(Object::Text(text));
            }
            b'C' => {
                let length = self.take(1)?[0];
                let bytes = self.take(usize::from(length))?;
                self.push(Object::Bytes(bytes));
            }
            b'B' => {
                let bytes = self.counted()?;
                self.push(Object::Bytes(bytes));
            }
            b')' => self.push(Object::Tuple(Vec::new())),
            0x85..=0x87 => {
                let items = self.pop_many(usize::from(code - 0x84))?;
                self.push(Object::Tuple(items));
            }
            b't' => {
                let items = self.pop_to_mark()?;
                self.push(Object::Tuple(items));
            }
            b']' => self.push(Object::List(Vec::new())),
            b'a' => {
                let items = self.pop_many(1)?;
                self.append(items)?;
            }
            b'e' => {
                let items = self.pop_to_mark()?;
                self.append(items)?;
            }
            b'}' => self.push(Object::Dict(Vec::new())),
            b's' => {
                let items = self.pop_many(2)?;
                self.set_items(&items)?;
            }
            b'u' => {
                let items = self.pop_to_mark()?;
                self.set_items(&items)?;
            }
            b'q' | b'r' => {
                let key = self.memo_key(code == b'r')?;
                self.put(key)?;
            }
            b'h' | b'j' => {
                let key = self.memo_key(code == b'j')?;
                self.fetch(key)?;
            }
            b'c' => self.global()?,
            b'R' => self.reduce()?,
            opcode::STORAGE => self.storage()?,
            _ => self.build()?,
        }
        Ok(None)
    }

    fn malformed(&self, what: impl Into<String>) -> Problem {
        let (opcode, offset) = self.opcode;
        Problem::Malformed { opcode, offset, what: what.into() }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Problem> {
        let rest = &self.bytes[self.at..];
        let Some(taken) = rest.get(..count) else {
            let (opcode, offset) = self.opcode;
            return Err(Problem::Truncated { opcode, offset, wanted: count - rest.len() });
        };
        self.at += count;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, Problem> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn counted(&mut self) -> Result<&'a [u8], Problem> {
        let length = self.number()?;
        self.take(length as usize)
    }

    fn push(&mut self, object: Object<'a>) {
        let added = self.arena.add(object);
        self.stack.push(added);
    }

    /// Returns the lowest index of the stack that may be popped. Values below the last mark must stay.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<Ref, Problem> {
        if self.stack.len() <= self.floor() {
            return Err(self.malformed("the stack is empty"));
        }
        self.stack.pop().ok_or_else(|| self.malformed("the stack is empty"))
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Ref>, Problem> {
        if self.stack.len() < self.floor() + count {
            return Err(self.malformed(format!("fewer than {count} values on the stack")));
        }
        Ok(self.stack.split_off(self.stack.len() - count))
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Ref>, Problem> {
        match self.marks.pop() {
            Some(mark) => Ok(self.stack.split_off(mark)),
            None => Err(self.malformed("no MARK before it")),
        }
    }

    fn top(&self) -> Result<Ref, Problem> {
        match self.stack.last() {
            Some(top) if self.stack.len() > self.floor() => Ok(*top),
            _ => Err(self.malformed("the stack is empty")),
        }
    }

    fn append(&mut self, mut items: Vec<Ref>) -> Result<(), Problem> {
        let list = self.top()?;
        if let Object::List(held) = self.arena.get_mut(list) {
            held.append(&mut items);
            return Ok(());
        }
        Err(self.malformed(format!("appends to {}", self.arena.get(list).kind())))
    }

    fn set_items(&mut self, items: &[Ref]) -> Result<(), Problem> {
        let dict = self.top()?;
        let mut pairs = Vec::with_capacity(items.len() / 2);
        let (chunks, rest) = items.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(self.malformed("a key without a value"));
        }
        for [key, value] in chunks {
            match self.arena.get(*key) {
                Object::Text(text) if text.len() <= MAX_KEY => pairs.push((*text, *value)),
                Object::Text(_) => {
                    return Err(self.malformed(format!("a key longer than {MAX_KEY} bytes")));
                }
                other => return Err(self.malformed(format!("a key is {}", other.kind()))),
            }
        }
        if let Object::Dict(held) = self.arena.get_mut(dict) {
            held.append(&mut pairs);
            return Ok(());
        }
        Err(self.malformed(format!("sets items of {}", self.arena.get(dict).kind())))
    }

    /// Pushes the global that the next two lines name: its module and its name.
    fn global(&mut self) -> Result<(), Problem> {
        let mut line = || {
            let rest = &self.bytes[self.at..];
            // No known name is longer. The limit keeps the search short in a hostile file.
            let shown = &rest[..rest.len().min(MAX_KEY)];
            let end = shown.iter().position(|byte| *byte == b'\n');
            let text = String::from_utf8_lossy(&shown[..end.unwrap_or(shown.len().min(40))]);
            self.at += end.map_or(shown.len(), |end| end + 1);
            text.into_owned()
        };
        let name = format!("{}.{}", line(), line());
        let offset = self.opcode.1;
        let global = match self.dialect {
            Dialect::Numpy => Global::of_numpy(&name).ok_or(Problem::Global { name, offset })?,
            Dialect::Torch => Global::of_torch(&name).ok_or(Problem::TorchGlobal { name, offset })?,
        };
        self.push(Object::Global(global));
        Ok(())
    }

    fn reduce(&mut self) -> Result<(), Problem> {
        let popped = self.pop_many(2)?;
        let call = match self.dialect {
            Dialect::Numpy => numpy::call,
            Dialect::Torch => torch::call,
        };
        let made = call(&self.arena, popped[0], popped[1]).map_err(|what| self.malformed(what))?;
        self.push(made);
        Ok(())
    }

    /// Replaces the description of a storage by the storage.
    fn storage(&mut self) -> Result<(), Problem> {
        let described = self.pop()?;
        let storage = torch::storage(&self.arena, described).map_err(|what| self.malformed(what))?;
        self.push(Object::Storage(storage));
        Ok(())
    }

    fn build(&mut self) -> Result<(), Problem> {
        let (state, target) = (self.pop()?, self.top()?);
        if self.dialect == Dialect::Torch && matches!(self.arena.get(target), Object::Dict(_)) {
            // The versions of the modules.
            return Ok(());
        }
        let built = numpy::build(&self.arena, target, state).map_err(|what| self.malformed(what))?;
        *self.arena.get_mut(target) = built;
        Ok(())
    }

    /// Returns the key of the memo behind the opcode, which has one byte or four.
    fn memo_key(&mut self, is_long: bool) -> Result<u32, Problem> {
        if is_long { self.number() } else { Ok(u32::from(self.take(1)?[0])) }
    }

    fn put(&mut self, key: u32) -> Result<(), Problem> {
        let top = self.top()?;
        self.memo.insert(key, top);
        Ok(())
    }

    fn fetch(&mut self, key: u32) -> Result<(), Problem> {
        match self.memo.get(&key) {
            Some(found) => {
                self.stack.push(*found);
                Ok(())
            }
            None => Err(self.malformed(format!("memo {key} does not exist"))),
        }
    }
}
