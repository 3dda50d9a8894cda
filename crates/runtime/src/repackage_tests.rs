#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

const SYMBOLS_AT: usize = 64;
const NAMES_AT: usize = 1024;
const HASH_AT: usize = 2048;
const SECTION_NAMES_AT: usize = 2200;
const SECTIONS_AT: usize = 2304;

/// A library of three sections, as small as the edits allow, with `python` symbols of Python.
fn library(python: usize) -> Vec<u8> {
    let mut bytes = vec![0; SECTIONS_AT + 5 * 64];
    let mut put = |at: usize, new: &[u8]| bytes[at..at + new.len()].copy_from_slice(new);
    put(0, b"\x7fELF\x02\x01");
    put(18, &62_u16.to_le_bytes());
    put(40, &(SECTIONS_AT as u64).to_le_bytes());
    put(60, &5_u16.to_le_bytes());
    put(62, &4_u16.to_le_bytes());
    put(NAMES_AT, b"\0PyNone\0puts\0VERS_1.0\0PyInit_onnxruntime_pybind11_state\0");
    for symbol in 0..python {
        put(SYMBOLS_AT + symbol * SYMBOL, &[1, 0, 0, 0, 0x10]);
    }
    put(SYMBOLS_AT + python * SYMBOL, &[8, 0, 0, 0, 0x12]);
    put(SYMBOLS_AT + (python + 1) * SYMBOL, &[13, 0, 0, 0, 0x11, 0, 0xf1, 0xff]);
    put(SYMBOLS_AT + (python + 2) * SYMBOL, &[22, 0, 0, 0, 0x12, 0, 12, 0]);
    put(HASH_AT, &[2, 0, 0, 0, python as u8 + 1, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0]);
    put(SECTION_NAMES_AT, b"\0.dynsym\0.dynstr\0.gnu.hash\0.shstrtab\0");
    let sections =
        [(1, SYMBOLS_AT, (python + 3) * SYMBOL), (9, NAMES_AT, 100), (17, HASH_AT, 40), (27, SECTION_NAMES_AT, 37)];
    for (number, (name, start, size)) in sections.into_iter().enumerate() {
        let at = SECTIONS_AT + (number + 1) * 64;
        put(at, &[name]);
        put(at + 24, &(start as u64).to_le_bytes());
        put(at + 32, &(size as u64).to_le_bytes());
    }
    bytes
}

fn sections(elf: &Elf) -> (Section, Section) {
    (elf.section(".dynsym").unwrap(), elf.section(".dynstr").unwrap())
}

#[test]
fn the_hash_is_that_of_the_gnu_linker() {
    // Values of the linker's own documentation and of the vendor's library.
    assert_eq!(gnu_hash(b""), 0x1505);
    assert_eq!(gnu_hash(b"printf"), 0x156b_2bb8);
    assert_eq!(gnu_hash(OLD_NAME) | 1, 0xa16a_11ef);
}

#[test]
fn the_entry_is_renamed_pointed_at_the_function_and_found_by_its_hash() {
    let mut bytes = library(3);
    let mut elf = Elf::new(&mut bytes).unwrap();
    let (symbols, names) = sections(&elf);
    let entry = export_function(&mut elf, &symbols, &names).unwrap();
    rebuild_hash_table(&mut elf, entry).unwrap();
    assert_eq!(entry, 5);
    assert_eq!(elf.string(&names.range, 22).unwrap(), NEW_NAME);
    assert_eq!(elf.bytes(SYMBOLS_AT + entry * SYMBOL + 8, 8).unwrap(), FUNCTION.to_le_bytes());
    let bucket = elf.u32(HASH_AT + 24 + 4 * (gnu_hash(NEW_NAME) % 2) as usize).unwrap();
    let last_of_chain = elf.u32(HASH_AT + 32 + 4).unwrap();
    assert!(bucket as usize == entry || bucket as usize == entry - 1);
    assert_eq!(last_of_chain, gnu_hash(NEW_NAME) | 1);
}

#[test]
fn a_library_that_wants_another_number_of_python_symbols_is_refused() {
    let mut bytes = library(3);
    let mut elf = Elf::new(&mut bytes).unwrap();
    let (symbols, names) = sections(&elf);
    let error = weaken_python_symbols(&mut elf, &symbols, &names).unwrap_err();
    assert_eq!(error.to_string(), "it wants 3 symbols of Python, not 163");
    for symbol in 0..3 {
        assert_eq!(elf.bytes(SYMBOLS_AT + symbol * SYMBOL + 4, 1).unwrap(), [0x20], "symbol {symbol} is weak");
    }
    assert_eq!(elf.bytes(SYMBOLS_AT + 3 * SYMBOL + 4, 1).unwrap(), [0x12], "puts stays as it was");
}

#[test]
fn a_library_without_the_function_is_refused() {
    let error = edit(&mut library(3)).unwrap_err();
    assert_eq!(error.to_string(), "it has no byte at address 0x486510");
}

proptest! {
    #[test]
    fn any_bytes_give_an_error_and_no_panic(
        tail in proptest::collection::vec(any::<u8>(), 0..400),
        elf_header in any::<bool>(),
    ) {
        let mut bytes = if elf_header { b"\x7fELF\x02\x01".to_vec() } else { Vec::new() };
        bytes.extend(tail);
        if elf_header && bytes.len() > 20 {
            bytes[18..20].copy_from_slice(&[62, 0]);
        }
        prop_assert!(edit(&mut bytes).is_err());
    }

    #[test]
    fn a_mutated_or_truncated_library_gives_an_error_and_no_panic(
        changes in proptest::collection::vec((0_usize..2600, any::<u8>()), 1..8),
        length in 0_usize..2700,
    ) {
        let mut bytes = library(3);
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        bytes.truncate(length);
        let steps = |bytes: &mut Vec<u8>| {
            let mut elf = Elf::new(bytes)?;
            let (symbols, names) = (elf.section(".dynsym")?, elf.section(".dynstr")?);
            weaken_python_symbols(&mut elf, &symbols, &names).ok();
            let entry = export_function(&mut elf, &symbols, &names)?;
            rebuild_hash_table(&mut elf, entry)
        };
        // Reaching this line is the point: no index out of bounds, no overflow.
        steps(&mut bytes).ok();
        prop_assert!(edit(&mut bytes).is_err());
    }
}
