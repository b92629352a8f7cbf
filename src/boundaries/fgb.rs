//! FlatGeobuf: head and features are walked here, so that no length in the file is believed; the
//! crate's verified accessors read what stands in each.

use std::path::Path;

use flatgeobuf::{
    ColumnType, Feature, Geometry, GeometryType, Header, size_prefixed_root_as_feature,
    size_prefixed_root_as_header,
};
use geo::Coord;

use super::feature::{Delivered, Features, FileKind, Ring, plain_number};
use super::geoparquet::ReferenceSystem;
use super::projection::{reference_of_epsg, reference_of_wkt};
use super::read::{ReadError, content};

const MAGIC: usize = 8;
/// Bytes of a node of the index.
const NODE: u64 = 40;

pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Features, ReadError> {
    let fault = |problem: &str| content(path, FileKind::FlatGeobuf, problem);
    if bytes.get(..3) != Some(b"fgb") || bytes.get(4..7) != Some(b"fgb") {
        return Err(fault("the first bytes are not those of FlatGeobuf"));
    }
    let rest = bytes.get(MAGIC..).unwrap_or_default();
    let (head, rest) = sized(rest).ok_or_else(|| fault("the head is cut off; get it again"))?;
    let header = size_prefixed_root_as_header(head)
        .map_err(|_| fault("the head is damaged; get it again"))?;
    let index = usize::try_from(index_bytes(&header)).unwrap_or(usize::MAX);
    let mut rest = rest.get(index..).ok_or_else(|| fault("the index is cut off; get it again"))?;
    let mut features = Features::new(FileKind::FlatGeobuf);
    features.reference = reference(&header);
    let columns = columns(&header, &mut features);
    while !rest.is_empty() {
        let problem = |problem: &str| ReadError::Feature {
            path: path.to_owned(),
            kind: FileKind::FlatGeobuf.name(),
            feature: features.rows.len() as u64 + 1,
            problem: problem.to_owned(),
        };
        let (one, after) = sized(rest).ok_or_else(|| problem("it is cut off; get it again"))?;
        let feature = size_prefixed_root_as_feature(one)
            .map_err(|_| problem("it is damaged; get the file again"))?;
        push(&mut features, &header, &columns, &feature);
        rest = after;
    }
    let announced = header.features_count();
    if announced > 0 && announced != features.rows.len() as u64 {
        return Err(fault(&format!(
            "{announced} features are announced and {} are there; the file is cut off: get it again",
            features.rows.len()
        )));
    }
    Ok(features)
}

/// A table with the four bytes of its length before it, and what follows.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = u32::from_le_bytes(*bytes.first_chunk()?);
    let end = usize::try_from(length).ok()?.checked_add(4)?;
    // The crate's accessors want at least an offset and a table.
    if length < 8 { None } else { bytes.split_at_checked(end) }
}

/// How long the packed R-tree is: nodes of every level.
fn index_bytes(header: &Header<'_>) -> u64 {
    let (node, items) = (u64::from(header.index_node_size()), header.features_count());
    if node < 2 || items == 0 {
        return 0;
    }
    let (mut level, mut nodes) = (items, items);
    while level > 1 {
        level = level.div_ceil(node);
        nodes = nodes.saturating_add(level);
    }
    nodes.saturating_mul(NODE)
}

fn reference(header: &Header<'_>) -> ReferenceSystem {
    let Some(crs) = header.crs() else { return ReferenceSystem::Unstated };
    let epsg = crs.org().is_none_or(|org| org.eq_ignore_ascii_case("epsg"));
    match (u32::try_from(crs.code()), crs.wkt()) {
        (Ok(code), _) if code > 0 && epsg => reference_of_epsg(code),
        (_, Some(wkt)) => reference_of_wkt(wkt),
        _ => crs.name().map_or(ReferenceSystem::Unstated, |name| {
            ReferenceSystem::Other(name.chars().take(80).collect())
        }),
    }
}

fn columns(header: &Header<'_>, features: &mut Features) -> Vec<(usize, ColumnType)> {
    let columns = header.columns();
    columns.iter().flatten().map(|c| (features.column(c.name()), c.type_())).collect()
}

fn push(
    features: &mut Features,
    header: &Header<'_>,
    columns: &[(usize, ColumnType)],
    feature: &Feature<'_>,
) {
    features.push(feature.geometry().map_or(Delivered::Missing, |g| geometry(header, &g)));
    let bytes: Vec<u8> = feature.properties().iter().flat_map(|v| v.iter()).collect();
    let mut rest = bytes.as_slice();
    while let Some((number, after)) = rest.split_first_chunk::<2>() {
        let number = usize::from(u16::from_le_bytes(*number));
        // Without its type, the length of a value is not known: the rest cannot be read.
        let Some((column, kind)) = columns.get(number) else { return };
        let Some((text, after)) = value(*kind, after) else { return };
        features.set(*column, &text);
        rest = after;
    }
}

/// A value as text, and what follows it.
#[expect(clippy::cast_precision_loss, reason = "codes stay below 2^53")]
fn value(kind: ColumnType, bytes: &[u8]) -> Option<(String, &[u8])> {
    fn take<const N: usize>(bytes: &[u8]) -> Option<([u8; N], &[u8])> {
        bytes.split_first_chunk::<N>().map(|(head, rest)| (*head, rest))
    }
    let number = |text: String, rest| Some((text, rest));
    match kind {
        ColumnType::Byte => {
            take(bytes).and_then(|(b, r)| number(i8::from_le_bytes(b).to_string(), r))
        }
        ColumnType::UByte | ColumnType::Bool => {
            take(bytes).and_then(|(b, r)| number(u8::from_le_bytes(b).to_string(), r))
        }
        ColumnType::Short => {
            take(bytes).and_then(|(b, r)| number(i16::from_le_bytes(b).to_string(), r))
        }
        ColumnType::UShort => {
            take(bytes).and_then(|(b, r)| number(u16::from_le_bytes(b).to_string(), r))
        }
        ColumnType::Int => {
            take(bytes).and_then(|(b, r)| number(i32::from_le_bytes(b).to_string(), r))
        }
        ColumnType::UInt => {
            take(bytes).and_then(|(b, r)| number(u32::from_le_bytes(b).to_string(), r))
        }
        ColumnType::Long => {
            take(bytes).and_then(|(b, r)| number(i64::from_le_bytes(b).to_string(), r))
        }
        ColumnType::ULong => {
            take(bytes).and_then(|(b, r)| number(u64::from_le_bytes(b).to_string(), r))
        }
        ColumnType::Float => {
            take(bytes).and_then(|(b, r)| number(plain_number(f64::from(f32::from_le_bytes(b))), r))
        }
        ColumnType::Double => {
            take(bytes).and_then(|(b, r)| number(plain_number(f64::from_le_bytes(b)), r))
        }
        ColumnType::String | ColumnType::Json | ColumnType::DateTime | ColumnType::Binary => {
            let (length, rest) = take(bytes)?;
            let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
            let (text, rest) = rest.split_at_checked(length)?;
            let text = if kind == ColumnType::Binary { &[] } else { text };
            Some((String::from_utf8_lossy(text).into_owned(), rest))
        }
        _ => None,
    }
}

fn geometry(header: &Header<'_>, geometry: &Geometry<'_>) -> Delivered {
    // The head's type counts where all features have one; else every feature has its own.
    let kind = match header.geometry_type() {
        GeometryType::Unknown => geometry.type_(),
        known => known,
    };
    let parts = match kind {
        GeometryType::Polygon => rings(geometry).map(|rings| vec![rings]),
        GeometryType::MultiPolygon => match geometry.parts() {
            Some(parts) => parts.iter().map(|part| rings(&part)).collect(),
            None => rings(geometry).map(|rings| vec![rings]),
        },
        other => {
            let name = other.variant_name().unwrap_or("unknown type");
            return Delivered::OtherKind(name.to_owned());
        }
    };
    match parts {
        Some(parts) => Delivered::Parts(parts.into_iter().filter(|p| !p.is_empty()).collect()),
        None => Delivered::Unreadable("ends of rings lie behind the points".to_owned()),
    }
}

/// All points follow each other; `ends` says where each ring ends.
fn rings(geometry: &Geometry<'_>) -> Option<Vec<Ring>> {
    let xy: Vec<f64> = geometry.xy().iter().flat_map(|v| v.iter()).collect();
    let (pairs, _) = xy.as_chunks::<2>();
    let points: Ring = pairs.iter().map(|p| Coord { x: p[0], y: p[1] }).collect();
    let Some(ends) = geometry.ends().filter(|ends| !ends.is_empty()) else {
        return Some(if points.is_empty() { Vec::new() } else { vec![points] });
    };
    let mut from = 0;
    let mut rings = Vec::new();
    for end in ends {
        let end = usize::try_from(end).ok()?;
        rings.push(points.get(from..end)?.to_vec());
        from = end;
    }
    Some(rings)
}
