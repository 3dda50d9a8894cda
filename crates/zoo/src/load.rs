//! Opening the model of a network: it is safe to run, and it is what its description says.

use std::collections::BTreeSet;
use std::path::Path;

use graph::onnx::tensor_proto::DataType;
use graph::onnx::type_proto::Value;
use graph::{Dim, Model, Shapes};

use crate::{Network, ZooError};

impl Network {
    /// Reads the model in the file `path`, which this description belongs to. Every use of a network begins here.
    ///
    /// # Errors
    /// Returns an error when the model is not safe to run ([`Model::read`]), when it does not take any number of images of the
    /// described size, and when it lacks a described layer.
    pub fn load(&self, path: &Path) -> Result<Model, ZooError> {
        let unusable = |error| ZooError::Model { path: path.to_owned(), source: Box::new(error) };
        let model = Model::read(path).map_err(unusable)?;
        let mismatch = |reason: String| ZooError::Mismatch { path: path.to_owned(), reason };
        self.check_input(&model).map_err(mismatch)?;
        let size = self.input.size as usize;
        let shapes = model.admit(&[(self.input.tensor.as_str(), &[1, 3, size, size])]).map_err(unusable)?;
        self.check_layers(&model, &shapes).map_err(mismatch)?;
        Ok(model)
    }

    /// Checks that the one input is `[n, 3, size, size]` with an open batch size.
    fn check_input(&self, model: &Model) -> Result<(), String> {
        let (name, size) = (&self.input.tensor, self.input.size as usize);
        if model.inputs() != [name] {
            let found: Vec<String> = model.inputs().iter().map(|input| format!("`{input}`")).collect();
            return Err(format!("its inputs are {}, and the description names `{name}`", found.join(", ")));
        }
        let declared = model.graph().input.iter().find(|info| info.name() == name);
        let kind = declared.and_then(|info| info.r#type.as_ref()?.value.as_ref());
        if !matches!(kind, Some(Value::TensorType(kind)) if kind.elem_type() == DataType::Float as i32) {
            return Err(format!("its input `{name}` is not a tensor of float32"));
        }
        let declared = model.shapes();
        let Some(shape) = declared.get(name) else {
            return Err(format!("its input `{name}` has no declared shape, needed is [n, 3, {size}, {size}]"));
        };
        let text: Vec<String> = shape.iter().map(Dim::to_string).collect();
        let text = format!("its input `{name}` is [{}]", text.join(", "));
        let [batch, sizes @ ..] = shape else { return Err(format!("{text}, needed is [n, 3, {size}, {size}]")) };
        let fits = |wanted: [usize; 3]| {
            sizes.len() == 3
                && sizes.iter().zip(wanted).all(|(dim, wanted)| dim.size().is_none_or(|size| size == wanted))
        };
        if !fits([3, size, size]) {
            let last = if fits([size, size, 3]) {
                ": the channels come last, and only channels first is supported"
            } else {
                ""
            };
            return Err(format!("{text}{last}, needed is [n, 3, {size}, {size}]"));
        }
        match batch.size() {
            Some(count) => Err(format!("{text}: it takes exactly {count} images at once, needed is any number")),
            None => Ok(()),
        }
    }

    /// Checks that the described layers exist and have the described shapes.
    fn check_layers(&self, model: &Model, shapes: &Shapes) -> Result<(), String> {
        let known: BTreeSet<&str> = model.tensors().into_iter().collect();
        for layer in &self.layers {
            if !known.contains(layer.name.as_str()) {
                return Err(format!("it has no layer `{}`, which the description names", layer.name));
            }
            match shapes.per_item(&layer.name) {
                Some(found) if found != layer.shape => {
                    let (name, described) = (&layer.name, &layer.shape);
                    return Err(format!("its layer `{name}` is {found:?}, and the description says {described:?}"));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
