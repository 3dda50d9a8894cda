//! Valid and hostile files of PyTorch.

use ndarray::array as values;
use proptest::prelude::*;

use super::writing::{State, torch_file, torch_tensor};
use super::*;

/// Returns a file with a matrix, its transpose in the same storage, and a counter.
fn valid() -> Vec<u8> {
    let state = [
        ("a.weight", torch_tensor("0", "FloatStorage", 6, 0, &[2, 3], &[3, 1])),
        ("a.turned", torch_tensor("0", "FloatStorage", 6, 1, &[2, 2], &[1, 3])),
        ("a.count", torch_tensor("1", "LongStorage", 1, 0, &[], &[])),
    ];
    torch_file(&State { tensors: &state, keys: &["0", "1"], storages: &storages() })
}

fn storages() -> Vec<Vec<u8>> {
    let matrix: Vec<u8> = (0_u8..6).flat_map(|value| f32::from(value).to_le_bytes()).collect();
    vec![[6_i64.to_le_bytes().as_slice(), &matrix].concat(), [1_i64.to_le_bytes(), 7_i64.to_le_bytes()].concat()]
}

fn refusal(bytes: &[u8]) -> String {
    tensors("weights.pth", bytes).unwrap_err().to_string()
}

/// Returns the refusal of a file with one tensor in the storage `0` of 6 values.
fn refusal_of(tensor: Vec<u8>) -> String {
    let storages = storages();
    refusal(&torch_file(&State { tensors: &[("w", tensor)], keys: &["0"], storages: &storages[..1] }))
}

#[test]
fn tensors_have_their_paths_shapes_and_order() {
    let bytes = valid();
    assert!(is_torch(&bytes));
    let found = tensors("weights.pth", &bytes).unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["a.turned", "a.weight"]);
    assert_eq!(found["a.weight"].to_array(), values![[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]].into_dyn());
    assert_eq!(found["a.turned"].to_array(), values![[1.0, 4.0], [2.0, 5.0]].into_dyn());
}

#[test]
fn tensors_outside_their_storage_are_refused() {
    let float = |offset, shape: &[u32], strides: &[u32]| torch_tensor("0", "FloatStorage", 6, offset, shape, strides);
    for tensor in [
        float(1, &[2, 3], &[3, 1]),
        float(7, &[], &[]),
        float(0, &[2, 3], &[4, 1]),
        // A large array whose elements are one value.
        float(0, &[1 << 20], &[0]),
    ] {
        let said = refusal_of(tensor);
        assert!(
            said.starts_with("weights.pth: `w`: shape ") && said.contains("is outside of a storage of 6 values"),
            "{said}"
        );
    }
    assert!(refusal_of(float(0, &[u32::MAX >> 1; 3], &[1; 3])).contains("the array's size overflows"));
    assert!(refusal_of(float(0, &[2, 3], &[1])).contains("does not fit the strides [1]"));
    assert!(refusal_of(float(0, &[0], &[1])).contains("not a positive length"));
    assert!(refusal_of(torch_tensor("0", "FloatStorage", 5, 0, &[5], &[1])).contains("has two different sizes"));
    assert!(refusal_of(torch_tensor("9", "FloatStorage", 6, 0, &[6], &[1])).contains("no tensor uses the storage `0`"));
    assert!(refusal_of(torch_tensor("0", "HalfStorage", 6, 0, &[6], &[1])).contains("has values of 16 bits"));
    assert!(refusal_of(torch_tensor("0", "DoubleStorage", 6, 0, &[6], &[1])).contains("loads `torch.DoubleStorage`"));
}

#[test]
fn globals_other_than_those_of_a_state_dict_are_refused() {
    let system = b"cposix\nsystem\n(X\x04\0\0\0echotR".to_vec();
    let said = refusal_of(system);
    assert!(said.contains("loads `posix.system`, but only a dictionary of tensors is supported"), "{said}");
    let whole_model = b"ctorchvision.models.alexnet\nAlexNet\n)\x81".to_vec();
    assert!(refusal_of(whole_model).contains("torchvision.models.alexnet.AlexNet"));
    // Elsewhere, a storage stays an unsafe opcode.
    assert!(arrays("weights.pkl", b"\x80\x02)Q.").unwrap_err().to_string().contains("BINPERSID"));
    assert!(refusal_of(b")Q".to_vec()).contains("a storage is not described as PyTorch does"));
}

#[test]
fn a_truncated_file_is_refused_at_every_byte() {
    let bytes = valid();
    for length in 0..bytes.len() {
        assert!(tensors("weights.pth", &bytes[..length]).is_err(), "{length} of {} bytes", bytes.len());
    }
}

proptest! {
    #[test]
    fn a_mutated_file_gives_tensors_or_an_error(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = valid();
        for (at, value) in edits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(found) = tensors("weights.pth", &bytes) {
            for array in found.values() {
                let copied = array.to_array();
                prop_assert_eq!(copied.shape(), array.shape());
            }
        }
    }
}
