//! What a step handed on, as it lies in the artifact store of this machine: a file as it is, a folder as the list of what it holds, of
//! which one can be asked for.

use super::super::App;
use super::super::conditional::{Tag, tagged};
use super::super::failures::{Failure, internal};
use super::super::input::{Asked, At};
use super::super::problem::{Kind, Problem};
use super::{experiment, unknown};
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Component, Path, PathBuf};
use tokio::fs;
use tokio::io::AsyncReadExt;
use tune_experiments::artifacts::Artifact;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const CHUNK: usize = 1 << 16;
/// A folder with more files than this is listed in part.
const MOST_FILES: usize = 10_000;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(artifact))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ArtifactQuery {
    /// Of a folder: this file in it.
    path: Option<String>,
}

/// The files of a folder.
#[derive(Debug, Serialize, ToSchema)]
struct Files {
    /// By path.
    files: Vec<File>,
}

/// A file of a folder.
#[derive(Debug, Serialize, ToSchema)]
struct File {
    /// Within the folder.
    path: String,
    /// Bytes.
    size: u64,
}

/// What a step handed on: a file, or the list of a folder's files.
#[utoipa::path(
    get,
    path = "/experiments/{name}/trials/{number}/artifacts/{step}/{artifact}",
    operation_id = "artifact",
    tag = "trials",
    params(
        ("name" = String, Path, description = "Name of the experiment"),
        ("number" = u64, Path, description = "Number of the trial"),
        ("step" = String, Path, description = "Name of the step"),
        ("artifact" = String, Path, description = "Name of the artifact"),
        ArtifactQuery
    ),
    responses(
        (status = 200, description = "The file, or the list of the folder's files", content(
            (Vec<u8> = "application/octet-stream"),
            (Files = "application/json")
        )),
        (status = 304, description = "The client has it")
    )
)]
async fn artifact(
    State(app): State<App>,
    At((name, number, step, artifact)): At<(String, u64, String, String)>,
    Asked(query): Asked<ArtifactQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    let steps = app.store.steps(record.id, number).await?;
    let known = steps.iter().map(|step| step.step.as_str());
    let found = steps.iter().find(|found| found.step == step);
    let found = found.ok_or_else(|| unknown("step", &step, known))?;
    let known = found.artifacts.keys().map(String::as_str);
    let stored = found.artifacts.get(&artifact);
    let stored = stored.ok_or_else(|| unknown("artifact", &artifact, known))?;
    let tag = Tag::of(&[&stored.hash, &query.path.as_deref().unwrap_or("")]);
    if query.path.is_none() && tag.is_known(&headers) {
        return Ok(tag.not_modified());
    }
    let path = place(&app, stored, query.path.as_deref())?;
    send(&path, stored).await
}

/// Where it lies. A name within a folder never leads out of it.
fn place(app: &App, stored: &Artifact, inside: Option<&str>) -> Result<PathBuf, Problem> {
    let path = app.layout.artifacts().join(&stored.path);
    let Some(inside) = inside else {
        return Ok(path);
    };
    let plain = Path::new(inside)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if inside.is_empty() || !plain || inside.contains('\0') {
        return Err(Problem::missing("file", inside));
    }
    Ok(path.join(inside))
}

async fn send(path: &Path, stored: &Artifact) -> Result<Response, Failure> {
    // Links are not followed: what lies elsewhere is no part of the artifact.
    let metadata = match fs::symlink_metadata(path).await {
        Ok(metadata) => metadata,
        Err(error) if is_missing(&error) => return Err(gone(path).into()),
        Err(error) => return Err(internal(&error).into()),
    };
    if metadata.is_dir() {
        return list(path, stored).await;
    }
    if !metadata.is_file() {
        return Err(gone(path).into());
    }
    let file = fs::File::open(path)
        .await
        .map_err(|error| internal(&error))?;
    Ok((
        head(path, stored, metadata.len()),
        Body::from_stream(chunks(file)),
    )
        .into_response())
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn gone(path: &Path) -> Problem {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Problem::new(Kind::NotFound, format!("there is no file `{name}` here"))
        .hint("it was deleted, or lies on the machine of another server")
}

/// Never shown by a browser, whatever it holds.
fn head(path: &Path, stored: &Artifact, length: u64) -> HeaderMap {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = utf8_percent_encode(&name, NON_ALPHANUMERIC);
    let disposition = format!("attachment; filename*=UTF-8''{name}");
    let mut headers = HeaderMap::new();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    headers.insert(CONTENT_LENGTH, length.into());
    for (key, text) in [
        (CONTENT_DISPOSITION, disposition),
        (ETAG, format!("W/\"{}-\"", stored.hash)),
    ] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(key, value);
        }
    }
    headers
}

fn chunks(file: fs::File) -> impl futures_util::Stream<Item = io::Result<Vec<u8>>> {
    stream::try_unfold(file, |mut file| async move {
        let mut bytes = Vec::with_capacity(CHUNK);
        let part = (&mut file).take(CHUNK as u64);
        { part }.read_to_end(&mut bytes).await?;
        Ok((!bytes.is_empty()).then_some((bytes, file)))
    })
}

async fn list(root: &Path, stored: &Artifact) -> Result<Response, Failure> {
    let root = root.to_owned();
    let listing = tokio::task::spawn_blocking(move || files(&root));
    let listed = match listing.await {
        Ok(listed) => listed.map_err(|error| internal(&error))?,
        Err(error) => return Err(internal(&error).into()),
    };
    let body = Files { files: listed };
    Ok(tagged(&Tag::of(&[&stored.hash, &""]), &body))
}

/// All files below the folder, by name.
fn files(root: &Path) -> io::Result<Vec<File>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && found.len() < MOST_FILES {
                let path = entry.path();
                let path = path.strip_prefix(root).unwrap_or(&path);
                found.push(File {
                    path: path.to_string_lossy().into_owned(),
                    size: entry.metadata()?.len(),
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}
