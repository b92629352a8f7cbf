//! Files too large to be sealed in one piece: blocks in their order, the last one marked, so that
//! neither a block nor the end can be taken away, doubled or moved.

use std::io::{self, ErrorKind, Read, Write};

use zeroize::Zeroizing;

use super::seal::Sealer;

/// Content of a block.
const BLOCK: usize = 1 << 18;

fn context(label: &[u8], number: u64, last: bool) -> Vec<u8> {
    let mut all = label.to_vec();
    all.extend_from_slice(&number.to_le_bytes());
    all.push(u8::from(last));
    all
}

/// Seals what is written to it. [`SealingWriter::finish`] must be called: without the last block
/// the file is cut off.
pub struct SealingWriter<W> {
    out: W,
    sealer: Sealer,
    label: Vec<u8>,
    waiting: Vec<u8>,
    number: u64,
}

impl<W: Write> SealingWriter<W> {
    /// `label`: what the content is, which the reader must know too.
    pub fn new(out: W, sealer: Sealer, label: &[u8]) -> Self {
        Self { out, sealer, label: label.to_owned(), waiting: Vec::new(), number: 0 }
    }

    fn block(&mut self, last: bool) -> io::Result<()> {
        let length = self.waiting.len().min(BLOCK);
        let rest = self.waiting.split_off(length);
        let content = std::mem::replace(&mut self.waiting, rest);
        let sealed = self.sealer.seal(&context(&self.label, self.number, last), content);
        self.number += 1;
        let length = u32::try_from(sealed.len()).map_err(io::Error::other)?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(&sealed)
    }

    /// Writes what is left and the end.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn finish(mut self) -> io::Result<W> {
        while self.waiting.len() > BLOCK {
            self.block(false)?;
        }
        self.block(true)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for SealingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        while self.waiting.len() > BLOCK {
            self.block(false)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Opens what a [`SealingWriter`] of the same key and label wrote.
pub struct OpeningReader<R> {
    from: R,
    sealer: Sealer,
    label: Vec<u8>,
    open: Zeroizing<Vec<u8>>,
    at: usize,
    number: u64,
    ended: bool,
}

impl<R: Read> OpeningReader<R> {
    pub fn new(from: R, sealer: Sealer, label: &[u8]) -> Self {
        let label = label.to_owned();
        Self { from, sealer, label, open: Zeroizing::default(), at: 0, number: 0, ended: false }
    }

    fn block(&mut self) -> io::Result<()> {
        let mut length = [0; 4];
        self.from.read_exact(&mut length)?;
        let length = u32::from_le_bytes(length) as usize;
        if length > BLOCK + Sealer::MORE {
            return Err(shut());
        }
        let mut sealed = vec![0; length];
        self.from.read_exact(&mut sealed)?;
        let try_open = |last| self.sealer.open(&context(&self.label, self.number, last), &sealed);
        let (content, last) = match try_open(false) {
            Some(content) => (content, false),
            None => (try_open(true).ok_or_else(shut)?, true),
        };
        (self.open, self.at, self.ended) = (content, 0, last);
        self.number += 1;
        if last && self.from.read(&mut [0])? != 0 {
            return Err(shut());
        }
        Ok(())
    }
}

fn shut() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "sealed with another key, or changed")
}

impl<R: Read> Read for OpeningReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.open.len() {
            if self.ended {
                return Ok(0);
            }
            self.block()?;
        }
        let n = into.len().min(self.open.len() - self.at);
        into[..n].copy_from_slice(&self.open[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}
