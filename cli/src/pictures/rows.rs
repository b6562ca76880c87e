//! Pictures in a column of a Parquet file, one a row.

use anyhow::{Context, Result, anyhow, bail};
use parquet::{
    column::reader::ColumnReader,
    data_type::ByteArray,
    file::reader::{FileReader, SerializedFileReader},
};
use std::{
    collections::VecDeque,
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Rows up to which everything between is read rather than skipped: other threads will ask for it.
const AHEAD: u64 = 64;
/// Bytes of pictures that wait to be asked for.
const WAITING: usize = 256 << 20;

/// A column of encoded pictures, read in the order of its rows as far as it is asked for so.
pub struct Rows {
    file: PathBuf,
    /// The leaf column's index.
    column: usize,
    /// For each row group, its first row; and at the end, the number of all.
    starts: Vec<u64>,
    state: Mutex<State>,
}

struct State {
    reader: SerializedFileReader<File>,
    /// The column of a row group, and the row that comes next in it.
    open: Option<(usize, ColumnReader, u64)>,
    /// Pictures that were read before they were asked for, by their rows.
    waiting: VecDeque<(u64, Option<Vec<u8>>)>,
}

impl Rows {
    /// The leaf column `column` of a file.
    ///
    /// # Errors
    /// If the file's row groups have no plausible number of rows.
    pub fn new(file: &Path, reader: SerializedFileReader<File>, column: usize) -> Result<Self> {
        let mut starts = vec![0];
        let mut total: u64 = 0;
        for group in reader.metadata().row_groups() {
            let rows = u64::try_from(group.num_rows()).ok();
            total = rows
                .and_then(|rows| total.checked_add(rows))
                .context("its number of rows makes no sense")?;
            starts.push(total);
        }
        Ok(Self {
            file: file.to_owned(),
            column,
            starts,
            state: Mutex::new(State {
                reader,
                open: None,
                waiting: VecDeque::new(),
            }),
        })
    }

    /// The file that it is a column of.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// One row's bytes; `None` where there are none.
    ///
    /// # Errors
    /// If the file is damaged there.
    pub fn read(&self, row: u64) -> Result<Option<Vec<u8>>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Damaged files are beyond what the library is tested with.
        let read = catch_unwind(AssertUnwindSafe(|| self.read_from(&mut state, row)));
        let read = read.unwrap_or_else(|_| Err(anyhow!("the reader of Parquet files broke")));
        if read.is_err() {
            // What it has read of the page is worth nothing.
            state.open = None;
        }
        read
    }

    fn read_from(&self, state: &mut State, row: u64) -> Result<Option<Vec<u8>>> {
        if let Some(place) = state.waiting.iter().position(|(other, _)| *other == row) {
            return Ok(state.waiting.remove(place).and_then(|(_, bytes)| bytes));
        }
        let group = self.starts.partition_point(|&start| start <= row);
        if group == 0 || group >= self.starts.len() {
            bail!("the file has no row {}", row + 1);
        }
        let group = group - 1;
        let is_open =
            matches!(&state.open, Some((open, _, next)) if *open == group && *next <= row);
        if !is_open {
            state.open = None;
            let column = state
                .reader
                .get_row_group(group)?
                .get_column_reader(self.column)?;
            state.open = Some((group, column, self.starts[group]));
        }
        let Some((_, column, next)) = &mut state.open else {
            bail!("the file has no row {}", row + 1);
        };
        let ColumnReader::ByteArrayColumnReader(column) = column else {
            bail!("the column of pictures is of another type");
        };
        if row - *next > AHEAD {
            let skipped = (row - *next) as usize;
            if column.skip_records(skipped)? < skipped {
                bail!("the file ends before row {}", row + 1);
            }
            *next = row;
        }
        loop {
            let (mut levels, mut values): (Vec<i16>, Vec<ByteArray>) = Default::default();
            let (records, ..) = column.read_records(1, Some(&mut levels), None, &mut values)?;
            if records == 0 {
                bail!("the file ends before row {}", row + 1);
            }
            let bytes = values.first().map(|value| value.data().to_vec());
            let current = *next;
            *next += 1;
            if current == row {
                return Ok(bytes);
            }
            state.waiting.push_back((current, bytes));
            let length = |(_, bytes): &(u64, Option<Vec<u8>>)| bytes.as_ref().map_or(0, Vec::len);
            while state.waiting.iter().map(length).sum::<usize>() > WAITING
                || state.waiting.len() > 4 * AHEAD as usize
            {
                state.waiting.pop_front();
            }
        }
    }
}
