//! The checkpoint of ONNX Runtime: the weights that a training starts from, as a `FlatBuffer` of the tables `Checkpoint`,
//! `ModuleState` and `Tensor` of its schema `ort.fbs`. The fields are written one by one, because the build has no schema
//! compiler.

use flatbuffers::{FlatBufferBuilder, ForwardsUOffset, TableFinishedWIPOffset, Vector, WIPOffset};
use ndarray::ArrayD;

/// The version of the format that ONNX Runtime 1.19 reads.
const VERSION: i32 = 2;
const IDENTIFIER: &str = "ODTC";
/// `TensorDataType.FLOAT`.
const FLOAT: i32 = 1;

/// Returns the position of a field in the directory of its table.
const fn slot(field: u16) -> u16 {
    4 + 2 * field
}

type Table = WIPOffset<TableFinishedWIPOffset>;

/// Returns the bytes of a checkpoint. It declares all weights frozen: ONNX Runtime would keep a buffer for the gradient of each
/// other weight, and the training model does not use these buffers.
pub(super) fn write(weights: &[(String, ArrayD<f32>)]) -> Vec<u8> {
    let values: usize = weights.iter().map(|(_, values)| values.len()).sum();
    // A buffer that grows would copy everything several times.
    let mut buffer = FlatBufferBuilder::with_capacity(values * size_of::<f32>() + 4096 + 512 * weights.len());
    let (trained, frozen) = (tensors(&mut buffer, &[]), tensors(&mut buffer, weights));
    let start = buffer.start_table();
    buffer.push_slot_always(slot(0), trained);
    buffer.push_slot_always(slot(1), frozen);
    let module = buffer.end_table(start);
    let start = buffer.start_table();
    buffer.push_slot(slot(0), VERSION, 0);
    buffer.push_slot_always(slot(1), module);
    let root = buffer.end_table(start);
    buffer.finish(root, Some(IDENTIFIER));
    let (mut bytes, start) = buffer.collapse();
    bytes.drain(..start);
    bytes
}

fn tensors<'b>(
    buffer: &mut FlatBufferBuilder<'b>,
    weights: &[(String, ArrayD<f32>)],
) -> WIPOffset<Vector<'b, ForwardsUOffset<TableFinishedWIPOffset>>> {
    let tables: Vec<Table> = weights.iter().map(|(name, values)| tensor(buffer, name, values)).collect();
    buffer.create_vector(&tables)
}

fn tensor(buffer: &mut FlatBufferBuilder<'_>, name: &str, values: &ArrayD<f32>) -> Table {
    let dims: Vec<i64> = values.shape().iter().map(|&size| size as i64).collect();
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let name = buffer.create_string(name);
    let dims = buffer.create_vector(&dims);
    let raw = buffer.create_vector(&raw);
    let start = buffer.start_table();
    buffer.push_slot_always(slot(0), name);
    buffer.push_slot_always(slot(2), dims);
    buffer.push_slot(slot(3), FLOAT, 0);
    buffer.push_slot_always(slot(4), raw);
    buffer.end_table(start)
}
