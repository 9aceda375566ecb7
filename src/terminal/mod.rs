//! What people see in a terminal. Everything here turns plain records into text; who reads the records and who prints the text
//! is decided in `cli`.

pub mod comparison;
pub mod describe;
pub mod frame;
pub mod harmless;
pub mod importance;
pub mod live;
pub mod messages;
pub mod number;
pub mod overview;
pub mod plain;
pub mod plot;
pub mod progress;
pub mod result;
pub mod style;
pub mod table;
pub mod trial;
pub mod why;
