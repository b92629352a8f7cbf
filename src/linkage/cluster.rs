//! From links to clusters: the best links first, and two clusters that hold a contradiction between
//! any of their members stay apart. The same links give the same clusters in whatever order.

use super::compare::{Comparer, Scratch};
use super::link::Link;
use super::records::Records;

/// Members that one cluster may have: a person has few records, and each union looks at all pairs.
const MOST_MEMBERS: usize = 200;

/// Clusters of rows.
#[derive(Debug)]
pub struct Clusters {
    /// By row: the row that the cluster is called after, the one with the lowest id.
    pub of: Vec<u32>,
    /// Links that were not followed because of a contradiction between members.
    pub refused: u64,
    /// Links that were not followed because a cluster was full.
    pub full: u64,
}

/// Joins rows by their links, the surest first.
pub fn cluster(records: &Records, comparer: &Comparer<'_>, links: &[Link]) -> Clusters {
    let mut order: Vec<&Link> = links.iter().collect();
    order.sort_unstable_by(|x, y| super::link::better(records, x, y));
    let rows = records.rows();
    let mut work = Work {
        records,
        comparer,
        scratch: comparer.scratch(),
        root: (0..rows).collect(),
        members: vec![Vec::new(); rows as usize],
        clusters: Clusters { of: Vec::new(), refused: 0, full: 0 },
    };
    order.into_iter().for_each(|link| work.join(link.a, link.b));
    work.finish()
}

struct Work<'a> {
    records: &'a Records,
    comparer: &'a Comparer<'a>,
    scratch: Scratch,
    root: Vec<u32>,
    /// Of a root: its members besides itself.
    members: Vec<Vec<u32>>,
    clusters: Clusters,
}

impl Work<'_> {
    fn find(&mut self, row: u32) -> u32 {
        let mut at = row;
        while self.root[at as usize] != at {
            let above = self.root[at as usize];
            self.root[at as usize] = self.root[above as usize];
            at = above;
        }
        at
    }

    fn all(&self, root: u32) -> Vec<u32> {
        let mut all = vec![root];
        all.extend(&self.members[root as usize]);
        all
    }

    fn join(&mut self, a: u32, b: u32) {
        let (x, y) = (self.find(a), self.find(b));
        if x == y {
            return;
        }
        let (left, right) = (self.all(x), self.all(y));
        if left.len() + right.len() > MOST_MEMBERS {
            self.clusters.full += 1;
            return;
        }
        let apart = left
            .iter()
            .any(|l| right.iter().any(|r| self.comparer.keeps_apart(*l, *r, &mut self.scratch)));
        if apart {
            self.clusters.refused += 1;
            return;
        }
        self.root[y as usize] = x;
        self.members[y as usize] = Vec::new();
        self.members[x as usize].extend(right);
    }

    fn finish(mut self) -> Clusters {
        let rows = self.records.rows();
        let mut of: Vec<u32> = (0..rows).collect();
        for row in 0..rows {
            if self.find(row) != row {
                continue;
            }
            let all = self.all(row);
            let side = |r: u32| r >= self.records.n_a();
            let first = all
                .iter()
                .copied()
                .min_by(|x, y| {
                    side(*x).cmp(&side(*y)).then(self.records.rank(*x).cmp(&self.records.rank(*y)))
                })
                .unwrap_or(row);
            all.iter().for_each(|r| of[*r as usize] = first);
        }
        Clusters { of, ..self.clusters }
    }
}
