//! The conditions of comparison levels and rules as text, such as
//! `exact(dob) and damerau(nik) <= 2`: parsed here, evaluated in `compare`.

use std::fmt;

use super::model::Clean;

/// What a function measures on a pair of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    /// Both known and equal. With two columns: the first of one record, the second of the other.
    Exact,
    /// Unknown on either side.
    Missing,
    /// Known on both sides.
    Present,
    /// The first n characters are equal: codes of a hierarchy, the place in a NIK.
    Prefix,
    Jaro,
    JaroWinkler,
    Levenshtein,
    Osa,
    Damerau,
    /// Days between two dates.
    Days,
    /// Years between the year parts of two dates.
    Years,
    /// The same year, day and month exchanged.
    Swapped,
    /// The same day and month, whatever the year.
    SameDay,
    /// The same year, and either side is a date that registries fill in (1 January, 1 July,
    /// 31 December).
    DefaultDate,
    /// Words of the one that have a counterpart in the other (equal, initial, or Jaro–Winkler at
    /// least 0.88), as a share of the words of the shorter.
    Words,
    /// Words of the shorter of the two.
    WordCount,
    /// The same words in any order.
    SameWords,
    /// Kilometres between two points, given as latitude and longitude columns.
    Km,
}

impl Function {
    /// What its columns must be cleaned as; `None` where any text will do.
    pub(super) fn due(self) -> Option<Clean> {
        match self {
            Self::Days | Self::Years | Self::Swapped | Self::SameDay | Self::DefaultDate => {
                Some(Clean::Date)
            }
            Self::Km => Some(Clean::Number),
            _ => None,
        }
    }
}

const FUNCTIONS: [(&str, Function); 18] = [
    ("exact", Function::Exact),
    ("missing", Function::Missing),
    ("present", Function::Present),
    ("prefix", Function::Prefix),
    ("jaro", Function::Jaro),
    ("jaro_winkler", Function::JaroWinkler),
    ("levenshtein", Function::Levenshtein),
    ("osa", Function::Osa),
    ("damerau", Function::Damerau),
    ("days", Function::Days),
    ("years", Function::Years),
    ("swapped", Function::Swapped),
    ("same_day", Function::SameDay),
    ("default_date", Function::DefaultDate),
    ("words", Function::Words),
    ("word_count", Function::WordCount),
    ("same_words", Function::SameWords),
    ("km", Function::Km),
];

impl Function {
    fn name(self) -> &'static str {
        FUNCTIONS.iter().find(|(_, f)| *f == self).map_or("", |(name, _)| name)
    }

    /// True where the answer is a number that must be compared with another.
    fn is_number(self) -> bool {
        !matches!(
            self,
            Self::Exact
                | Self::Missing
                | Self::Present
                | Self::Prefix
                | Self::Swapped
                | Self::SameDay
                | Self::DefaultDate
                | Self::SameWords
        )
    }

    fn columns(self) -> std::ops::RangeInclusive<usize> {
        match self {
            Self::Exact => 1..=2,
            Self::Km => 2..=2,
            _ => 1..=1,
        }
    }
}

/// Which side of the limit holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    AtLeast,
    AtMost,
}

/// One function on columns, with the limit it is held against.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    pub function: Function,
    pub columns: Vec<String>,
    /// Characters of a prefix.
    pub length: usize,
    /// `None` for a function that answers yes or no.
    pub limit: Option<(Limit, f64)>,
}

/// A condition on a pair of records.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    Measure(Measure),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
}

/// What is wrong with a condition and where (in characters from 1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {problem}")]
pub struct ExpressionError {
    pub at: usize,
    pub problem: String,
}

/// Deepest nesting of brackets and `not`: a condition is for people to read.
const DEEPEST: usize = 16;

impl Expression {
    /// Parses a condition.
    ///
    /// # Errors
    /// The place and what was expected there.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0, end: text.chars().count() + 1 };
        let expression = parser.either(0)?;
        match parser.tokens.get(parser.at) {
            None => Ok(expression),
            Some((at, token)) => Err(fault(*at, format!("'and' or 'or' is due before '{token}'"))),
        }
    }

    /// Every measure in it.
    pub fn measures(&self) -> Vec<&Measure> {
        match self {
            Self::Measure(measure) => vec![measure],
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::measures).collect(),
            Self::Not(part) => part.measures(),
        }
    }

    /// The column, where the condition is `exact` on one column and nothing else.
    pub fn exact_column(&self) -> Option<&str> {
        match self {
            Self::Measure(m) if m.function == Function::Exact && m.columns.len() == 1 => {
                m.columns.first().map(String::as_str)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |parts: &[Self], word: &str| {
            parts.iter().map(|part| part.in_brackets(word)).collect::<Vec<_>>().join(word)
        };
        match self {
            Self::Measure(measure) => write!(f, "{measure}"),
            Self::And(parts) => f.write_str(&join(parts, " and ")),
            Self::Or(parts) => f.write_str(&join(parts, " or ")),
            Self::Not(part) => write!(f, "not {}", part.in_brackets("not")),
        }
    }
}

impl Expression {
    fn in_brackets(&self, _around: &str) -> String {
        match self {
            Self::Measure(_) | Self::Not(_) => self.to_string(),
            Self::And(_) | Self::Or(_) => format!("({self})"),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}", self.function.name(), self.columns.join(", "))?;
        if self.function == Function::Prefix {
            write!(f, ", {}", self.length)?;
        }
        f.write_str(")")?;
        match self.limit {
            Some((Limit::AtLeast, limit)) => write!(f, " >= {limit}"),
            Some((Limit::AtMost, limit)) => write!(f, " <= {limit}"),
            None => Ok(()),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Number(f64),
    Open,
    Close,
    Comma,
    AtLeast,
    AtMost,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Number(number) => write!(f, "{number}"),
            Self::Open => f.write_str("("),
            Self::Close => f.write_str(")"),
            Self::Comma => f.write_str(","),
            Self::AtLeast => f.write_str(">="),
            Self::AtMost => f.write_str("<="),
        }
    }
}

fn fault(at: usize, problem: String) -> ExpressionError {
    ExpressionError { at, problem }
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ExpressionError> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        let token = match chars[at] {
            c if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '>' if chars.get(at + 1) == Some(&'=') => Token::AtLeast,
            '<' if chars.get(at + 1) == Some(&'=') => Token::AtMost,
            c if c.is_ascii_digit() => {
                let text = run(&chars, at, |c| c.is_ascii_digit() || c == '.');
                at += text.chars().count();
                let number = text
                    .parse()
                    .map_err(|_| fault(start + 1, format!("'{text}' is not a number")))?;
                found.push((start + 1, Token::Number(number)));
                continue;
            }
            c if c.is_alphabetic() || c == '_' => {
                let word = run(&chars, at, |c| c.is_alphanumeric() || c == '_');
                at += word.chars().count();
                found.push((start + 1, Token::Word(word)));
                continue;
            }
            c => {
                return Err(fault(
                    start + 1,
                    format!("'{c}' has no place here; known are words, numbers, ( ) , >= and <="),
                ));
            }
        };
        at += if matches!(token, Token::AtLeast | Token::AtMost) { 2 } else { 1 };
        found.push((start + 1, token));
    }
    Ok(found)
}

fn run(chars: &[char], from: usize, keep: impl Fn(char) -> bool) -> String {
    chars[from..].iter().take_while(|c| keep(**c)).collect()
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    end: usize,
}

impl Parser {
    fn place(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(at, _)| *at)
    }

    fn takes(&mut self, wanted: &Token) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|(_, token)| token == wanted);
        self.at += usize::from(found);
        found
    }

    fn expects(&mut self, wanted: &Token) -> Result<(), ExpressionError> {
        let at = self.place();
        if self.takes(wanted) { Ok(()) } else { Err(fault(at, format!("'{wanted}' is due here"))) }
    }

    fn takes_word(&mut self, word: &str) -> bool {
        self.takes(&Token::Word(word.to_owned()))
    }

    fn either(&mut self, depth: usize) -> Result<Expression, ExpressionError> {
        let mut parts = vec![self.both(depth)?];
        while self.takes_word("or") {
            parts.push(self.both(depth)?);
        }
        Ok(one_or(parts, Expression::Or))
    }

    fn both(&mut self, depth: usize) -> Result<Expression, ExpressionError> {
        let mut parts = vec![self.single(depth)?];
        while self.takes_word("and") {
            parts.push(self.single(depth)?);
        }
        Ok(one_or(parts, Expression::And))
    }

    fn single(&mut self, depth: usize) -> Result<Expression, ExpressionError> {
        if depth > DEEPEST {
            return Err(fault(self.place(), format!("nested more than {DEEPEST} deep")));
        }
        if self.takes_word("not") {
            return Ok(Expression::Not(Box::new(self.single(depth + 1)?)));
        }
        if self.takes(&Token::Open) {
            let inner = self.either(depth + 1)?;
            self.expects(&Token::Close)?;
            return Ok(inner);
        }
        self.measure().map(Expression::Measure)
    }

    fn measure(&mut self) -> Result<Measure, ExpressionError> {
        let at = self.place();
        let Some((_, Token::Word(name))) = self.tokens.get(self.at).cloned() else {
            return Err(fault(at, "a function such as exact(column) is due here".to_owned()));
        };
        self.at += 1;
        let Some((_, function)) = FUNCTIONS.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = FUNCTIONS.iter().map(|(name, _)| *name).collect();
            return Err(fault(
                at,
                format!("there is no function '{name}'; known: {}", known.join(", ")),
            ));
        };
        let (columns, length) = self.arguments(*function, at)?;
        let limit = self.limit(*function)?;
        Ok(Measure { function: *function, columns, length, limit })
    }

    fn arguments(
        &mut self,
        function: Function,
        at: usize,
    ) -> Result<(Vec<String>, usize), ExpressionError> {
        self.expects(&Token::Open)?;
        let (mut columns, mut length) = (Vec::new(), None);
        loop {
            let place = self.place();
            match self.tokens.get(self.at).cloned() {
                Some((_, Token::Word(column))) if length.is_none() => columns.push(column),
                Some((_, Token::Number(n))) if length.is_none() => length = whole(n),
                _ => return Err(fault(place, "a column is due here".to_owned())),
            }
            self.at += 1;
            if !self.takes(&Token::Comma) {
                break;
            }
        }
        self.expects(&Token::Close)?;
        let name = function.name();
        if !function.columns().contains(&columns.len()) {
            let due = function.columns();
            return Err(fault(
                at,
                format!("{name} takes {} to {} columns", due.start(), due.end()),
            ));
        }
        match (function == Function::Prefix, length) {
            (true, Some(length)) if length > 0 => Ok((columns, length)),
            (true, _) => {
                Err(fault(at, "prefix takes a column and a length, as prefix(nik, 6)".to_owned()))
            }
            (false, None) => Ok((columns, 0)),
            (false, Some(_)) => Err(fault(at, format!("{name} takes no number"))),
        }
    }

    fn limit(&mut self, function: Function) -> Result<Option<(Limit, f64)>, ExpressionError> {
        let at = self.place();
        let limit = if self.takes(&Token::AtLeast) {
            Limit::AtLeast
        } else if self.takes(&Token::AtMost) {
            Limit::AtMost
        } else if function.is_number() {
            return Err(fault(at, format!("{} needs a limit, as >= 0.9 or <= 2", function.name())));
        } else {
            return Ok(None);
        };
        if !function.is_number() {
            return Err(fault(at, format!("{} answers yes or no: no limit", function.name())));
        }
        match self.tokens.get(self.at) {
            Some((_, Token::Number(number))) => {
                let number = *number;
                self.at += 1;
                Ok(Some((limit, number)))
            }
            _ => Err(fault(self.place(), "a number is due here".to_owned())),
        }
    }
}

fn one_or(mut parts: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.len() {
        1 => parts.remove(0),
        _ => many(parts),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole, within 1..=1000"
)]
fn whole(number: f64) -> Option<usize> {
    (number.fract() == 0.0 && (1.0..=1000.0).contains(&number)).then_some(number as usize)
}
