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
