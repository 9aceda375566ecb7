//! What people wrote about experiments and trials.

use super::{Client, ClientError};
use crate::wire;
use reqwest::{Method, Url};

impl Client {
    /// What was written about the experiment, or about one of its trials.
    pub async fn notes(&self, name: &str, trial: Option<u64>) -> Result<wire::Notes, ClientError> {
        self.get(self.notes_at(name, trial)).await
    }

    /// Changes it; what is written then. Sent again, it is the same.
    pub async fn change_notes(
        &self,
        name: &str,
        trial: Option<u64>,
        patch: &wire::NotesPatch,
    ) -> Result<wire::Notes, ClientError> {
        let request = self.request(Method::PATCH, self.notes_at(name, trial));
        let response = self.patiently(self.with_json(request, patch)).await?;
        self.read(response).await
    }

    fn notes_at(&self, name: &str, trial: Option<u64>) -> Url {
        match trial {
            Some(number) => self.trial_at(name, number, &["notes"]),
            None => self.experiment_at(name, &["notes"]),
        }
    }
}
