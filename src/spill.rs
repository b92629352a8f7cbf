//! Records put by on disk in partitions, so that no stage holds more than one partition at a time.
//! Files live in a build's work folder and die with it.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writing or reading back a partition failed: a full disk, most of the time.
#[derive(Debug, thiserror::Error)]
#[error("work file {path}: {source}")]
pub struct SpillError {
    pub path: PathBuf,
    pub source: std::io::Error,
}

fn fault(path: &Path) -> impl FnOnce(std::io::Error) -> SpillError + '_ {
    |source| SpillError { path: path.to_owned(), source }
}

/// Bytes that all partitions of one writer hold back together, before one of them is written out.
const HELD_BACK: usize = 16 << 20;

/// One stream of records per partition; pushed from any thread, so the order inside a partition
/// is not fixed: readers sort. Files are opened only to be written to: a build has more partitions
/// than a process may have files open.
pub struct SpillWriter<T> {
    parts: Vec<Mutex<Part>>,
    buffer: usize,
    record: PhantomData<fn(&T)>,
}

struct Part {
    path: PathBuf,
    waiting: Vec<u8>,
}

impl Part {
    fn write_out(&mut self) -> Result<(), SpillError> {
        let file = OpenOptions::new().append(true).open(&self.path);
        file.and_then(|mut file| file.write_all(&self.waiting)).map_err(fault(&self.path))?;
        self.waiting.clear();
        Ok(())
    }
}

impl<T: Serialize> SpillWriter<T> {
    /// Creates `partitions` empty files `{name}-{i}` in `folder`.
    ///
    /// # Errors
    /// A file cannot be created.
    pub fn create(folder: &Path, name: &str, partitions: usize) -> Result<Self, SpillError> {
        let parts = (0..partitions)
            .map(|i| {
                let path = partition_path(folder, name, i);
                File::create(&path).map_err(fault(&path))?;
                Ok(Mutex::new(Part { path, waiting: Vec::new() }))
            })
            .collect::<Result<_, SpillError>>()?;
        let buffer = (HELD_BACK / partitions.max(1)).clamp(1 << 12, 1 << 16);
        Ok(Self { parts, buffer, record: PhantomData })
    }

    pub fn partitions(&self) -> usize {
        self.parts.len()
    }

    /// Appends one record to a partition.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn push(&self, partition: usize, record: &T) -> Result<(), SpillError> {
        let mut slot = [0_u8; 2048];
        let heap;
        let bytes = if let Ok(bytes) = postcard::to_slice(record, &mut slot) {
            &*bytes
        } else {
            heap = postcard::to_stdvec(record).map_err(|e| self.encode_fault(partition, e))?;
            &heap
        };
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
        let mut part = self.part(partition);
        part.waiting.extend_from_slice(&len);
        part.waiting.extend_from_slice(bytes);
        if part.waiting.len() >= self.buffer { part.write_out() } else { Ok(()) }
    }

    fn part(&self, partition: usize) -> std::sync::MutexGuard<'_, Part> {
        self.parts[partition].lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn encode_fault(&self, partition: usize, e: postcard::Error) -> SpillError {
        let path = self.part(partition).path.clone();
        SpillError { path, source: std::io::Error::other(e) }
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn finish(self) -> Result<(), SpillError> {
        (0..self.parts.len()).try_for_each(|partition| self.part(partition).write_out())
    }
}

/// The file of a partition.
pub fn partition_path(folder: &Path, name: &str, partition: usize) -> PathBuf {
    folder.join(format!("{name}-{partition:05}"))
}

/// Reads a whole partition back and deletes its file.
///
/// # Errors
/// The file is missing, cut off or unreadable.
pub fn take_partition<T: DeserializeOwned>(
    folder: &Path,
    name: &str,
    partition: usize,
) -> Result<Vec<T>, SpillError> {
    let mut records = Vec::new();
    for_each_record(folder, name, partition, |record| {
        records.push(record);
        true
    })?;
    let path = partition_path(folder, name, partition);
    std::fs::remove_file(&path).map_err(fault(&path))?;
    Ok(records)
}

/// Hands out the records of a partition one by one and leaves its file, until `each` says false.
///
/// # Errors
/// The file is missing, cut off or unreadable.
pub fn for_each_record<T: DeserializeOwned>(
    folder: &Path,
    name: &str,
    partition: usize,
    each: impl FnMut(T) -> bool,
) -> Result<(), SpillError> {
    let path = partition_path(folder, name, partition);
    let file = File::open(&path).map_err(fault(&path))?;
    records_from(BufReader::with_capacity(1 << 16, file), &path, each)
}

/// As [`for_each_record`], of anything that gives the bytes of the file at `path`.
///
/// # Errors
/// It is cut off or unreadable.
pub fn records_from<T: DeserializeOwned>(
    mut reader: impl Read,
    path: &Path,
    mut each: impl FnMut(T) -> bool,
) -> Result<(), SpillError> {
    let mut bytes = Vec::new();
    loop {
        let mut len = [0_u8; 4];
        match reader.read_exact(&mut len) {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(e) => return Err(fault(path)(e)),
        }
        bytes.resize(u32::from_le_bytes(len) as usize, 0);
        reader.read_exact(&mut bytes).map_err(fault(path))?;
        let record =
            postcard::from_bytes(&bytes).map_err(|e| fault(path)(std::io::Error::other(e)))?;
        if !each(record) {
            return Ok(());
        }
    }
}

/// The partition of a key: the same for equal keys, even over all partitions.
pub fn partition_of(key: u64, partitions: usize) -> usize {
    // Fibonacci hashing: consecutive keys (a serial number) must not fall together.
    let spread = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    usize::try_from(spread).unwrap_or(0) % partitions.max(1)
}
