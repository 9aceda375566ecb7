//! The interface as an OpenAPI 3.1 document: made of the routes themselves, completed with what holds for all of them.

use super::access::roles::{Allowed, Roles};
use super::problem::MEDIA_TYPE;
use super::{App, reference, routes};
use crate::wire;
use axum::http::Method;
use serde_json::{Map, Value as Json};
use tune_experiments::state::{ExperimentState, TrialState};
use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, SecurityRequirement,
};
use utoipa_axum::router::OpenApiRouter;

/// The names of experiments.
const NAME: &str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$";
/// What trials can be sorted by.
const SORT: &str = r"^-?(number|objective|duration|started_at|metric\.[A-Za-z0-9_]+|param\.[A-Za-z_][A-Za-z0-9_]*)$";
/// A mark of a submission.
const VISIBLE: &str = "^[!-~]{1,200}$";
/// A zero byte is in no name.
const WITHOUT_ZERO: &str = r"^[^\x00]*$";
/// Whole numbers up to here are exact also where all numbers are floating.
const LARGEST_INTEGER: i64 = (1 << 53) - 1;

/// What begins the document.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "tune",
        description = "Finds the best configuration of a machine-learning pipeline.\n\n\
            Lists come in pages: `next` of one page is `cursor` of the next. Times are RFC 3339 in UTC, durations seconds. NaN and the \
            infinities are the words \"NaN\", \"Infinity\" and \"-Infinity\". Whatever goes wrong is told as a problem document \
            (RFC 9457); answers that are polled carry an `ETag`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(wire::Problem, wire::Event)),
    tags(
        (name = "experiments", description = "Submit, follow and steer experiments"),
        (name = "trials", description = "What was tried, and what came of it"),
        (name = "asking", description = "Ask for trials, evaluate them yourself, tell the result"),
        (name = "answers", description = "What people came for"),
        (name = "events", description = "What happens, while it happens"),
        (name = "tokens", description = "Who may do what"),
        (name = "machines", description = "For those who run the server"),
    )
)]
struct Head;

/// Every route with its description.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Head::openapi())
        .merge(routes::all())
        .merge(reference::routes())
}

/// The document, for a server with tokens or without.
pub fn document(tokens: bool) -> Json {
    let mut document = serde_json::to_value(by_code()).expect("a description is plain data");
    if !tokens {
        let operations = document["paths"].as_object_mut().into_iter().flatten();
        let operations = operations.filter_map(|(_, item)| item.as_object_mut());
        for operation in operations
            .flat_map(Map::values_mut)
            .filter_map(Json::as_object_mut)
        {
            operation.remove("security");
        }
    }
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            let operations = item.as_object_mut().into_iter().flat_map(Map::values_mut);
            let parameters = operations.filter_map(|it| it.get_mut("parameters")?.as_array_mut());
            for parameter in parameters.flatten() {
                say_what_fits(path, parameter);
            }
        }
    }
    bound_integers(&mut document);
    document
}

/// What the code says.
fn by_code() -> OpenApi {
    let mut document = routes().into_openapi();
    let roles = Roles::new();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            complete(path, &method, operation, &roles);
        }
    }
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    let bearer = bearer.description(Some(
        "A token of `tune token create`. Without any tokens the server answers this machine only, and asks for none.",
    ));
    document
        .components
        .get_or_insert_default()
        .add_security_scheme("token", SecurityScheme::Http(bearer.build()));
    document
}

/// The operations of a path, with their methods.
fn operations(item: &mut PathItem) -> Vec<(Method, &mut Operation)> {
    let all = [
        (Method::GET, &mut item.get),
        (Method::POST, &mut item.post),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
        (Method::PUT, &mut item.put),
    ];
    let some = all
        .into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)));
    some.collect()
}

/// Adds what can become of any request, and who may make it.
fn complete(path: &str, method: &Method, operation: &mut Operation, roles: &Roles) {
    let allowed = roles.allowed(method, Some(path));
    if allowed != Some(Allowed::Everybody) {
        for (status, words) in common(path, operation.request_body.is_some()) {
            let responses = &mut operation.responses.responses;
            let missing = || RefOr::T(ResponseBuilder::new().description(words).build());
            responses.entry(status.to_owned()).or_insert_with(missing);
        }
    }
    if matches!(allowed, Some(Allowed::From(_)) | None) {
        operation.security = Some(vec![SecurityRequirement::new("token", [] as [&str; 0])]);
    }
    for (status, response) in &mut operation.responses.responses {
        if let (true, RefOr::T(response)) = (status.as_str() >= "400", response) {
            tell_problem(response);
        }
    }
}

/// The statuses that an operation may answer with whatever it does.
fn common(path: &str, has_body: bool) -> Vec<(&'static str, &'static str)> {
    let mut all = vec![
        ("400", "The path, the query or the body is malformed"),
        ("401", "There are tokens, and the request has no valid one"),
        (
            "403",
            "The token does not allow it; or, without tokens, the request comes from another site",
        ),
        (
            "429",
            "Too many requests: try again after `Retry-After` seconds",
        ),
        ("500", "Something failed"),
        (
            "503",
            "The store is away, the server is ending, or it took too long: try again after `Retry-After` seconds",
        ),
    ];
    if path.contains('{') {
        all.push(("404", "There is no such thing"));
    }
    if has_body {
        all.push(("413", "The body is too large"));
        all.push(("415", "The body is of another type than is read here"));
    }
    all
}

fn tell_problem(response: &mut Response) {
    let schema = Ref::from_schema_name("Problem");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    response.content.clear();
    response
        .content
        .insert(MEDIA_TYPE.to_owned(), content.into());
}

/// A parameter is there or not, but never null; and names and lists of states have a form.
fn say_what_fits(path: &str, parameter: &mut Json) {
    let (name, place) = (parameter["name"].clone(), parameter["in"].clone());
    let schema = &mut parameter["schema"];
    let types = schema["type"].as_array().cloned().unwrap_or_default();
    if let Some(only) = types.into_iter().find(|it| it != "null") {
        schema["type"] = only;
    }
    let of_one = place == "path" && path.starts_with("/api/v1/experiments/{name}");
    let pattern = match name.as_str() {
        Some("name") if of_one => NAME.to_owned(),
        Some("state") if path == "/api/v1/experiments" => {
            words(ExperimentState::ALL.iter().map(|it| it.as_str()))
        }
        Some("state") => words(TrialState::ALL.iter().map(|it| it.as_str())),
        Some("sort") => SORT.to_owned(),
        Some("idempotency-key") => VISIBLE.to_owned(),
        _ if schema["type"] == "string" => WITHOUT_ZERO.to_owned(),
        _ => return,
    };
    schema["pattern"] = pattern.into();
}

/// One of the words, or several separated by commas.
fn words<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let any = words.collect::<Vec<_>>().join("|");
    format!("^({any})(,({any}))*$")
}

/// Numbers that are larger than JSON carries everywhere are no numbers of this interface.
fn bound_integers(node: &mut Json) {
    match node {
        Json::Object(fields) => {
            let kind = fields.get("type");
            let integer = kind.is_some_and(|it| {
                it == "integer"
                    || it
                        .as_array()
                        .is_some_and(|all| all.contains(&"integer".into()))
            });
            if integer && !fields.contains_key("maximum") {
                let small = fields.get("format").is_some_and(|it| it == "int32");
                let most = if small {
                    i64::from(i32::MAX)
                } else {
                    LARGEST_INTEGER
                };
                fields.insert("maximum".to_owned(), most.into());
            }
            fields.values_mut().for_each(bound_integers);
        }
        Json::Array(items) => items.iter_mut().for_each(bound_integers),
        _ => {}
    }
}

/// Every route of the document: method and path.
#[cfg(test)]
pub fn described() -> Vec<(Method, String)> {
    let mut document = by_code();
    let mut all = Vec::new();
    for (path, item) in &mut document.paths.paths {
        for (method, _) in operations(item) {
            all.push((method, path.clone()));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::access::roles::TABLE;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_document_is_as_it_was() {
        insta::assert_json_snapshot!("openapi", document(true));
    }

    #[test]
    fn no_two_operations_have_one_name() {
        let mut document = by_code();
        let items = document.paths.paths.values_mut();
        let ids = items.flat_map(|item| {
            operations(item)
                .into_iter()
                .map(|(_, it)| it.operation_id.clone())
        });
        let ids: Vec<Option<String>> = ids.collect();
        let different: BTreeSet<&Option<String>> = ids.iter().collect();
        assert_eq!(different.len(), ids.len());
    }

    #[test]
    fn every_route_has_its_role_and_every_role_its_route() {
        let routes: BTreeSet<(String, String)> = described()
            .into_iter()
            .map(|(method, path)| (method.to_string(), path))
            .collect();
        let table: BTreeSet<(String, String)> = TABLE
            .iter()
            .map(|(method, path, _)| (method.to_string(), (*path).to_owned()))
            .collect();
        assert_eq!(routes, table);
        assert_eq!(table.len(), TABLE.len(), "a route is in the table twice");
    }
}
