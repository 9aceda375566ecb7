//! The query of a list of trials: filters as they are spoken (`metric.accuracy>=0.9`, `param.model=svm`, `state=running`), the order
//! (`sort=-metric.accuracy`), and the page. The signs of comparison may be percent-encoded or not.

use super::problem::{Kind, Problem};
use crate::columns::FIXED;
use percent_encoding::percent_decode_str;
use tune_algorithms::space::{Domain, Value};
use tune_experiments::notes::{MOST_TAGS, TAG_RULE, is_tag};
use tune_experiments::spec::Experiment;
use tune_experiments::state::TrialState;
use tune_experiments::store::{Condition, Field, Operator, Sort, TrialQuery};

/// A page has so many trials unless the client says otherwise, and no more than that at the most.
pub const DEFAULT_LIMIT: u32 = 100;
/// See [`DEFAULT_LIMIT`].
pub const LARGEST_LIMIT: u32 = 1000;

/// More conditions than anybody writes, and fewer than a database can take.
const MOST_CONDITIONS: usize = 100;

/// The longer signs first: `<=` begins with `<`.
const SIGNS: [(&str, Operator); 6] = [
    ("!=", Operator::Ne),
    ("<=", Operator::Le),
    (">=", Operator::Ge),
    ("=", Operator::Eq),
    ("<", Operator::Lt),
    (">", Operator::Gt),
];

/// A list of trials, as asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Which, in which order, how many.
    pub query: TrialQuery,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// Reads the query of a list of trials of the experiment.
pub fn read(query: Option<&str>, experiment: &Experiment) -> Result<Wanted, Problem> {
    let mut wanted = Wanted {
        query: TrialQuery {
            limit: Some(u64::from(DEFAULT_LIMIT)),
            ..TrialQuery::default()
        },
        cursor: None,
    };
    for pair in query
        .unwrap_or_default()
        .split('&')
        .filter(|it| !it.is_empty())
    {
        let pair = decoded(pair)?;
        let (name, operator, value) = split(&pair)?;
        wanted.take(name, operator, value, experiment)?;
    }
    Ok(wanted)
}

impl Wanted {
    fn take(
        &mut self,
        name: &str,
        operator: Operator,
        value: &str,
        experiment: &Experiment,
    ) -> Result<(), Problem> {
        match (name, operator) {
            ("limit", Operator::Eq) => self.query.limit = Some(u64::from(limit(value)?)),
            ("cursor", Operator::Eq) => self.cursor = Some(value.to_owned()),
            ("sort", Operator::Eq) => self.query.sort = Some(sort(value, experiment)?),
            ("tag", Operator::Eq) => self.take_tags(tags(value)?)?,
            ("state", Operator::Eq) => self.take_states(states(value)?),
            _ if self.query.conditions.len() >= MOST_CONDITIONS => {
                return Err(bad(format!(
                    "a query has at most {MOST_CONDITIONS} conditions"
                )));
            }
            _ => {
                let subject = field(name, experiment)?;
                let value = typed(&subject, value, experiment);
                self.query.conditions.push(Condition {
                    subject,
                    operator,
                    value,
                });
            }
        }
        Ok(())
    }
}

impl Wanted {
    /// However many parameters give them.
    fn take_tags(&mut self, tags: Vec<String>) -> Result<(), Problem> {
        let known = &mut self.query.tags;
        for tag in tags {
            if !known.contains(&tag) {
                known.push(tag);
            }
        }
        match known.len() {
            0..=MOST_TAGS => Ok(()),
            _ => Err(too_many_tags()),
        }
    }

    fn take_states(&mut self, states: Vec<TrialState>) {
        let known = &mut self.query.states;
        for state in states {
            if !known.contains(&state) {
                known.push(state);
            }
        }
    }
}

fn decoded(pair: &str) -> Result<String, Problem> {
    let spaced = pair.replace('+', " ");
    let text = percent_decode_str(&spaced).decode_utf8();
    Ok(text
        .map_err(|_| bad("the query is no UTF-8 text"))?
        .into_owned())
}

fn split(pair: &str) -> Result<(&str, Operator, &str), Problem> {
    let start = pair.find(['=', '!', '<', '>']);
    let found = start.and_then(|at| {
        let signs = SIGNS.iter();
        let mut fitting = signs.filter(|(sign, _)| pair[at..].starts_with(sign));
        let (sign, operator) = fitting.next()?;
        let value = &pair[at + sign.len()..];
        // What builds queries from names and values writes the name `x>=` as `x>==`.
        let value = match sign.len() {
            1 => value,
            _ => value.strip_prefix('=').unwrap_or(value),
        };
        Some((&pair[..at], *operator, value))
    });
    found.ok_or_else(|| {
        bad(format!("`{pair}` is no comparison"))
            .hint("write NAME=VALUE, with one of = != < <= > >=")
    })
}

/// How many at most.
pub fn limit(value: &str) -> Result<u32, Problem> {
    let number = value.parse().ok();
    number
        .filter(|limit| (1..=LARGEST_LIMIT).contains(limit))
        .ok_or_else(|| {
            bad(format!("`{value}` is no limit")).hint(format!(
                "a whole number from 1 to {LARGEST_LIMIT} is needed"
            ))
        })
}

/// Tags, separated by commas: what is asked for must have all of them.
pub fn tags(value: &str) -> Result<Vec<String>, Problem> {
    let tags: Vec<String> = value.split(',').map(str::to_owned).collect();
    if let Some(word) = tags.iter().find(|word| !is_tag(word)) {
        return Err(Problem::new(Kind::Invalid, format!("`{word}` is no tag")).hint(TAG_RULE));
    }
    match tags.len() {
        0..=MOST_TAGS => Ok(tags),
        _ => Err(too_many_tags()),
    }
}

fn too_many_tags() -> Problem {
    let words = format!("nothing has more than {MOST_TAGS} tags");
    Problem::new(Kind::Invalid, words)
}

fn states(value: &str) -> Result<Vec<TrialState>, Problem> {
    value.split(',').map(state).collect()
}

fn state(word: &str) -> Result<TrialState, Problem> {
    word.parse().map_err(|_| {
        let known: Vec<&str> = TrialState::ALL.iter().map(|state| state.as_str()).collect();
        bad(format!("there is no state `{word}`"))
            .hint(format!("the states are {}", known.join(", ")))
    })
}

fn sort(value: &str, experiment: &Experiment) -> Result<Sort, Problem> {
    let (descending, name) = match value.strip_prefix('-') {
        Some(name) => (true, name),
        None => (false, value),
    };
    let field = field(name, experiment)?;
    Ok(Sort { field, descending })
}

fn field(name: &str, experiment: &Experiment) -> Result<Field, Problem> {
    if let Some((_, field)) = FIXED.into_iter().find(|(known, _)| *known == name) {
        return Ok(field);
    }
    if let Some(metric) = name.strip_prefix("metric.").filter(|it| !it.is_empty()) {
        return Ok(Field::Metric(metric.to_owned()));
    }
    match name.strip_prefix("param.") {
        Some(parameter) if domain(parameter, experiment).is_some() => {
            Ok(Field::Parameter(parameter.to_owned()))
        }
        Some(parameter) => Err(no_parameter(parameter, experiment)),
        None => Err(bad(format!("nothing is known of `{name}` here")).hint(
            "there are limit, cursor, sort, state, number, objective, duration, started_at, param.NAME and metric.NAME",
        )),
    }
}

fn no_parameter(name: &str, experiment: &Experiment) -> Problem {
    let known = experiment.parameters.parameters().iter();
    let known: Vec<&str> = known.map(|parameter| parameter.name.as_str()).collect();
    let problem = Problem::new(Kind::Invalid, format!("there is no parameter `{name}`"));
    match crate::error::nearest(name, known.iter().copied()) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint(format!("there are {}", known.join(", "))),
    }
}

fn domain<'a>(name: &str, experiment: &'a Experiment) -> Option<&'a Domain> {
    let parameters = experiment.parameters.parameters().iter();
    let mut named = parameters.filter(|parameter| parameter.name == name);
    named.next().map(|parameter| &parameter.domain)
}

/// A text where the field holds texts, else whatever the word looks like.
fn typed(field: &Field, word: &str, experiment: &Experiment) -> Value {
    let domain = match field {
        Field::State | Field::Started => return Value::Text(word.to_owned()),
        Field::Parameter(name) => domain(name, experiment),
        _ => None,
    };
    if let Some(Domain::Categorical { values } | Domain::Ordinal { values }) = domain
        && let Some(value) = values.iter().find(|value| plain(value) == word)
    {
        return value.clone();
    }
    scalar(word)
}

/// A value as it stands in JSON, texts without quotes.
fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

fn scalar(word: &str) -> Value {
    match serde_json::from_str(word) {
        Ok(value @ (Value::Bool(_) | Value::Int(_) | Value::Float(_))) => value,
        _ => Value::Text(word.to_owned()),
    }
}

fn bad(detail: impl Into<String>) -> Problem {
    Problem::new(Kind::BadRequest, detail)
}
