//! Models from files, which pass the gate ([`crate::gate`]).

use std::io;
use std::path::Path;

use prost::bytes::Bytes;

use crate::gate::{self, sizes};
use crate::{Error, Model, Shapes};

/// The most bytes of a file. A message of Protocol Buffers cannot be longer.
const MOST_BYTES: u64 = i32::MAX as u64;

/// Reads a file whose size is checked first, so that a too large one takes no memory.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    if std::fs::metadata(path)?.len() > MOST_BYTES {
        return Err(io::Error::other(format!("it has more than {MOST_BYTES} bytes, the limit of the ONNX format")));
    }
    std::fs::read(path)
}

impl Model {
    /// Reads an ONNX file and checks it. The model is safe to pass to ONNX Runtime: the check covers the settings of operators,
    /// finite weights, memory and work.
    ///
    /// # Errors
    /// Returns an error when the file cannot be read, is not a sound model, or contains anything that is not supported.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = read_file(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Self::from_bytes(&path.display().to_string(), bytes)
    }

    /// Reads the bytes of an ONNX file and checks them, as [`Model::read`] does. Errors call the model `label`, usually the
    /// path of the file.
    ///
    /// # Errors
    /// The same as those of [`Model::read`].
    pub fn from_bytes(label: &str, bytes: impl Into<Bytes>) -> Result<Self, Error> {
        let model = Self::from_own_bytes(label, bytes)?;
        gate::check(&model)?;
        Ok(model)
    }

    /// Checks that the model can run on one item of the given inputs, and returns the shapes: the sizes of all tensors are
    /// known, and it needs at most 1 GiB of memory and 2^40 operations. `inputs` are the shapes of the inputs with a batch of
    /// one, such as `[1, 3, 224, 224]`.
    ///
    /// # Errors
    /// Returns an error that names the node or the tensor.
    pub fn admit(&self, inputs: &[(&str, &[usize])]) -> Result<Shapes, Error> {
        let shapes = self.shapes_for(inputs);
        shapes.accept(self.label())?;
        sizes::check(self, &shapes)?;
        sizes::all_known(self, &shapes)?;
        Ok(shapes)
    }

    /// Returns about how many bytes the tensors of one item need while the model runs, without its weights. Tensors of unknown
    /// size do not count.
    pub fn memory_for_one(&self) -> u64 {
        sizes::peak(self, &self.shapes_for_one()).map_or(0, |(_, bytes)| bytes)
    }
}
