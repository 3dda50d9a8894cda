//! Valid and hostile pickles: every message names the opcode and its offset, and nothing panics.

use ndarray::array as values;
use proptest::prelude::*;

use super::writing::{array, dict, document, list};
use super::*;

/// Returns the pickle of `{"w": [array]}`.
fn valid() -> Vec<u8> {
    document(&dict(&[("w", list(&[array(&[2, 2], false, &[1.0, 2.0, 3.0, 4.0])]))]))
}

fn refusal(bytes: &[u8]) -> String {
    arrays("weights.pkl", bytes).unwrap_err().to_string()
}

#[test]
fn an_array_has_its_path_shape_and_order() {
    let bytes = valid();
    let found = arrays("weights.pkl", &bytes).unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["w/0"]);
    assert_eq!(found["w/0"].shape(), [2, 2]);
    assert_eq!(found["w/0"].to_array(), values![[1.0, 2.0], [3.0, 4.0]].into_dyn());

    let columns = document(&array(&[2, 2], true, &[1.0, 2.0, 3.0, 4.0]));
    let found = arrays("weights.pkl", &columns).unwrap();
    assert_eq!(found[""].to_array(), values![[1.0, 3.0], [2.0, 4.0]].into_dyn());
}

#[test]
fn globals_other_than_those_of_numpy_are_refused() {
    let system = b"\x80\x03cposix\nsystem\nX\x04\0\0\0echo\x85R.";
    assert_eq!(
        refusal(system),
        "weights.pkl: opcode GLOBAL at byte 2 loads `posix.system`, but only NumPy arrays are supported"
    );
    let near = b"\x80\x03cnumpy.core.multiarray\nscalar\n.";
    assert!(refusal(near).contains("numpy.core.multiarray.scalar"));
    let endless = [b"\x80\x03c".as_slice(), &vec![b'x'; 100_000]].concat();
    assert!(refusal(&endless).len() < 200);
}

#[test]
fn opcodes_that_could_run_code_are_refused() {
    for (code, name) in [
        (b'i', "INST"),
        (b'o', "OBJ"),
        (b'P', "PERSID"),
        (b'Q', "BINPERSID"),
        (0x81, "NEWOBJ"),
        (0x82, "EXT1"),
        (0x83, "EXT2"),
        (0x84, "EXT4"),
        (0x92, "NEWOBJ_EX"),
        (0x93, "STACK_GLOBAL"),
    ] {
        let expected = format!("weights.pkl: opcode {name} at byte 3 could run code and is refused");
        assert_eq!(refusal(&[0x80, 3, b')', code, b'.']), expected);
    }
}

#[test]
fn the_known_globals_accept_only_the_arguments_of_numpy() {
    let direct = b"\x80\x03cnumpy\nndarray\nK\x05\x85R.";
    assert!(refusal(direct).contains("calls `numpy.ndarray` itself"));
    let strange = b"\x80\x03cnumpy.core.multiarray\n_reconstruct\ncnumpy\ndtype\n\x85R.";
    assert!(refusal(strange).contains("not those of a plain array"));
    let object = b"\x80\x03cnumpy\ndtype\nX\x02\0\0\0O8\x85R.";
    assert!(refusal(object).contains("dtype `O8` is not float32"));
    let number = b"\x80\x03K\x01)R.";
    assert!(refusal(number).contains("REDUCE at byte 5: calls a number"));
}

#[test]
fn lengths_beyond_the_end_of_the_file_are_refused() {
    assert_eq!(
        refusal(b"\x80\x03B\xff\xff\xff\xffabc"),
        "weights.pkl: the file ends early: opcode BINBYTES at byte 2 needs 4294967292 more bytes"
    );
    assert!(refusal(b"").contains("the file ends early: opcode STOP at byte 0"));
    let large = document(&array(&[60_000, 60_000, 60_000], false, &[1.0]));
    assert!(refusal(&large).contains("shape [60000, 60000, 60000] needs"));
    let overflowing = document(&array(&[60_000; 5], false, &[1.0]));
    assert!(refusal(&overflowing).contains("the array's size overflows"));
    let empty = document(&array(&[0], false, &[]));
    assert!(refusal(&empty).contains("not a positive length"));
}

#[test]
fn shared_lists_and_rings_stay_within_the_limits() {
    // Forty lists. Each contains the previous one twice, which would be 2^40 values as copies.
    let mut bomb = b"\x80\x03]q\0".to_vec();
    for _ in 0..40 {
        bomb.extend(b"](h\0h\0eq\0");
    }
    bomb.push(b'.');
    assert!(refusal(&bomb).contains("more than"));
    assert!(refusal(b"\x80\x03]q\0h\0a.").contains("nested containers"));
    let wide = [b"\x80\x03(".as_slice(), &vec![b'N'; 20_000], b"t."].concat();
    assert!(refusal(&wide).contains("more than 10000 values"));
    let long = [b"\x80\x03".as_slice(), &vec![b'}'; 300_000]].concat();
    assert!(refusal(&long).contains("more than 200000 opcodes"));
    // The largest memo index needs no more memory than the smallest.
    assert!(arrays("weights.pkl", b"\x80\x03Nr\xff\xff\xff\xffj\xff\xff\xff\xff.").is_ok());
}

#[test]
fn the_message_says_what_is_wrong() {
    for (bytes, expected) in [
        (b"\x80\x05.".as_slice(), "protocol 5"),
        (b"\x80\x03\x00.", "opcode 0x00 at byte 2 is unknown"),
        (b"\x80\x03h\x07.", "memo 7 does not exist"),
        (b"\x80\x03Nt.", "no MARK before it"),
        (b"\x80\x03N(.", "the stack is empty"),
        (b"\x80\x03}NNs.", "a key is None"),
        (b"\x80\x03NNa.", "appends to None"),
        (b"\x80\x03X\x01\0\0\0\xff.", "not UTF-8"),
        (b"\x80\x03cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n\x85R.", "array `` has no values"),
    ] {
        let message = refusal(bytes);
        assert!(message.contains(expected), "{message}");
    }
}

proptest! {
    #[test]
    fn any_bytes_give_arrays_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = arrays("weights.pkl", &[b"\x80\x03".as_slice(), &bytes].concat());
    }

    #[test]
    fn a_mutated_pickle_gives_arrays_or_an_error(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = valid();
        for (at, value) in edits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(found) = arrays("weights.pkl", &bytes) {
            for array in found.values() {
                let copied = array.to_array();
                prop_assert_eq!(copied.shape(), array.shape());
            }
        }
        let _ = arrays("weights.pkl", &bytes[..cut.index(bytes.len())]);
    }
}
