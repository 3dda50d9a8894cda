//! The checkpoint file: the weights that training starts from, as ONNX Runtime stores them, a `FlatBuffer` of the tables
//! `Checkpoint`, `ModuleState` and `Tensor` of its `ort.fbs`. Written field by field, for want of a schema compiler.

use flatbuffers::{FlatBufferBuilder, ForwardsUOffset, TableFinishedWIPOffset, Vector, WIPOffset};
use ndarray::ArrayD;

/// The runtime's own version of the format: its 1.19 reads this one.
const VERSION: i32 = 2;
const IDENTIFIER: &str = "ODTC";
/// `TensorDataType.FLOAT`.
const FLOAT: i32 = 1;

/// A field's place in its table, as an offset into the table's directory.
const fn slot(field: u16) -> u16 {
    4 + 2 * field
}

type Table = WIPOffset<TableFinishedWIPOffset>;

/// The bytes of a checkpoint. To the runtime all weights are frozen: it would keep a buffer for the gradient of each one
/// that is not, for which the training model has no use.
pub(super) fn write(weights: &[(String, ArrayD<f32>)]) -> Vec<u8> {
    let values: usize = weights.iter().map(|(_, values)| values.len()).sum();
    // Growing it would copy everything, again and again.
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
