//! Writes pickles of NumPy arrays for tests, as Python does in protocol 3.

/// Writes a float32 array. `fortran` says that `values` are in column order.
pub(crate) fn array(shape: &[u16], fortran: bool, values: &[f32]) -> Vec<u8> {
    let mut out = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85C\x01b\x87R(K\x01(".to_vec();
    for axis in shape {
        out.push(b'M');
        out.extend(axis.to_le_bytes());
    }
    out.extend(b"tcnumpy\ndtype\nX\x02\0\0\0f4K\0K\x01\x87R");
    out.extend(b"(K\x03X\x01\0\0\0<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb");
    out.push(if fortran { 0x88 } else { 0x89 });
    out.push(b'B');
    out.extend(((values.len() * 4) as u32).to_le_bytes());
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    out.extend(b"tb");
    out
}

/// Writes a list of values that the functions of this module have written.
pub(crate) fn list(items: &[Vec<u8>]) -> Vec<u8> {
    [b"](".as_slice(), &items.concat(), b"e"].concat()
}

/// Writes a dictionary of such values.
pub(crate) fn dict<K: AsRef<str>>(pairs: &[(K, Vec<u8>)]) -> Vec<u8> {
    let mut out = b"}(".to_vec();
    for (key, value) in pairs {
        let key = key.as_ref().as_bytes();
        out.push(b'X');
        out.extend((key.len() as u32).to_le_bytes());
        out.extend(key);
        out.extend(value);
    }
    out.push(b'u');
    out
}

/// Writes a complete pickle of one value.
pub(crate) fn document(value: &[u8]) -> Vec<u8> {
    [b"\x80\x03".as_slice(), value, b"."].concat()
}

/// The parts of a file of PyTorch.
pub(crate) struct State<'a> {
    /// The paths of the tensors and their pickles, which [`torch_tensor`] has written.
    pub tensors: &'a [(&'a str, Vec<u8>)],
    /// The names of the storages.
    pub keys: &'a [&'a str],
    /// The number of values (i64) and the values of each storage.
    pub storages: &'a [Vec<u8>],
}

/// Writes a file as `torch.save` did before PyTorch 1.6.
pub(crate) fn torch_file(state: &State) -> Vec<u8> {
    let pickle = |value: &[u8]| [b"\x80\x02".as_slice(), value, b"."].concat();
    let mut dict = b"ccollections\nOrderedDict\n)R(".to_vec();
    for (path, tensor) in state.tensors {
        dict.extend(text(path));
        dict.extend(tensor);
    }
    // The versions of the modules are the state of the dictionary.
    dict.extend(b"u}b");
    let keys: Vec<Vec<u8>> = state.keys.iter().map(|key| text(key)).collect();
    let magic = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19".as_slice();
    let pickles = [pickle(magic), pickle(b"M\xe9\x03"), pickle(b"}"), pickle(&dict), pickle(&list(&keys))];
    [pickles.concat(), state.storages.concat()].concat()
}

/// Writes a tensor of PyTorch in the storage `key` of `count` values.
pub(crate) fn torch_tensor(
    key: &str,
    storage: &str,
    count: u32,
    offset: u32,
    shape: &[u32],
    strides: &[u32],
) -> Vec<u8> {
    let number = |value: u32| [b"J".as_slice(), &value.to_le_bytes()].concat();
    let tuple = |items: &[u32]| {
        [b"(".as_slice(), &items.iter().flat_map(|item| number(*item)).collect::<Vec<_>>(), b"t"].concat()
    };
    let mut out = b"ctorch._utils\n_rebuild_tensor_v2\n((".to_vec();
    out.extend(text("storage"));
    out.extend(format!("ctorch\n{storage}\n").as_bytes());
    out.extend([text(key), text("cpu"), number(count)].concat());
    out.extend(b"NtQ");
    out.extend([number(offset), tuple(shape), tuple(strides)].concat());
    out.extend(b"\x89ccollections\nOrderedDict\n)RtR");
    out
}

fn text(text: &str) -> Vec<u8> {
    [b"X".as_slice(), &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}
