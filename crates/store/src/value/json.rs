//! A serde value kept as text in one column.

use super::field::{Field, Kind, Sink, Source};
use crate::sql::SqlError;

/// A value that its column holds as JSON text.
#[derive(Clone, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Json<T>(pub T);

impl<T> std::ops::Deref for Json<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> std::ops::DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Json<T> {
    fn from(value: T) -> Self {
        Json(value)
    }
}

impl<T> Field for Json<T>
where
    T: serde::Serialize
        + serde::de::DeserializeOwned
        + Clone
        + std::fmt::Debug
        + PartialEq
        + Send
        + Sync
        + 'static,
{
    const KIND: Kind = Kind::Text;
    fn write(&self, sink: &mut dyn Sink) {
        let text = serde_json::to_string(&self.0).expect("a column's type serialises without failing");
        sink.text(Some(&text));
    }
    fn read_opt(source: &mut dyn Source) -> Result<Option<Self>, SqlError> {
        let Some(text) = source.text()? else { return Ok(None) };
        serde_json::from_str(&text)
            .map(|value| Some(Json(value)))
            .map_err(|error| SqlError::decode(format!("JSON column: {error}")))
    }
}
