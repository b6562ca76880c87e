//! The few pickle instructions that a saved state dict is made of. Nothing is ever called: what
//! isn't a tensor, a storage or a plain value becomes [`Object::Other`].
//!
//! The instructions are those of Python's `pickletools`.

use super::DType;
use std::{
    collections::HashMap,
    io::{self, Read},
};

/// A value of a pickle, as far as a state dict needs it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Object {
    Int(i64),
    Text(String),
    /// A tuple or a list.
    Items(Vec<Object>),
    Dict(Vec<(Object, Object)>),
    /// A class or function by its path, `module.name`; it is never called.
    Global(String),
    Storage(Storage),
    Tensor(TensorObject),
    Other,
}

/// A storage: a named run of elements, in a file of its own or behind the pickle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Storage {
    pub key: String,
    pub dtype: Option<DType>,
}

/// A tensor: a strided view of a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TensorObject {
    pub storage: Storage,
    pub offset: usize,
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("its pickle is damaged ({what})"),
    )
}

/// Runs one pickle up to its end and answers with what is on top of the stack.
pub(super) fn read(reader: &mut impl Read) -> io::Result<Object> {
    let mut machine = Machine {
        reader,
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    while machine.step()? {}
    machine.pop()
}

/// A pickle is a program for a stack.
struct Machine<'a, R> {
    reader: &'a mut R,
    stack: Vec<Object>,
    marks: Vec<usize>,
    memo: HashMap<u32, Object>,
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
            b'N' => self.stack.push(Object::Other),
            0x88 | 0x89 => self.stack.push(Object::Int(i64::from(instruction == 0x88))),
            // BININT, BININT1, BININT2, LONG1
            b'J' => {
                let bytes = self.bytes()?;
                self.stack
                    .push(Object::Int(i32::from_le_bytes(bytes).into()));
            }
            b'K' => {
                let [byte] = self.bytes()?;
                self.stack.push(Object::Int(byte.into()));
            }
            b'M' => {
                let bytes = self.bytes()?;
                self.stack
                    .push(Object::Int(u16::from_le_bytes(bytes).into()));
            }
            0x8a => self.long()?,
            b'G' => {
                self.bytes::<8>()?;
                self.stack.push(Object::Other);
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
            b'}' => self.stack.push(Object::Dict(Vec::new())),
            b']' | b')' | 0x8f => self.stack.push(Object::Items(Vec::new())),
            b'l' | b't' => {
                let items = self.since_mark()?;
                self.stack.push(Object::Items(items));
            }
            0x85..=0x87 => {
                let count = usize::from(instruction - 0x84);
                let start = self.stack.len().checked_sub(count);
                let start = start.ok_or_else(|| damaged("too few values"))?;
                let items = self.stack.split_off(start);
                self.stack.push(Object::Items(items));
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
                self.stack.push(Object::Global(format!("{module}.{name}")));
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                self.stack.push(match (module, name) {
                    (Object::Text(module), Object::Text(name)) => {
                        Object::Global(format!("{module}.{name}"))
                    }
                    _ => return Err(damaged("a class without a name")),
                });
            }
            b'Q' => {
                let id = self.pop()?;
                self.stack.push(storage(&id));
            }
            // REDUCE, NEWOBJ
            b'R' | 0x81 => {
                let (arguments, callable) = (self.pop()?, self.pop()?);
                self.stack.push(rebuild(&callable, arguments));
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

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn run(&mut self, length: u64) -> io::Result<Vec<u8>> {
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
        let text = String::from_utf8_lossy(&bytes).into_owned();
        self.stack.push(Object::Text(text));
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
        self.stack.push(match whole.get_mut(..bytes.len()) {
            Some(part) => {
                part.copy_from_slice(&bytes);
                Object::Int(i64::from_le_bytes(whole))
            }
            None => Object::Other,
        });
        Ok(())
    }

    fn pop(&mut self) -> io::Result<Object> {
        self.stack.pop().ok_or_else(|| damaged("too few values"))
    }

    fn since_mark(&mut self) -> io::Result<Vec<Object>> {
        let mark = self.marks.pop().filter(|&mark| mark <= self.stack.len());
        Ok(self
            .stack
            .split_off(mark.ok_or_else(|| damaged("no mark"))?))
    }

    fn append(&mut self, items: impl IntoIterator<Item = Object>) -> io::Result<()> {
        match self.stack.last_mut() {
            Some(Object::Items(list)) => list.extend(items),
            Some(_) => {}
            None => return Err(damaged("no list")),
        }
        Ok(())
    }

    fn set(&mut self, items: Vec<Object>) -> io::Result<()> {
        match self.stack.last_mut() {
            Some(Object::Dict(dict)) => {
                let mut items = items.into_iter();
                while let (Some(key), Some(value)) = (items.next(), items.next()) {
                    dict.push((key, value));
                }
            }
            Some(_) => {}
            None => return Err(damaged("no dictionary")),
        }
        Ok(())
    }

    fn remember(&mut self, index: u32) -> io::Result<()> {
        let object = self
            .stack
            .last()
            .ok_or_else(|| damaged("nothing to remember"))?;
        self.memo.insert(index, object.clone());
        Ok(())
    }

    fn recall(&mut self, index: u32) -> io::Result<()> {
        let object = self.memo.get(&index).cloned();
        self.stack
            .push(object.ok_or_else(|| damaged("nothing was remembered"))?);
        Ok(())
    }
}

/// Makes a storage of a persistent id: ("storage", class, key, device, elements).
fn storage(id: &Object) -> Object {
    let Object::Items(id) = id else {
        return Object::Other;
    };
    let [_, Object::Global(class), Object::Text(key), ..] = id.as_slice() else {
        return Object::Other;
    };
    let dtype = match class.as_str() {
        "torch.FloatStorage" => Some(DType::F32),
        "torch.HalfStorage" => Some(DType::F16),
        "torch.BFloat16Storage" => Some(DType::Bf16),
        "torch.DoubleStorage" => Some(DType::F64),
        _ => None,
    };
    Object::Storage(Storage {
        key: key.clone(),
        dtype,
    })
}

fn rebuild(callable: &Object, arguments: Object) -> Object {
    let (Object::Global(callable), Object::Items(arguments)) = (callable, arguments) else {
        return Object::Other;
    };
    match callable.as_str() {
        "collections.OrderedDict" => Object::Dict(Vec::new()),
        "torch._utils._rebuild_tensor_v2" | "torch._utils._rebuild_tensor" => {
            tensor(&arguments).map_or(Object::Other, Object::Tensor)
        }
        "torch._utils._rebuild_parameter" => arguments.into_iter().next().unwrap_or(Object::Other),
        _ => Object::Other,
    }
}

/// Makes a tensor of `_rebuild_tensor`'s arguments: (storage, offset, shape, strides, …).
fn tensor(arguments: &[Object]) -> Option<TensorObject> {
    let [Object::Storage(storage), offset, shape, strides, ..] = arguments else {
        return None;
    };
    let number = |object: &Object| match object {
        Object::Int(number) => usize::try_from(*number).ok(),
        _ => None,
    };
    let numbers = |object: &Object| match object {
        Object::Items(items) => items.iter().map(number).collect::<Option<Vec<_>>>(),
        _ => None,
    };
    Some(TensorObject {
        storage: storage.clone(),
        offset: number(offset)?,
        shape: numbers(shape)?,
        strides: numbers(strides)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_values() {
        // pickle.dumps({"a": [1, 300, -2], "b": ("x",)}, protocol=2)
        let bytes = b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01]q\x02(K\x01M,\x01J\xfe\xff\xff\xffeX\x01\x00\x00\x00bq\x03X\x01\x00\x00\x00xq\x04\x85q\x05u.";
        let text = |text: &str| Object::Text(text.to_owned());
        let numbers = [1, 300, -2].map(Object::Int).to_vec();
        assert_eq!(
            read(&mut &bytes[..]).unwrap(),
            Object::Dict(vec![
                (text("a"), Object::Items(numbers)),
                (text("b"), Object::Items(vec![text("x")])),
            ])
        );
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
}
