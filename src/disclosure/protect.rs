//! Small numbers in tables that add up: which cells must be hidden so that no sum gives one away.
//!
//! Every number from 1 to `m - 1` is hidden. A sum whose other terms are shown would give it away,
//! so each sum is read as its reader would: what is hidden can be anything that the shown terms
//! and the words in the hidden cells leave possible. Where that is too little, one more term is
//! hidden, the smallest that helps. Sums are looked at one by one: what a reader could learn from
//! several of them together is not ruled out.

/// What is shown of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Shown,
    /// Said to be less than `m`, and not zero.
    Small,
    /// Not small itself: hidden for the sake of others.
    Complement,
    /// Small, and even that is not said, because the sum would tell which.
    Veiled,
    /// In a region of which nothing is shown, not even a zero.
    Region,
    /// Shown whatever it is: it is known from elsewhere.
    Public,
}

/// A total and its parts, as places of cells.
#[derive(Clone, Debug)]
pub(super) struct Equation {
    pub(super) total: usize,
    pub(super) parts: Vec<usize>,
}

/// Larger than any sum of persons.
const ENDLESS: i128 = 1 << 80;

/// Hides small numbers and then whatever the equations need; cells that are hidden already (in
/// withheld regions) stay so. Shown zeros stay shown. `m <= 1` hides nothing more.
pub(super) fn protect(values: &[u64], states: &mut [State], equations: &[Equation], m: u64) {
    if m <= 1 {
        return;
    }
    // "Less than 2, and not zero" is 1.
    let small = if m == 2 { State::Veiled } else { State::Small };
    for (value, state) in values.iter().zip(states.iter_mut()) {
        if *state == State::Shown && (1..m).contains(value) {
            *state = small;
        }
    }
    let mut table = Cells { values, states, m: i128::from(m) };
    loop {
        let mut changed = false;
        for equation in equations {
            changed |= table.mend(equation);
        }
        if !changed {
            return;
        }
    }
}

struct Cells<'a> {
    values: &'a [u64],
    states: &'a mut [State],
    m: i128,
}

impl Cells<'_> {
    /// What a reader knows of a cell by itself: least and most.
    fn bounds(&self, cell: usize) -> (i128, i128) {
        let value = i128::from(self.values[cell]);
        match self.states[cell] {
            State::Shown | State::Public => (value, value),
            State::Small => (1, self.m - 1),
            State::Complement => (self.m, ENDLESS),
            State::Veiled => (1, ENDLESS),
            State::Region => (0, ENDLESS),
        }
    }

    fn shown(&self, cell: usize) -> bool {
        matches!(self.states[cell], State::Shown | State::Public)
    }

    /// True when the sum leaves every hidden number of it at least `m - 1` possible values (and so
    /// a small one all that it could have anyway).
    fn holds(&self, equation: &Equation) -> bool {
        let (total, parts) = (equation.total, &equation.parts);
        let bounds: Vec<(i128, i128)> = parts.iter().map(|part| self.bounds(*part)).collect();
        let least: i128 = bounds.iter().map(|b| b.0).sum();
        let most: i128 = bounds.iter().map(|b| b.1).sum();
        let wide = |cell: usize, (low, high): (i128, i128), (from, to): (i128, i128)| {
            self.shown(cell)
                || self.values[cell] == 0
                || high.min(to) - low.max(from) >= (self.m - 2).max(1)
        };
        let of_total = self.bounds(total);
        self.apart(equation)
            && wide(total, of_total, (least, most))
            && parts.iter().zip(&bounds).all(|(part, b)| {
                let others = (of_total.0 - (most - b.1), of_total.1 - (least - b.0));
                wide(*part, *b, others)
            })
    }

    /// What is hidden under a shown total is known in sum: nothing, or no small number either.
    fn apart(&self, equation: &Equation) -> bool {
        let hidden = equation.parts.iter().filter(|part| !self.shown(**part));
        let sum: i128 = hidden.map(|part| i128::from(self.values[*part])).sum();
        !self.shown(equation.total) || sum == 0 || sum >= self.m
    }

    /// Hides terms until the sum holds, or nothing is left that could be hidden.
    fn mend(&mut self, equation: &Equation) -> bool {
        let mut changed = false;
        while !self.holds(equation) && self.hide_one(equation) {
            changed = true;
        }
        changed
    }

    fn hide_one(&mut self, equation: &Equation) -> bool {
        let open = |cell: &usize| self.states[*cell] == State::Shown && self.values[*cell] > 0;
        let mut parts: Vec<usize> = equation.parts.iter().copied().filter(open).collect();
        parts.sort_by_key(|cell| (self.values[*cell], *cell));
        let enough = parts.iter().copied().find(|cell| {
            self.states[*cell] = State::Complement;
            let holds = self.holds(equation);
            self.states[*cell] = State::Shown;
            holds
        });
        let total = Some(equation.total).filter(|cell| self.states[*cell] == State::Shown);
        if let Some(cell) = enough.or_else(|| parts.first().copied()).or(total) {
            self.states[cell] = State::Complement;
            return true;
        }
        self.veil(equation)
    }

    /// The last resort: the small terms lose the word "small", the total first.
    fn veil(&mut self, equation: &Equation) -> bool {
        let small = |cell: &usize| self.states[*cell] == State::Small;
        let cells: Vec<usize> = if small(&equation.total) {
            vec![equation.total]
        } else {
            equation.parts.iter().copied().filter(small).collect()
        };
        for cell in &cells {
            self.states[*cell] = State::Veiled;
        }
        !cells.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(values: &[u64], m: u64) -> Vec<State> {
        let mut states = vec![State::Shown; values.len()];
        let equation = Equation { total: 0, parts: (1..values.len()).collect() };
        protect(values, &mut states, &[equation], m);
        states
    }

    #[test]
    fn a_small_part_takes_another_along() {
        use State::{Complement, Shown, Small};
        assert_eq!(after(&[103, 3, 40, 60], 5), [Shown, Small, Complement, Shown]);
        // 40 and 60 are shown, 5 would leave 3 no choice.
        assert_eq!(after(&[108, 3, 5, 40, 60], 5), [Shown, Small, Shown, Complement, Shown]);
        assert_eq!(after(&[100, 40, 60], 5), [Shown; 3]);
    }

    #[test]
    fn two_small_parts_at_their_limit_take_a_third_along() {
        use State::{Complement, Shown, Small};
        assert_eq!(after(&[48, 4, 4, 40], 5), [Shown, Small, Small, Complement]);
    }

    #[test]
    fn where_there_is_no_other_part_the_total_goes() {
        use State::{Complement, Small};
        assert_eq!(after(&[8, 4, 4], 5), [Complement, Small, Small]);
        assert_eq!(after(&[3, 3, 0], 5), [Small, Small, State::Shown]);
    }

    #[test]
    fn four_ones_do_not_say_that_they_are_four_ones() {
        let states = after(&[4, 1, 1, 1, 1], 5);
        assert_eq!(states[0], State::Veiled);
    }

    #[test]
    fn a_threshold_of_two_says_nothing_but_that_it_is_hidden() {
        assert_eq!(after(&[10, 1, 9], 2)[1], State::Veiled);
        assert_ne!(after(&[10, 1, 9], 2)[2], State::Shown);
        assert_eq!(after(&[10, 1, 9], 1), [State::Shown; 3]);
    }
}
