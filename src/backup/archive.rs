//! Members of a tar archive, one after the other: regular files alone.

use std::io::{self, ErrorKind, Read, Write};

const BLOCK: usize = 512;
const NAME: usize = 100;

/// The head of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub path: String,
    pub bytes: u64,
    pub mode: u32,
}

/// Writes the head of a member; its content follows, and then [`pad`].
pub(super) fn write_head(out: &mut impl Write, head: &Head) -> io::Result<()> {
    let mut block = [0_u8; BLOCK];
    if head.path.len() > NAME {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            format!("{}: too long a name", head.path),
        ));
    }
    block[..head.path.len()].copy_from_slice(head.path.as_bytes());
    put(&mut block[100..108], &format!("{:07o}", head.mode & 0o777));
    put(&mut block[108..116], "0000000");
    put(&mut block[116..124], "0000000");
    if head.bytes < 1 << 33 {
        put(&mut block[124..136], &format!("{:011o}", head.bytes));
    } else {
        block[128..136].copy_from_slice(&head.bytes.to_be_bytes());
        block[124] = 0x80;
    }
    put(&mut block[136..148], "00000000000");
    block[156] = b'0';
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum = checksum(&block);
    put(&mut block[148..156], &format!("{sum:06o}\0 "));
    out.write_all(&block)
}

fn put(field: &mut [u8], text: &str) {
    field.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
}

/// Of a head whose checksum is taken as blanks.
fn checksum(block: &[u8; BLOCK]) -> u32 {
    let byte =
        |(at, byte): (usize, &u8)| u32::from(if (148..156).contains(&at) { b' ' } else { *byte });
    block.iter().enumerate().map(byte).sum()
}

/// Fills up the last block of a member's content.
pub(super) fn pad(out: &mut impl Write, bytes: u64) -> io::Result<()> {
    out.write_all(&[0; BLOCK][..padding(bytes)])
}

pub(super) fn padding(bytes: u64) -> usize {
    let over = usize::try_from(bytes % BLOCK as u64).unwrap_or(0);
    (BLOCK - over) % BLOCK
}

/// Two empty blocks end an archive.
pub(super) fn write_end(out: &mut impl Write) -> io::Result<()> {
    out.write_all(&[0; 2 * BLOCK])
}

/// The next head; `None` at the end.
pub(super) fn read_head(from: &mut impl Read) -> io::Result<Option<Head>> {
    let mut block = [0_u8; BLOCK];
    from.read_exact(&mut block)?;
    if block.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let wrong = |what: &str| io::Error::new(ErrorKind::InvalidData, what.to_owned());
    let sum = octal(&block[148..156]).ok_or_else(|| wrong("a head without a checksum"))?;
    if sum != u64::from(checksum(&block)) || &block[257..262] != b"ustar" {
        return Err(wrong("a damaged head"));
    }
    if block[156] != b'0' || block[345] != 0 {
        return Err(wrong("a member that is no plain file"));
    }
    let end = block[..NAME].iter().position(|b| *b == 0).unwrap_or(NAME);
    let path = std::str::from_utf8(&block[..end]).map_err(|_| wrong("a name that is no text"))?;
    let bytes = if block[124] == 0x80 {
        let mut size = [0; 8];
        size.copy_from_slice(&block[128..136]);
        Some(u64::from_be_bytes(size)).filter(|_| block[125..128] == [0; 3])
    } else {
        octal(&block[124..136])
    };
    let bytes = bytes.ok_or_else(|| wrong("a damaged length"))?;
    let mode = octal(&block[100..108]).and_then(|mode| u32::try_from(mode).ok());
    let mode = mode.ok_or_else(|| wrong("a damaged mode"))?;
    Ok(Some(Head { path: path.to_owned(), bytes, mode }))
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    u64::from_str_radix(text.trim_matches(['\0', ' ']), 8).ok()
}
