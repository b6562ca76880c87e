//! Parquet files with pictures in them, as Hugging Face and img2dataset write them, and tables of
//! metadata in Parquet.

use super::{
    Part, Sample,
    facts::{self, Facts},
    limits,
};
use crate::{
    disk,
    failure::{Failed, one_line},
    pictures::{Picture, Rows},
};
use anyhow::{Context, Result, anyhow, bail};
use parquet::{
    basic::{Compression, ConvertedType, LogicalType, Type as Physical},
    file::reader::{FileReader, SerializedFileReader},
    record::{Field, Row, reader::RowIter},
    schema::types::{Type, TypePtr},
};
use serde_json::{Map, Value, json};
use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

/// Columns of pictures, where there are several.
const PICTURES: [&str; 8] = [
    "image", "img", "jpg", "jpeg", "png", "webp", "picture", "bytes",
];

/// Runs what reads a file that may be damaged in ways that the library isn't tested with.
fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(anyhow!("the reader of Parquet files broke")))
        .with_context(|| format!("{} can't be read as Parquet", path.display()))
}

fn open(path: &Path) -> Result<SerializedFileReader<File>> {
    Ok(SerializedFileReader::new(disk::open_file(path)?)?)
}

/// Whether a file has a column that may hold pictures.
///
/// # Errors
/// If it is no Parquet file.
pub fn has_pictures(path: &Path) -> Result<bool> {
    guarded(path, || {
        let reader = open(path)?;
        let schema = reader.metadata().file_metadata().schema();
        Ok(schema.get_fields().iter().any(|field| holds_bytes(field)))
    })
}

/// The pictures of a file and what its other columns say of them.
pub fn read(path: &Path) -> Result<Part> {
    guarded(path, || read_pictures(path))
}

fn read_pictures(path: &Path) -> Result<Part> {
    let reader = open(path)?;
    let metadata = reader.metadata().file_metadata();
    let schema = metadata.schema();
    let groups = reader.metadata().row_groups().iter();
    let codecs = groups
        .flat_map(|group| group.columns())
        .map(|column| column.compression());
    let mut others = codecs.filter(|codec| {
        use Compression::{GZIP, SNAPPY, UNCOMPRESSED, ZSTD};
        !matches!(codec, UNCOMPRESSED | SNAPPY | GZIP(_) | ZSTD(_))
    });
    if let Some(codec) = others.next() {
        bail!(
            "its columns are compressed with {codec}, and Snappy, Zstandard, gzip and none are read \
             (pyarrow.parquet.write_table with compression=\"zstd\" writes it anew)"
        );
    }
    let field = picture_field(schema)?;
    let column = leaf(&reader, field)?;
    let columns: Vec<&str> = schema
        .get_fields()
        .iter()
        .map(|field| field.name())
        .collect();
    let names = facts::label_column(&columns).and_then(|column| class_names(&reader, column));
    let name = field.name().to_owned();
    let mut part = Part {
        names,
        ..Part::default()
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let rows = Arc::new(Rows::new(path, open(path)?, column)?);
    for (row, object) in objects(reader)?.enumerate() {
        let place = format!("{}, row {}", path.display(), row + 1);
        let object = match object {
            Ok(object) => object,
            Err(error) => {
                let error = format!("the rest of it can't be read: {}", one_line(&error));
                part.fail(place, error);
                break;
            }
        };
        let file = object
            .get(&name)
            .and_then(|picture| picture["path"].as_str());
        let file = file.filter(|file| !file.is_empty());
        let named = file.map_or(place.clone(), |file| format!("{place} ({file})"));
        // Most rows hold the bytes and name a file of the computer that they were written on.
        let file = file.and_then(|file| limits::inside(file, &place).ok());
        let file = file.map(|file| folder.join(file));
        part.samples.push(Sample {
            picture: Picture::row(named, rows.clone(), row as u64, file),
            facts: Facts::of(&object),
            no_label: None,
        });
    }
    Ok(part)
}

/// The rows of a table without pictures in it.
pub fn table(path: &Path) -> Result<Vec<Result<Map<String, Value>, Failed>>> {
    guarded(path, || {
        let rows = objects(open(path)?)?.enumerate();
        let named = rows.map(|(row, object)| {
            object.map_err(|error| Failed {
                file: format!("{}, row {}", path.display(), row + 1),
                error: one_line(&error),
            })
        });
        Ok(named.collect())
    })
}

/// The rows of a file without the bytes in them.
fn objects(
    reader: SerializedFileReader<File>,
) -> Result<impl Iterator<Item = Result<Map<String, Value>>>> {
    let schema = reader.metadata().file_metadata().schema();
    let fields = schema.get_fields().iter().filter_map(without_bytes);
    let fields: Vec<TypePtr> = fields.collect();
    let rows = reader.metadata().file_metadata().num_rows();
    let is_empty = fields.is_empty();
    let projection = Type::group_type_builder(schema.name())
        .with_fields(fields)
        .build()?;
    let iter = match is_empty {
        // Nothing but pictures.
        true => None,
        false => Some(RowIter::from_file_into(Box::new(reader)).project(Some(projection))?),
    };
    let nothing = if is_empty { rows.max(0) as usize } else { 0 };
    let mut broken = false;
    let filled = iter.into_iter().flatten().map(|row| Ok(object(&row?)));
    let all = std::iter::repeat_with(|| Ok(Map::new()))
        .take(nothing)
        .chain(filled);
    Ok(all.take_while(move |row: &Result<_>| {
        let was_broken = broken;
        broken = row.is_err();
        !was_broken
    }))
}

/// A field without what holds bytes; `None` if that is all.
fn without_bytes(field: &TypePtr) -> Option<TypePtr> {
    if is_bytes(field) {
        return None;
    }
    if field.is_primitive() {
        return Some(field.clone());
    }
    let kept: Vec<TypePtr> = field
        .get_fields()
        .iter()
        .filter_map(without_bytes)
        .collect();
    if kept.len() == field.get_fields().len() {
        return Some(field.clone());
    }
    // Lists and maps have shapes of their own, which nothing may be taken out of.
    let info = field.get_basic_info();
    let is_plain =
        info.logical_type_ref().is_none() && info.converted_type() == ConvertedType::NONE;
    if kept.is_empty() || !is_plain {
        return None;
    }
    let repetition = info.has_repetition().then(|| info.repetition());
    let mut builder = Type::group_type_builder(field.name()).with_fields(kept);
    if let Some(repetition) = repetition {
        builder = builder.with_repetition(repetition);
    }
    builder.build().ok().map(Arc::new)
}

/// Whether a field holds bytes that are no text.
fn is_bytes(field: &Type) -> bool {
    if !field.is_primitive() || field.get_physical_type() != Physical::BYTE_ARRAY {
        return false;
    }
    let info = field.get_basic_info();
    let is_other = matches!(
        info.logical_type_ref(),
        Some(
            LogicalType::String
                | LogicalType::Json
                | LogicalType::Enum
                | LogicalType::Decimal { .. }
        )
    );
    !is_other && info.converted_type() == ConvertedType::NONE
}

fn holds_bytes(field: &Type) -> bool {
    match field.is_primitive() {
        true => is_bytes(field),
        false => field.get_fields().iter().any(|field| holds_bytes(field)),
    }
}

/// The field that holds the pictures: bytes, or Hugging Face's structure of `bytes` and `path`.
fn picture_field(schema: &Type) -> Result<&Type> {
    let holding = schema
        .get_fields()
        .iter()
        .filter(|field| holds_bytes(field));
    let (single, others): (Vec<&TypePtr>, Vec<&TypePtr>) = holding.partition(|field| {
        let structure = || {
            !field.is_primitive()
                && field
                    .get_fields()
                    .iter()
                    .any(|child| child.name() == "bytes" && is_bytes(child))
        };
        is_bytes(field) || structure()
    });
    let by_name = |fields: &[&TypePtr]| {
        PICTURES.iter().find_map(|name| {
            let place = fields
                .iter()
                .position(|field| field.name().eq_ignore_ascii_case(name))?;
            Some(place)
        })
    };
    match (&single[..], &others[..]) {
        ([field], _) => Ok(field),
        ([], []) => bail!("it has no column with pictures"),
        ([], [field, ..]) => bail!(
            "its column {:?} holds several pictures a row, and one a row is read",
            field.name()
        ),
        (several, _) => match by_name(several) {
            Some(place) => Ok(several[place]),
            None => {
                let names: Vec<&str> = several.iter().map(|field| field.name()).collect();
                bail!(
                    "it has several columns that may hold the pictures ({}), and none is called \
                     \"image\"",
                    names.join(", ")
                )
            }
        },
    }
}

/// The index of the leaf column with a field's bytes.
fn leaf(reader: &SerializedFileReader<File>, field: &Type) -> Result<usize> {
    let descriptor = reader.metadata().file_metadata().schema_descr();
    let wanted: &[&str] = match field.is_primitive() {
        true => &[field.name()],
        false => &[field.name(), "bytes"],
    };
    let mut columns = descriptor.columns().iter();
    let index = columns.position(|column| {
        let parts = column.path().parts();
        parts.len() == wanted.len() && parts.iter().zip(wanted).all(|(a, b)| a == b)
    });
    let index = index.context("it has no column with pictures")?;
    if descriptor.column(index).max_rep_level() > 0 {
        bail!(
            "its column {:?} holds several pictures a row, and one a row is read",
            field.name()
        );
    }
    Ok(index)
}

/// The names that Hugging Face's `ClassLabel` gives the numbers of a column.
fn class_names(reader: &SerializedFileReader<File>, column: &str) -> Option<Vec<String>> {
    let entries = reader.metadata().file_metadata().key_value_metadata()?;
    let entry = entries.iter().find(|entry| entry.key == "huggingface")?;
    let features: Value = serde_json::from_str(entry.value.as_deref()?).ok()?;
    let feature = &features["info"]["features"][column];
    let lists = [feature, &feature["feature"], &feature[0]];
    let names = lists
        .into_iter()
        .find_map(|feature| feature["names"].as_array())?;
    names
        .iter()
        .map(|name| name.as_str().map(str::to_owned))
        .collect()
}

fn object(row: &Row) -> Map<String, Value> {
    let fields = row.get_column_iter();
    fields
        .map(|(name, field)| (name.clone(), value(field)))
        .collect()
}

fn value(field: &Field) -> Value {
    match field {
        Field::Bool(value) => json!(value),
        Field::Byte(value) => json!(value),
        Field::Short(value) => json!(value),
        Field::Int(value) => json!(value),
        Field::Long(value) => json!(value),
        Field::UByte(value) => json!(value),
        Field::UShort(value) => json!(value),
        Field::UInt(value) => json!(value),
        Field::ULong(value) => json!(value),
        Field::Float(value) => json!(value),
        Field::Double(value) => json!(value),
        Field::Str(value) => json!(value),
        Field::Group(row) => Value::Object(object(row)),
        Field::ListInternal(list) => list.elements().iter().map(value).collect(),
        _ => Value::Null,
    }
}
