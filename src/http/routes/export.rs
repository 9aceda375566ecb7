//! All trials of an experiment as a table, page by page: an experiment of any size can be read.

use super::super::App;
use super::super::failures::Failure;
use super::super::input::{Asked, At, NoQuery};
use super::{experiment, spec_of};
use crate::columns::{Column, cell, of_export};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use std::io;
use tune_algorithms::space::Value;
use tune_experiments::store::{
    Condition, ExperimentId, Field, Operator, Store, TrialQuery, TrialRecord,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Trials that are read at once.
const PAGE: u64 = 1000;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(export))
}

/// All trials as CSV, by number: one line each, parameters as `parameters.NAME`, the last value of each metric as `metrics.NAME`.
#[utoipa::path(
    get,
    path = "/experiments/{name}/export",
    operation_id = "export_trials",
    tag = "trials",
    params(("name" = String, Path, description = "Name of the experiment")),
    responses((status = 200, description = "The table", content_type = "text/csv", body = String))
)]
async fn export(
    State(app): State<App>,
    At(name): At<String>,
    _: Asked<NoQuery>,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    let spec = spec_of(&app, &record).await?;
    let metrics = app.store.metric_names(record.id).await?;
    let table = Table {
        store: app.store.clone(),
        id: record.id,
        columns: of_export(&spec, metrics),
        from: Some(0),
        begun: false,
    };
    let csv = [(CONTENT_TYPE, "text/csv; charset=utf-8")];
    Ok((csv, Body::from_stream(table.pieces())).into_response())
}

/// A table that is being written.
struct Table {
    store: Store,
    id: ExperimentId,
    columns: Vec<(String, Column)>,
    /// The first trial of the next page; none behind the last page.
    from: Option<u64>,
    begun: bool,
}

impl Table {
    fn pieces(self) -> impl Stream<Item = io::Result<Bytes>> {
        stream::try_unfold(self, |mut table| async move {
            let piece = table.next().await?;
            Ok(piece.map(|piece| (piece, table)))
        })
    }

    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        let Some(from) = self.from else {
            return Ok(None);
        };
        let page = self.page(from).await?;
        let last = page.last().map(|trial| trial.number + 1);
        self.from = last.filter(|_| page.len() as u64 >= PAGE);
        self.written(&page).map(Some)
    }

    async fn page(&self, from: u64) -> io::Result<Vec<TrialRecord>> {
        let query = TrialQuery {
            conditions: vec![Condition {
                subject: Field::Number,
                operator: Operator::Ge,
                value: Value::Int(i64::try_from(from).unwrap_or(i64::MAX)),
            }],
            limit: Some(PAGE),
            ..TrialQuery::default()
        };
        let page = self.store.trials_page(self.id, &query, None).await;
        // The answer has begun: all that can be said is that it breaks off.
        Ok(page.map_err(io::Error::other)?.items)
    }

    fn written(&mut self, page: &[TrialRecord]) -> io::Result<Bytes> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        if !std::mem::replace(&mut self.begun, true) {
            writer.write_record(self.columns.iter().map(|(title, _)| title))?;
        }
        for trial in page {
            let cells = self.columns.iter();
            writer.write_record(cells.map(|(_, column)| cell(trial, column, true)))?;
        }
        let bytes = writer
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)?;
        Ok(Bytes::from(bytes))
    }
}
