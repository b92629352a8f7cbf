//! Nested lists of numbers, as GeoJSON and the SQL dumps write coordinates.

use std::fmt;

use geo::Coord;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::feature::{Delivered, Ring};

/// A value inside `coordinates`. Points and rings are packed as soon as they are complete.
#[derive(Debug)]
pub(super) enum Nest {
    Number(f64),
    Point(Coord<f64>),
    Points(Ring),
    List(Vec<Nest>),
    /// A text, an object, a mixture.
    Other,
}

impl Nest {
    /// Lists deep: a ring 1, a polygon 2, several 3; an empty list fits any depth.
    fn depth(&self) -> Option<usize> {
        match self {
            Self::Points(_) => Some(1),
            Self::List(inner) => inner.iter().find_map(Self::depth).map(|d| d + 1),
            Self::Number(_) | Self::Point(_) | Self::Other => None,
        }
    }

    /// As polygons. `depth` is 2 for a polygon and 3 for several; where it is not known, what is
    /// there decides.
    pub(super) fn polygons(self, depth: Option<usize>) -> Delivered {
        let found = self.depth().or(depth).unwrap_or(3);
        let wanted = depth.unwrap_or(found);
        let unreadable = || {
            Delivered::Unreadable(format!(
                "coordinates are not the lists of a {}",
                if wanted == 3 { "MultiPolygon" } else { "Polygon" }
            ))
        };
        if found != wanted {
            return unreadable();
        }
        let parts = match (self, found) {
            (list @ Self::List(_), 2) => list.rings().map(|rings| vec![rings]),
            (Self::List(polygons), 3) => polygons.into_iter().map(Self::rings).collect(),
            _ => None,
        };
        match parts {
            // A polygon without rings is an empty one.
            Some(parts) => Delivered::Parts(parts.into_iter().filter(|p| !p.is_empty()).collect()),
            None => unreadable(),
        }
    }

    fn rings(self) -> Option<Vec<Ring>> {
        let Self::List(rings) = self else { return None };
        rings
            .into_iter()
            .map(|ring| match ring {
                Self::Points(points) => Some(points),
                Self::List(empty) if empty.is_empty() => Some(Vec::new()),
                _ => None,
            })
            .collect()
    }
}

impl<'de> Deserialize<'de> for Nest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NestVisitor)
    }
}

struct NestVisitor;

impl<'de> Visitor<'de> for NestVisitor {
    type Value = Nest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nested lists of numbers")
    }

    fn visit_f64<E>(self, v: f64) -> Result<Nest, E> {
        Ok(Nest::Number(v))
    }

    #[expect(clippy::cast_precision_loss, reason = "a coordinate is a float")]
    fn visit_u64<E>(self, v: u64) -> Result<Nest, E> {
        Ok(Nest::Number(v as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "a coordinate is a float")]
    fn visit_i64<E>(self, v: i64) -> Result<Nest, E> {
        Ok(Nest::Number(v as f64))
    }

    /// How some writers put what is not a number.
    fn visit_unit<E>(self) -> Result<Nest, E> {
        Ok(Nest::Number(f64::NAN))
    }

    fn visit_str<E>(self, v: &str) -> Result<Nest, E> {
        Ok(v.trim().parse().map_or(Nest::Other, Nest::Number))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Nest, E> {
        Ok(Nest::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Nest, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Nest::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Nest, A::Error> {
        let mut numbers = [f64::NAN; 2];
        let mut n_numbers = 0;
        let mut points = Vec::new();
        let mut list = Vec::new();
        while let Some(next) = seq.next_element::<Nest>()? {
            match next {
                Nest::Number(v) => {
                    if let Some(slot) = numbers.get_mut(n_numbers) {
                        *slot = v;
                    }
                    n_numbers += 1;
                }
                Nest::Point(at) => points.push(at),
                other => list.push(other),
            }
        }
        Ok(match (n_numbers, points.is_empty(), list.is_empty()) {
            (0, true, _) => Nest::List(list),
            (0, false, true) => Nest::Points(points),
            (2.., true, true) => Nest::Point(Coord { x: numbers[0], y: numbers[1] }),
            _ => Nest::Other,
        })
    }
}
