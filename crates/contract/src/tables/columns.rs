//! The names of a struct's fields, as serde sees them.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// Returns the field names of the struct `T` in their order: the columns of its table.
///
/// `T` must not have `#[serde(flatten)]`, because serde then does not know the names in advance.
pub(super) fn columns<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    match T::deserialize(Fields) {
        Err(FoundFields(fields)) => fields,
        Ok(_) => &[],
    }
}

/// A deserializer that holds no data. It reports the fields that a type requests.
struct Fields;

/// The answer travels as an error, because there is no value to return.
#[derive(Debug)]
struct FoundFields(&'static [&'static str]);

impl fmt::Display for FoundFields {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        write!(to, "{:?}", self.0)
    }
}

impl std::error::Error for FoundFields {}

impl de::Error for FoundFields {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(&[])
    }
}

impl<'de> Deserializer<'de> for Fields {
    type Error = FoundFields;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, FoundFields> {
        Err(FoundFields(&[]))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, FoundFields> {
        Err(FoundFields(fields))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple tuple_struct map enum identifier ignored_any
    }
}
