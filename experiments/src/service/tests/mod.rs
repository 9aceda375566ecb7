//! The service on a real store.
