//! The crate `optimizer` behind a pipe, in the language of `algorithms/examples/ask_tell.rs`. `peers.py` builds it outside the workspace.

use optimizer::prelude::*;
use serde_json::{Map, Value, json};
use std::io::{self, BufRead, Write};
use std::result::Result;

/// One parameter: how its value is found, and when.
struct Asked {
    name: String,
    domain: Domain,
    when: Map<String, Value>,
}

enum Domain {
    Float(FloatParam),
    Int(IntParam),
    Choice(CategoricalParam<usize>, Vec<Value>),
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut lines = io::stdin().lock().lines();
    let first: Value = serde_json::from_str(&lines.next().ok_or("nothing to read")??)?;
    let study = study(&first)?;
    let parameters: Vec<Asked> = first["parameters"].as_array().ok_or("no parameters")?.iter().map(asked).collect();
    let mut trials: Vec<Option<Trial>> = Vec::new();
    for line in lines {
        let message: Value = serde_json::from_str(&line?)?;
        if let Some(count) = message["ask"].as_u64() {
            let mut configurations = Vec::new();
            for _ in 0..count {
                let mut trial = study.ask();
                configurations.push(suggest(&parameters, &mut trial)?);
                trials.push(Some(trial));
            }
            println!("{}", json!(configurations));
            io::stdout().flush()?;
        } else if let (Some(number), Some(value)) = (message["tell"].as_u64(), message["value"].as_f64()) {
            let trial = trials[number as usize].take().ok_or("told twice")?;
            study.tell(trial, Ok::<_, &str>(value));
        }
    }
    Ok(())
}

fn study(first: &Value) -> Result<Study<f64>, Box<dyn std::error::Error>> {
    let seed = first["seed"].as_u64().ok_or("no seed")?;
    Ok(match first["algorithm"].as_str() {
        Some("random") => Study::minimize(RandomSampler::with_seed(seed)),
        Some("tpe") => Study::minimize(TpeSampler::builder().seed(seed).build()?),
        Some("gp") => Study::minimize(GpSampler::with_seed(seed)),
        Some("cmaes") => Study::minimize(CmaEsSampler::with_seed(seed)),
        other => return Err(format!("no algorithm {other:?}").into()),
    })
}

fn asked(parameter: &Value) -> Asked {
    let number = |key: &str| parameter[key].as_f64().unwrap_or_default();
    let log = parameter["scale"] == "log";
    let domain = match parameter["type"].as_str() {
        Some("float") => {
            let float = FloatParam::new(number("min"), number("max"));
            Domain::Float(if log { float.log_scale() } else { float })
        }
        Some("int") => {
            let int = IntParam::new(number("min") as i64, number("max") as i64);
            Domain::Int(if log { int.log_scale() } else { int })
        }
        _ => {
            let values = parameter["values"].as_array().cloned().unwrap_or_else(|| vec![json!(false), json!(true)]);
            Domain::Choice(CategoricalParam::new((0..values.len()).collect()), values)
        }
    };
    Asked {
        name: parameter["name"].as_str().unwrap_or_default().to_owned(),
        domain,
        when: parameter["when"].as_object().cloned().unwrap_or_default(),
    }
}

/// A value for each active parameter, parents first.
fn suggest(parameters: &[Asked], trial: &mut Trial) -> Result<Map<String, Value>, optimizer::Error> {
    let mut configuration = Map::new();
    for parameter in parameters {
        let accepted = |(parent, accepted): (&String, &Value)| {
            let value = configuration.get(parent);
            accepted.as_array().is_some_and(|accepted| value.is_some_and(|value| accepted.contains(value)))
        };
        if !parameter.when.iter().all(accepted) {
            continue;
        }
        let value = match &parameter.domain {
            Domain::Float(float) => json!(float.suggest(trial)?),
            Domain::Int(int) => json!(int.suggest(trial)?),
            Domain::Choice(choice, values) => values[choice.suggest(trial)?].clone(),
        };
        configuration.insert(parameter.name.clone(), value);
    }
    Ok(configuration)
}
