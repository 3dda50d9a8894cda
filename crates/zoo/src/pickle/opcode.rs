//! The opcodes that the reader executes, and those that it refuses as unsafe. The names are Python's.
//!
//! The reader refuses a byte in neither table as unknown.

/// `BINPERSID`, which loads something outside the pickle. In a file of PyTorch, this is a storage behind the pickle.
pub(super) const STORAGE: u8 = b'Q';

/// Returns the name of an opcode that loads or calls something outside the pickle.
pub(super) fn unsafe_name(code: u8) -> Option<&'static str> {
    Some(match code {
        b'i' => "INST",
        b'o' => "OBJ",
        b'P' => "PERSID",
        b'Q' => "BINPERSID",
        0x81 => "NEWOBJ",
        0x82 => "EXT1",
        0x83 => "EXT2",
        0x84 => "EXT4",
        0x92 => "NEWOBJ_EX",
        0x93 => "STACK_GLOBAL",
        _ => return None,
    })
}

/// Returns the name of an opcode that the reader executes.
pub(super) fn name(code: u8) -> Option<&'static str> {
    Some(match code {
        0x80 => "PROTO",
        b'.' => "STOP",
        b'(' => "MARK",
        b'N' => "NONE",
        0x88 => "NEWTRUE",
        0x89 => "NEWFALSE",
        b'J' => "BININT",
        b'K' => "BININT1",
        b'M' => "BININT2",
        b'X' => "BINUNICODE",
        b'C' => "SHORT_BINBYTES",
        b'B' => "BINBYTES",
        b')' => "EMPTY_TUPLE",
        0x85 => "TUPLE1",
        0x86 => "TUPLE2",
        0x87 => "TUPLE3",
        b't' => "TUPLE",
        b']' => "EMPTY_LIST",
        b'a' => "APPEND",
        b'e' => "APPENDS",
        b'}' => "EMPTY_DICT",
        b's' => "SETITEM",
        b'u' => "SETITEMS",
        b'q' => "BINPUT",
        b'r' => "LONG_BINPUT",
        b'h' => "BINGET",
        b'j' => "LONG_BINGET",
        b'c' => "GLOBAL",
        b'R' => "REDUCE",
        b'b' => "BUILD",
        _ => return None,
    })
}
