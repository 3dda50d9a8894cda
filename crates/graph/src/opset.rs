//! Operator sets that a model imports.

use crate::onnx::{ModelProto, OperatorSetIdProto};

/// Returns the domain of an operator set. The result is `""` for both spellings of the standard set, `""` and `"ai.onnx"`.
pub(crate) fn domain(set: &OperatorSetIdProto) -> &str {
    if set.domain() == "ai.onnx" { "" } else { set.domain() }
}

/// Imports version 1 of the operator set `domain`, unless the model imports the set already.
pub fn import(model: &mut ModelProto, domain: &str) {
    if model.opset_import.iter().all(|set| set.domain() != domain) {
        model.opset_import.push(OperatorSetIdProto { domain: Some(domain.to_owned()), version: Some(1) });
    }
}
