//! The few parts of an ELF shared library that [`crate::repackage`] and [`crate::load`] look at.
//!
//! Every access is checked against the end of the file: the bytes may be anything.

use std::ops::Range;

/// Size of one entry of the symbol table, in bytes.
pub const SYMBOL: usize = 24;
/// Size of one program header, in bytes.
const SEGMENT: usize = 56;
/// Size of one section header, in bytes.
const SECTION: usize = 64;

const CLASS_64_LITTLE_ENDIAN: [u8; 2] = [2, 1];
const X86_64: u16 = 62;
const PT_LOAD: u32 = 1;

/// What is wrong with the bytes of a library.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ElfError {
    /// The first bytes are not those of an ELF file.
    #[error("it is not an ELF file")]
    NotElf,
    /// An ELF file, but not one for 64-bit x86 in little-endian order.
    #[error("it is an ELF file, but not a 64-bit x86 one")]
    OtherMachine,
    /// The file ends before something that it says it holds.
    #[error("it ends before {what} at byte {end}")]
    Truncated {
        /// What should have been there.
        what: &'static str,
        /// Where it should have ended, counted from the start of the file.
        end: u64,
    },
    /// A part that should be there is not.
    #[error("it has no {0}")]
    Missing(String),
    /// A part is there, but not as expected.
    #[error("{0}")]
    Unexpected(String),
}

/// One section: where its bytes lie in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Section name, `.dynsym` for example.
    pub name: String,
    /// Bytes in the file.
    pub range: Range<usize>,
}

/// The bytes of a library, readable and writable with bounds checks.
#[derive(Debug)]
pub struct Elf<'a> {
    bytes: &'a mut [u8],
}

/// A little-endian number of `N` bytes at `at`.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], ElfError> {
    at.checked_add(N)
        .and_then(|end| bytes.get(at..end))
        .and_then(|part| part.try_into().ok())
        .ok_or(ElfError::Truncated { what: "a number", end: (at as u64).saturating_add(N as u64) })
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, ElfError> {
    number(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, ElfError> {
    number(bytes, at).map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Result<u64, ElfError> {
    number(bytes, at).map(u64::from_le_bytes)
}

/// A 64-bit offset as an index; one that does not fit lies behind the end of any file.
fn index(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn check_header(bytes: &[u8]) -> Result<(), ElfError> {
    if !bytes.starts_with(b"\x7fELF") {
        return Err(ElfError::NotElf);
    }
    if number::<2>(bytes, 4)? != CLASS_64_LITTLE_ENDIAN || u16_at(bytes, 18)? != X86_64 {
        return Err(ElfError::OtherMachine);
    }
    Ok(())
}

/// One `PT_LOAD` segment: file offset, virtual address and size in the file.
struct Segment {
    offset: u64,
    address: u64,
    size: u64,
}

fn segments(bytes: &[u8]) -> Result<Vec<Segment>, ElfError> {
    let table = index(u64_at(bytes, 32)?);
    let count = usize::from(u16_at(bytes, 56)?);
    let mut found = Vec::new();
    for entry in 0..count {
        let at = table.saturating_add(entry * SEGMENT);
        if u32_at(bytes, at)? == PT_LOAD {
            found.push(Segment {
                offset: u64_at(bytes, at.saturating_add(8))?,
                address: u64_at(bytes, at.saturating_add(16))?,
                size: u64_at(bytes, at.saturating_add(32))?,
            });
        }
    }
    Ok(found)
}

/// Checks that a file of `length` bytes, of which `start` are the first, holds all that the
/// loader would map. The loader itself does not check: it dies on a truncated library.
pub fn check_complete(start: &[u8], length: u64) -> Result<(), ElfError> {
    check_header(start)?;
    for segment in segments(start)? {
        let end = segment.offset.saturating_add(segment.size);
        if end > length {
            return Err(ElfError::Truncated { what: "the end of a segment", end });
        }
    }
    Ok(())
}

impl<'a> Elf<'a> {
    /// Takes the bytes of a 64-bit x86 library.
    pub fn new(bytes: &'a mut [u8]) -> Result<Self, ElfError> {
        check_header(bytes)?;
        Ok(Self { bytes })
    }

    /// The section called `name`.
    pub fn section(&self, name: &str) -> Result<Section, ElfError> {
        let table = index(u64_at(self.bytes, 40)?);
        let count = usize::from(u16_at(self.bytes, 60)?);
        let names = self.section_range(table, usize::from(u16_at(self.bytes, 62)?))?;
        for entry in 0..count {
            let at = table.saturating_add(entry * SECTION);
            let offset = u32_at(self.bytes, at)? as usize;
            if self.string(&names, offset)? == name.as_bytes() {
                return Ok(Section { name: name.to_owned(), range: self.section_range(table, entry)? });
            }
        }
        Err(ElfError::Missing(format!("section `{name}`")))
    }

    fn section_range(&self, table: usize, entry: usize) -> Result<Range<usize>, ElfError> {
        let at = table.saturating_add(entry.saturating_mul(SECTION));
        let start = index(u64_at(self.bytes, at.saturating_add(24))?);
        let size = index(u64_at(self.bytes, at.saturating_add(32))?);
        let range = start..start.saturating_add(size);
        match self.bytes.get(range.clone()) {
            Some(_) => Ok(range),
            None => Err(ElfError::Truncated { what: "the end of a section", end: range.end as u64 }),
        }
    }

    /// The zero-terminated string at `offset` of a string table.
    pub fn string(&self, table: &Range<usize>, offset: usize) -> Result<&[u8], ElfError> {
        let start = table.start.saturating_add(offset);
        let tail = self.bytes.get(start..table.end);
        tail.and_then(|tail| tail.split(|&byte| byte == 0).next())
            .ok_or(ElfError::Truncated { what: "a name", end: start as u64 })
    }

    /// Where the byte at virtual address `address` lies in the file.
    pub fn offset_of(&self, address: u64) -> Result<usize, ElfError> {
        segments(self.bytes)?
            .iter()
            .find_map(|segment| {
                let inside = address.checked_sub(segment.address).filter(|&at| at < segment.size)?;
                Some(index(segment.offset.saturating_add(inside)))
            })
            .ok_or_else(|| ElfError::Missing(format!("byte at address {address:#x}")))
    }

    /// `length` bytes from `at`.
    pub fn bytes(&self, at: usize, length: usize) -> Result<&[u8], ElfError> {
        let end = at.saturating_add(length);
        self.bytes.get(at..end).ok_or(ElfError::Truncated { what: "some bytes", end: end as u64 })
    }

    /// Overwrites the bytes from `at`.
    pub fn write(&mut self, at: usize, new: &[u8]) -> Result<(), ElfError> {
        let end = at.saturating_add(new.len());
        let place =
            self.bytes.get_mut(at..end).ok_or(ElfError::Truncated { what: "bytes to overwrite", end: end as u64 })?;
        place.copy_from_slice(new);
        Ok(())
    }

    /// The 32-bit number at `at`.
    pub fn u32(&self, at: usize) -> Result<u32, ElfError> {
        u32_at(self.bytes, at)
    }

    /// The 16-bit number at `at`.
    pub fn u16(&self, at: usize) -> Result<u16, ElfError> {
        u16_at(self.bytes, at)
    }
}
