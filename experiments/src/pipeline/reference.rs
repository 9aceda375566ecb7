//! What the expressions of a text refer to. Whether the named parameters and steps exist is for the reader of the experiment
//! file to check, which knows them; that the names have the right form, and that filters and functions exist, is checked here.

use super::expression::{ExpressionError, Found, find, functions, is_filter, is_test};
use minijinja::machinery::ast::{Call, CallArg, Expr};
use std::ops::Range;

/// A name in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its bytes in the text (`params.x`, without the delimiters).
    pub range: Range<usize>,
    /// What it refers to.
    pub target: Target,
}

/// What a reference refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `params.NAME`.
    Param(String),
    /// `steps.STEP.artifacts.NAME`.
    Artifact {
        /// The step.
        step: String,
        /// The artifact.
        name: String,
    },
    /// `steps.STEP.values.NAME`.
    Value {
        /// The step.
        step: String,
        /// The value.
        name: String,
    },
    /// `trial.FIELD`; the fields are `number` and `rungs`.
    Trial(String),
    /// `experiment.FIELD`; the only field is `name`.
    Experiment(String),
}

/// All references of a text, from left to right; a name used twice is there twice.
///
/// # Errors
///
/// The first expression that cannot be read or refers to something that can never exist.
pub fn references(text: &str) -> Result<Vec<Reference>, ExpressionError> {
    let mut references = Vec::new();
    for found in find(text)? {
        references.extend(references_of(&found)?);
    }
    Ok(references)
}

/// The references of one expression.
pub(super) fn references_of(found: &Found<'_>) -> Result<Vec<Reference>, ExpressionError> {
    let mut walk = Walk {
        found,
        references: Vec::new(),
    };
    walk.expression(&found.parse()?)?;
    Ok(walk.references)
}

struct Walk<'a, 'text> {
    found: &'a Found<'text>,
    references: Vec<Reference>,
}

impl Walk<'_, '_> {
    fn expression(&mut self, expression: &Expr<'_>) -> Result<(), ExpressionError> {
        if let Some(path) = path(expression) {
            return self.path(expression, &path);
        }
        match expression {
            Expr::Var(_) | Expr::Const(_) => Ok(()),
            Expr::Slice(slice) => {
                self.expression(&slice.expr)?;
                self.all(
                    [&slice.start, &slice.stop, &slice.step]
                        .into_iter()
                        .flatten(),
                )
            }
            Expr::UnaryOp(operation) => self.expression(&operation.expr),
            Expr::BinOp(operation) => self.all([&operation.left, &operation.right]),
            Expr::Compare(comparison) => {
                self.expression(&comparison.expr)?;
                self.all(comparison.ops.iter().map(|operation| &operation.expr))
            }
            Expr::IfExpr(choice) => {
                self.all([&choice.test_expr, &choice.true_expr])?;
                self.all(&choice.false_expr)
            }
            Expr::Filter(filter) => {
                self.known("filter", filter.name, is_filter(filter.name), expression)?;
                self.all(&filter.expr)?;
                self.arguments(&filter.args)
            }
            Expr::Test(test) => {
                self.known("test", test.name, is_test(test.name), expression)?;
                self.expression(&test.expr)?;
                self.arguments(&test.args)
            }
            Expr::GetAttr(attribute) => self.expression(&attribute.expr),
            Expr::GetItem(item) => self.all([&item.expr, &item.subscript_expr]),
            Expr::Call(call) => self.call(expression, call),
            Expr::List(list) => self.all(&list.items),
            Expr::Tuple(tuple) => self.all(&tuple.items),
            Expr::Map(map) => {
                self.all(&map.keys)?;
                self.all(&map.values)
            }
        }
    }

    fn all<'e, 's: 'e>(
        &mut self,
        expressions: impl IntoIterator<Item = &'e Expr<'s>>,
    ) -> Result<(), ExpressionError> {
        expressions
            .into_iter()
            .try_for_each(|expression| self.expression(expression))
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>]) -> Result<(), ExpressionError> {
        arguments.iter().try_for_each(|argument| match argument {
            CallArg::Pos(value)
            | CallArg::Kwarg(_, value)
            | CallArg::PosSplat(value)
            | CallArg::KwargSplat(value) => self.expression(value),
        })
    }

    fn call(&mut self, whole: &Expr<'_>, call: &Call<'_>) -> Result<(), ExpressionError> {
        let Expr::Var(function) = &call.expr else {
            return Err(self
                .error(whole, "only functions can be called")
                .help("use a filter, for example `params.NAME | upper`"));
        };
        let functions = functions();
        if !functions.iter().any(|name| name == function.id) {
            let message = format!("unknown function `{}`", function.id);
            let help = format!("the functions are {}", functions.join(", "));
            return Err(self.error(whole, message).help(help));
        }
        self.arguments(&call.args)
    }

    fn known(
        &self,
        kind: &str,
        name: &str,
        exists: bool,
        expression: &Expr<'_>,
    ) -> Result<(), ExpressionError> {
        if exists {
            return Ok(());
        }
        let message = format!("unknown {kind} `{name}`");
        let help = format!(
            "the {kind}s are those of https://docs.rs/minijinja/latest/minijinja/{kind}s, except for layout"
        );
        Err(self.error(expression, message).help(help))
    }

    /// A name and the fields written after it.
    fn path(&mut self, expression: &Expr<'_>, path: &[&str]) -> Result<(), ExpressionError> {
        let target = match path {
            ["params", name, ..] => Target::Param((*name).to_owned()),
            ["steps", step, "artifacts", name, ..] => Target::Artifact {
                step: (*step).to_owned(),
                name: (*name).to_owned(),
            },
            ["steps", step, "values", name, ..] => Target::Value {
                step: (*step).to_owned(),
                name: (*name).to_owned(),
            },
            ["trial", field @ ("number" | "rungs")] => Target::Trial((*field).to_owned()),
            ["experiment", field @ "name"] => Target::Experiment((*field).to_owned()),
            _ => return Err(self.unknown(expression, path)),
        };
        let range = self.range(expression);
        self.references.push(Reference { range, target });
        Ok(())
    }

    fn unknown(&self, expression: &Expr<'_>, path: &[&str]) -> ExpressionError {
        let written = path.join(".");
        let (message, help) = match path[0] {
            "params" => (
                "`params` stands for all parameters, which one is missing".to_owned(),
                "write `params.NAME`; the name cannot be computed",
            ),
            "steps" => (
                format!("`{written}` is not a result of a step"),
                "write `steps.STEP.artifacts.NAME` or `steps.STEP.values.NAME`; the names cannot be computed",
            ),
            "trial" => (
                format!("`{written}` does not exist"),
                "of the trial there are `trial.number` and `trial.rungs`",
            ),
            "experiment" => (
                format!("`{written}` does not exist"),
                "of the experiment there is `experiment.name`",
            ),
            "null" => ("unknown name `null`".to_owned(), "write `none`"),
            root => (
                format!("unknown name `{root}`"),
                "the names are `params`, `steps`, `trial` and `experiment`; text needs quotes",
            ),
        };
        self.error(expression, message).help(help)
    }

    fn error(&self, expression: &Expr<'_>, message: impl Into<String>) -> ExpressionError {
        ExpressionError::new(self.range(expression), message)
    }

    fn range(&self, expression: &Expr<'_>) -> Range<usize> {
        let offset = self.found.offset;
        let start = root(expression).span().start_offset as usize;
        offset + start..offset + expression.span().end_offset as usize
    }
}

/// What a chain of fields begins with. The parser's span of a chain begins later than that.
fn root<'e, 's>(expression: &'e Expr<'s>) -> &'e Expr<'s> {
    let mut at = expression;
    loop {
        at = match at {
            Expr::GetAttr(attribute) => &attribute.expr,
            Expr::GetItem(item) => &item.expr,
            _ => return at,
        };
    }
}

/// The names of `a.b["c"]`: a variable and fields written out. `None` for any other expression.
fn path<'e>(expression: &'e Expr<'_>) -> Option<Vec<&'e str>> {
    let mut names = Vec::new();
    let mut at = expression;
    loop {
        at = match at {
            Expr::Var(variable) => {
                names.push(variable.id);
                names.reverse();
                return Some(names);
            }
            Expr::GetAttr(attribute) => {
                names.push(attribute.name);
                &attribute.expr
            }
            Expr::GetItem(item) => {
                let Expr::Const(name) = &item.subscript_expr else {
                    return None;
                };
                names.push(name.value.as_str()?);
                &item.expr
            }
            _ => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Vec<(&str, Target)> {
        let references = references(text).unwrap();
        references
            .into_iter()
            .map(|reference| (&text[reference.range], reference.target))
            .collect()
    }

    fn param(name: &str) -> Target {
        Target::Param(name.into())
    }

    fn value(step: &str, name: &str) -> Target {
        Target::Value {
            step: step.into(),
            name: name.into(),
        }
    }

    #[test]
    fn finds_what_is_referred_to_and_where() {
        let artifact = Target::Artifact {
            step: "train".into(),
            name: "model".into(),
        };
        let cases = [
            ("${{ params.x }}", vec![("params.x", param("x"))]),
            ("ü ${{params[\"x\"]}}", vec![("params[\"x\"]", param("x"))]),
            (
                "${{ steps.train.artifacts.model }}",
                vec![("steps.train.artifacts.model", artifact.clone())],
            ),
            (
                "${{ steps[\"train\"].artifacts.model }}",
                vec![("steps[\"train\"].artifacts.model", artifact)],
            ),
            (
                "${{ trial.number }}",
                vec![("trial.number", Target::Trial("number".into()))],
            ),
            (
                "${{ experiment.name }}",
                vec![("experiment.name", Target::Experiment("name".into()))],
            ),
            (
                "${{ params.a | default(params.b) if params.c == 1 else [params.d, {'k': -params.e}] }}",
                ["c", "a", "b", "d", "e"]
                    .map(|n| {
                        (
                            ["params.a", "params.b", "params.c", "params.d", "params.e"]
                                ["abcde".find(n).unwrap()],
                            param(n),
                        )
                    })
                    .to_vec(),
            ),
            (
                "${{ steps.s.values.v[params.i].deep + range(params.n)[0] }}",
                vec![
                    ("steps.s.values.v", value("s", "v")),
                    ("params.i", param("i")),
                    ("params.n", param("n")),
                ],
            ),
            ("${{ 'params.x' ~ 1 }}", vec![]),
        ];
        for (text, expected) in cases {
            assert_eq!(written(text), expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_can_never_be_known() {
        let cases = [
            ("${{ params[params.y] }}", "which one is missing"),
            ("${{ params }}", "which one is missing"),
            ("${{ params | length }}", "which one is missing"),
            ("${{ steps.train }}", "`steps.train` is not a result"),
            (
                "${{ steps.train.model }}",
                "`steps.train.model` is not a result",
            ),
            ("${{ env.HOME }}", "unknown name `env`"),
            ("${{ secrets.X }}", "unknown name `secrets`"),
            ("${{ params.x == null }}", "unknown name `null`"),
            ("${{ word }}", "unknown name `word`"),
            ("${{ trial.id }}", "`trial.id` does not exist"),
            ("${{ params.x | nope }}", "unknown filter `nope`"),
            (
                "${{ params.x | indent(10**11) }}",
                "unknown filter `indent`",
            ),
            ("${{ params.x is nope }}", "unknown test `nope`"),
            ("${{ debug() }}", "unknown function `debug`"),
            ("${{ params.x.upper() }}", "only functions can be called"),
            ("${{ }}", "empty"),
            ("${{ params.x params.y }}", "cannot read"),
            ("${{ params.x", "not closed"),
        ];
        for (text, expected) in cases {
            let error = references(text).unwrap_err();
            assert!(
                error.message.contains(expected),
                "{text}: {}",
                error.message
            );
            assert!(
                text.get(error.range.clone()).is_some(),
                "{text}: {:?}",
                error.range
            );
        }
    }
}
