//! The few pickle instructions that a saved state dict is made of. Nothing is ever called: what
//! isn't a tensor, a storage or a plain value becomes [`Object::Other`].
//!
//! The instructions are those of Python's `pickletools`. Values lie side by side in one list
//! ([`Pickle`]) and name each other by their index, so that however a pickle nests, repeats or
//! contains itself, every instruction adds a few bytes at most, and nothing here is recursive.

use super::DType;
use crate::limits::{LimitError, at_most};
use std::{
    collections::HashMap,
    io::{self, Read},
    ops::Index,
    rc::Rc,
};

/// Bytes of one pickle. A tensor takes 100 to 300 of them, and 50,000 tensors are many.
const MAX_BYTES: u64 = 64 << 20;

/// Instructions of one pickle. A tensor takes about 40.
const MAX_INSTRUCTIONS: u64 = 8 << 20;

/// Dimensions of a tensor.
const MAX_DIMENSIONS: usize = 8;

/// A value of a pickle, as far as a state dict needs it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Object {
    Int(i64),
    Text(Rc<str>),
    /// A tuple or a list.
    Items(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// A class or function; it is never called.
    Global(Global),
    Storage(Storage),
    Tensor(Rc<TensorObject>),
    Other,
}

/// The classes and functions that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Global {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    /// A class of storages, by the type of its elements; `None` where that is no float.
    Storage(Option<DType>),
    Other,
}

/// A storage: a named run of elements, in a file of its own or behind the pickle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Storage {
    pub key: Rc<str>,
    pub dtype: Option<DType>,
}

/// A tensor: a strided view of a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TensorObject {
    pub storage: Storage,
    /// Elements of the storage before the first.
    pub offset: u64,
    pub shape: Vec<u64>,
    /// For each dimension, elements of the storage from one to the next.
    pub strides: Vec<u64>,
}

/// The index of a value in its [`Pickle`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id(u32);

/// All values of a pickle.
#[derive(Debug)]
pub(super) struct Pickle {
    objects: Vec<Object>,
    /// The value that the pickle stands for.
    pub root: Id,
}

impl Pickle {
    /// All values, those that the root does not reach among them.
    pub(super) fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.iter()
    }
}

impl Index<Id> for Pickle {
    type Output = Object;

    fn index(&self, Id(index): Id) -> &Object {
        &self.objects[index as usize]
    }
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("its pickle is damaged ({what})"),
    )
}

fn beyond(limit: LimitError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, limit)
}

/// Runs one pickle up to its end, with what is on top of the stack as its root.
pub(super) fn read(reader: &mut impl Read) -> io::Result<Pickle> {
    let mut machine = Machine {
        reader,
        bytes: 0,
        objects: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    let mut instructions = 0;
    while machine.step()? {
        instructions += 1;
        at_most("the pickle's instructions", instructions, MAX_INSTRUCTIONS).map_err(beyond)?;
    }
    let root = machine.pop()?;
    Ok(Pickle {
        objects: machine.objects,
        root,
    })
}

/// A pickle is a program for a stack.
struct Machine<'a, R> {
    reader: &'a mut R,
    /// Bytes that were read.
    bytes: u64,
    /// Every value there ever was: at most one for each instruction.
    objects: Vec<Object>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl<R: Read> Machine<'_, R> {
    /// Runs one instruction; false at the end.
    fn step(&mut self) -> io::Result<bool> {
        let [instruction] = self.bytes()?;
        match instruction {
            b'.' => return Ok(false),
            // PROTO, FRAME
            0x80 => drop(self.bytes::<1>()?),
            0x95 => drop(self.bytes::<8>()?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'N' => self.push(Object::Other),
            0x88 | 0x89 => self.push(Object::Int(i64::from(instruction == 0x88))),
            // BININT, BININT1, BININT2, LONG1
            b'J' => {
                let bytes = self.bytes()?;
                self.push(Object::Int(i32::from_le_bytes(bytes).into()));
            }
            b'K' => {
                let [byte] = self.bytes()?;
                self.push(Object::Int(byte.into()));
            }
            b'M' => {
                let bytes = self.bytes()?;
                self.push(Object::Int(u16::from_le_bytes(bytes).into()));
            }
            0x8a => self.long()?,
            b'G' => {
                self.bytes::<8>()?;
                self.push(Object::Other);
            }
            // BINUNICODE, SHORT_BINUNICODE, BINUNICODE8
            b'X' => {
                let length = u32::from_le_bytes(self.bytes()?);
                self.text(length.into())?;
            }
            0x8c => {
                let [length] = self.bytes()?;
                self.text(length.into())?;
            }
            0x8d => {
                let length = u64::from_le_bytes(self.bytes()?);
                self.text(length)?;
            }
            // SHORT_BINSTRING, BINSTRING, SHORT_BINBYTES, BINBYTES
            b'U' | b'C' => {
                let [length] = self.bytes()?;
                self.text(length.into())?;
            }
            b'T' | b'B' => {
                let length = u32::from_le_bytes(self.bytes()?);
                self.text(length.into())?;
            }
            b'}' => self.push(Object::Dict(Vec::new())),
            b']' | b')' | 0x8f => self.push(Object::Items(Vec::new())),
            b'l' | b't' => {
                let items = self.since_mark()?;
                self.push(Object::Items(items));
            }
            0x85..=0x87 => {
                let count = usize::from(instruction - 0x84);
                let start = self.stack.len().checked_sub(count);
                let start = start.ok_or_else(|| damaged("too few values"))?;
                let items = self.stack.split_off(start);
                self.push(Object::Items(items));
            }
            // APPEND, APPENDS, ADDITEMS
            b'a' => {
                let item = self.pop()?;
                self.append([item])?;
            }
            b'e' | 0x90 => {
                let items = self.since_mark()?;
                self.append(items)?;
            }
            // SETITEM, SETITEMS
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set([key, value].into())?;
            }
            b'u' => {
                let items = self.since_mark()?;
                self.set(items)?;
            }
            // GLOBAL, STACK_GLOBAL
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push(Object::Global(Global::named(&module, &name)));
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Object::Text(module), Object::Text(name)) = (self.at(module), self.at(name))
                else {
                    return Err(damaged("a class without a name"));
                };
                let global = Global::named(module, name);
                self.push(Object::Global(global));
            }
            b'Q' => {
                let id = self.pop()?;
                let storage = self.storage(id);
                self.push(storage);
            }
            // REDUCE, NEWOBJ
            b'R' | 0x81 => {
                let (arguments, callable) = (self.pop()?, self.pop()?);
                self.call(callable, arguments);
            }
            // BUILD: a state for the object below it, which no tensor needs.
            b'b' => drop(self.pop()?),
            // BINPUT, LONG_BINPUT, MEMOIZE
            b'q' => {
                let [index] = self.bytes()?;
                self.remember(index.into())?;
            }
            b'r' => {
                let index = u32::from_le_bytes(self.bytes()?);
                self.remember(index)?;
            }
            0x94 => {
                let index = u32::try_from(self.memo.len()).map_err(|_| damaged("too long"))?;
                self.remember(index)?;
            }
            // BINGET, LONG_BINGET
            b'h' => {
                let [index] = self.bytes()?;
                self.recall(index.into())?;
            }
            b'j' => {
                let index = u32::from_le_bytes(self.bytes()?);
                self.recall(index)?;
            }
            other => return Err(damaged(&format!("instruction {other:#04x}"))),
        }
        Ok(true)
    }

    fn push(&mut self, object: Object) {
        // Fits: there are fewer instructions.
        let id = Id(self.objects.len() as u32);
        self.objects.push(object);
        self.stack.push(id);
    }

    fn at(&self, Id(index): Id) -> &Object {
        &self.objects[index as usize]
    }

    /// Counts bytes that are about to be read.
    fn spend(&mut self, bytes: u64) -> io::Result<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        at_most("the pickle's bytes", self.bytes, MAX_BYTES).map_err(beyond)
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        self.spend(N as u64)?;
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn run(&mut self, length: u64) -> io::Result<Vec<u8>> {
        self.spend(length)?;
        let mut bytes = Vec::new();
        self.reader.by_ref().take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == length {
            Ok(bytes)
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    fn text(&mut self, length: u64) -> io::Result<()> {
        let bytes = self.run(length)?;
        self.push(Object::Text(String::from_utf8_lossy(&bytes).into()));
        Ok(())
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        loop {
            match self.bytes()? {
                [b'\n'] => return Ok(String::from_utf8_lossy(&line).into_owned()),
                [byte] => line.push(byte),
            }
        }
    }

    /// A two's-complement number of any length; one that doesn't fit is none that matters.
    fn long(&mut self) -> io::Result<()> {
        let [length] = self.bytes()?;
        let bytes = self.run(length.into())?;
        let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut whole = [if negative { 0xff } else { 0 }; 8];
        self.push(match whole.get_mut(..bytes.len()) {
            Some(part) => {
                part.copy_from_slice(&bytes);
                Object::Int(i64::from_le_bytes(whole))
            }
            None => Object::Other,
        });
        Ok(())
    }

    fn pop(&mut self) -> io::Result<Id> {
        self.stack.pop().ok_or_else(|| damaged("too few values"))
    }

    fn since_mark(&mut self) -> io::Result<Vec<Id>> {
        let mark = self.marks.pop().filter(|&mark| mark <= self.stack.len());
        Ok(self
            .stack
            .split_off(mark.ok_or_else(|| damaged("no mark"))?))
    }

    fn append(&mut self, items: impl IntoIterator<Item = Id>) -> io::Result<()> {
        let Id(list) = *self.stack.last().ok_or_else(|| damaged("no list"))?;
        if let Object::Items(list) = &mut self.objects[list as usize] {
            list.extend(items);
        }
        Ok(())
    }

    fn set(&mut self, items: Vec<Id>) -> io::Result<()> {
        let Id(dict) = *self.stack.last().ok_or_else(|| damaged("no dictionary"))?;
        if let Object::Dict(dict) = &mut self.objects[dict as usize] {
            dict.extend(items.as_chunks().0.iter().map(|&[key, value]| (key, value)));
        }
        Ok(())
    }

    fn remember(&mut self, index: u32) -> io::Result<()> {
        let id = self.stack.last();
        let id = *id.ok_or_else(|| damaged("nothing to remember"))?;
        self.memo.insert(index, id);
        Ok(())
    }

    fn recall(&mut self, index: u32) -> io::Result<()> {
        let id = self.memo.get(&index);
        self.stack
            .push(*id.ok_or_else(|| damaged("nothing was remembered"))?);
        Ok(())
    }

    /// Makes a storage of a persistent id: ("storage", class, key, device, elements).
    fn storage(&self, id: Id) -> Object {
        let Object::Items(id) = self.at(id) else {
            return Object::Other;
        };
        let [_, class, key, ..] = *id.as_slice() else {
            return Object::Other;
        };
        match (self.at(class), self.at(key)) {
            (Object::Global(class), Object::Text(key)) => Object::Storage(Storage {
                key: key.clone(),
                dtype: match *class {
                    Global::Storage(dtype) => dtype,
                    _ => None,
                },
            }),
            _ => Object::Other,
        }
    }

    /// Pushes what a call gives, as far as it matters.
    fn call(&mut self, callable: Id, arguments: Id) {
        let (Object::Global(callable), Object::Items(arguments)) =
            (self.at(callable), self.at(arguments))
        else {
            return self.push(Object::Other);
        };
        let made = match callable {
            Global::OrderedDict => Object::Dict(Vec::new()),
            Global::RebuildTensor => {
                let tensor = self.tensor(arguments);
                tensor.map_or(Object::Other, |tensor| Object::Tensor(Rc::new(tensor)))
            }
            Global::RebuildParameter => match arguments.first() {
                Some(&tensor) => return self.stack.push(tensor),
                None => Object::Other,
            },
            Global::Storage(_) | Global::Other => Object::Other,
        };
        self.push(made);
    }

    /// Makes a tensor of `_rebuild_tensor`'s arguments: (storage, offset, shape, strides, …).
    fn tensor(&self, arguments: &[Id]) -> Option<TensorObject> {
        let [storage, offset, shape, strides, ..] = *arguments else {
            return None;
        };
        let Object::Storage(storage) = self.at(storage) else {
            return None;
        };
        let number = |id: Id| match *self.at(id) {
            Object::Int(number) => u64::try_from(number).ok(),
            _ => None,
        };
        let numbers = |id: Id| match self.at(id) {
            Object::Items(items) if items.len() <= MAX_DIMENSIONS => items
                .iter()
                .map(|&id| number(id))
                .collect::<Option<Vec<_>>>(),
            _ => None,
        };
        Some(TensorObject {
            storage: storage.clone(),
            offset: number(offset)?,
            shape: numbers(shape)?,
            strides: numbers(strides)?,
        })
    }
}

impl Global {
    fn named(module: &str, name: &str) -> Self {
        match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2" | "_rebuild_tensor") => Self::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => Self::RebuildParameter,
            ("torch", "FloatStorage") => Self::Storage(Some(DType::F32)),
            ("torch", "HalfStorage") => Self::Storage(Some(DType::F16)),
            ("torch", "BFloat16Storage") => Self::Storage(Some(DType::Bf16)),
            ("torch", "DoubleStorage") => Self::Storage(Some(DType::F64)),
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a value as Python would, to the depth that the tests need.
    fn shown(pickle: &Pickle, id: Id) -> String {
        let list = |ids: &[Id]| {
            let items = ids.iter().map(|&id| shown(pickle, id));
            items.collect::<Vec<_>>().join(", ")
        };
        match &pickle[id] {
            Object::Int(number) => number.to_string(),
            Object::Text(text) => format!("{text:?}"),
            Object::Items(items) => format!("[{}]", list(items)),
            Object::Dict(items) => {
                let items = items.iter().map(|&(key, value)| {
                    format!("{}: {}", shown(pickle, key), shown(pickle, value))
                });
                format!("{{{}}}", items.collect::<Vec<_>>().join(", "))
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn plain_values() {
        // pickle.dumps({"a": [1, 300, -2], "b": ("x",)}, protocol=2)
        let bytes = b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01]q\x02(K\x01M,\x01J\xfe\xff\xff\xffeX\x01\x00\x00\x00bq\x03X\x01\x00\x00\x00xq\x04\x85q\x05u.";
        let pickle = read(&mut &bytes[..]).unwrap();
        assert_eq!(
            shown(&pickle, pickle.root),
            r#"{"a": [1, 300, -2], "b": ["x"]}"#
        );
    }

    #[test]
    fn what_was_remembered_is_the_same_value() {
        // pickle.dumps([l := [], l]), then one is appended to the first.
        let pickle = read(&mut &b"](]q\x00K\x07ah\x00e."[..]).unwrap();
        assert_eq!(shown(&pickle, pickle.root), "[[7], [7]]");
    }

    #[test]
    fn damage_is_an_error() {
        for bytes in [
            &b""[..],
            b"\x80\x02",
            b"u.",
            b"\x80\x02X\xff\xff\xff\x7fab",
            b"\xf7",
            b"h\x05.",
        ] {
            assert!(read(&mut &bytes[..]).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_value_of_itself_twice_takes_no_memory() {
        // Each line is a pair of the one before: 2^60 values in 300 bytes.
        let mut bytes = b"]q\x00".to_vec();
        for _ in 0..60 {
            bytes.extend(b"h\x00h\x00\x86q\x00");
        }
        bytes.push(b'.');
        assert!(bytes.len() < 500);
        let pickle = read(&mut &bytes[..]).unwrap();
        assert!(pickle.objects().count() < 100);
    }

    #[test]
    fn depth_is_no_danger() {
        // A tuple in a tuple, a million times, and a list in itself.
        let mut bytes = b"]".to_vec();
        bytes.extend([0x85; 1_000_000]);
        bytes.push(b'.');
        let pickle = read(&mut &bytes[..]).unwrap();
        assert_eq!(pickle.objects().count(), 1_000_001);
        drop(pickle);
        let pickle = read(&mut &b"]q\x00h\x00a."[..]).unwrap();
        assert_eq!(pickle[pickle.root], Object::Items(vec![pickle.root]));
    }

    #[test]
    fn long_values_are_not_copied() {
        // One name of a million letters for ten thousand storages, and a shape of as many sides.
        let mut bytes = b"X\x40\x42\x0f\x00".to_vec();
        bytes.extend([b'a'; 1_000_000]);
        bytes.extend(b"q\x000");
        for _ in 0..10_000 {
            bytes.extend(b"K\x00ctorch\nFloatStorage\nh\x00\x87Q0");
        }
        bytes.extend(b"N.");
        let pickle = read(&mut &bytes[..]).unwrap();
        let keys = pickle.objects().filter_map(|object| match object {
            Object::Storage(Storage { key, .. }) => Some(Rc::as_ptr(key).addr()),
            _ => None,
        });
        let keys: std::collections::BTreeSet<_> = keys.collect();
        assert_eq!(keys.len(), 1);
    }

    #[test]
    fn no_pickle_goes_on_for_ever() {
        let error = read(&mut io::repeat(b'N')).unwrap_err().to_string();
        assert!(
            error.contains("instructions is 8388609, allowed: at most 8388608"),
            "{error}"
        );
        let error = read(&mut io::repeat(b'c')).unwrap_err().to_string();
        assert!(error.contains("bytes is 67108865"), "{error}");
        let error = read(&mut &b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff"[..]);
        assert!(error.unwrap_err().to_string().contains("allowed: at most"));
    }
}
