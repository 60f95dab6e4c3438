//! The rows of each download.

use chrono::{DateTime, Utc};
use domain::{
    AppError,
    list::{ListPage, ListQuery},
    user_field::UserField,
};
use kernel::{RequestCx, csv::written};
use serde_json::{Map, Value, json};

/// A list that can be taken along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Tenants,
    Domains,
    Usage,
    Audit,
    Users,
    Records,
}

/// Rows as they are written, and where the next ones begin.
pub(super) struct Batch {
    pub names: Vec<String>,
    rows: Vec<Vec<Value>>,
    pub after: Option<String>,
}

impl Batch {
    fn new<T>(names: &[&str], page: ListPage<T>, row: impl Fn(T) -> Vec<Value>) -> Result<Self, AppError> {
        // A cursor of our own that is not taken would begin the list again, for ever.
        if page.cursor_ignored {
            return Err(AppError::Malformed);
        }
        Ok(Self {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            rows: page.rows.into_iter().map(row).collect(),
            after: page.after,
        })
    }

    /// The same rows with these columns: those of a list may change while it is read.
    #[must_use]
    pub fn with_columns(mut self, names: &[String]) -> Self {
        if self.names != names {
            let places: Vec<_> = names.iter().map(|name| self.names.iter().position(|known| known == name)).collect();
            let row =
                |row: Vec<Value>| places.iter().map(|place| place.and_then(|place| row.get(place).cloned()).unwrap_or_default()).collect();
            self.rows = self.rows.into_iter().map(row).collect();
            self.names = names.to_vec();
        }
        self
    }

    /// As comma-separated values.
    ///
    /// # Errors
    /// Those of [`written`].
    pub fn csv(&self) -> std::io::Result<String> {
        written(self.rows.iter().map(|row| row.iter().map(text).collect::<Vec<_>>()))
    }

    /// As one JSON object to a line.
    pub fn json_lines(&self) -> String {
        let line = |row: &Vec<Value>| {
            let object: Map<String, Value> = self.names.iter().cloned().zip(row.iter().cloned()).collect();
            format!("{}\n", Value::Object(object))
        };
        self.rows.iter().map(line).collect()
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The next rows of a list, of records those of the pipeline of that key; points in time stand as the clock of the viewer shows them (RFC 3339).
pub(super) async fn batch(cx: &RequestCx, (list, pipeline): (List, &str), query: &ListQuery) -> Result<Batch, AppError> {
    let zone = cx.settings.format.zone;
    let at = |moment: DateTime<Utc>| moment.with_timezone(&zone).to_rfc3339();
    match list {
        List::Tenants => {
            let found = control::tenants::tenant_list_export(cx, query).await;
            let names = ["name", "slug", "domain", "schema", "status", "users", "max_users", "created"];
            Batch::new(&names, cx.answer(found).await?.page, |row| {
                vec![
                    json!(row.name),
                    json!(row.slug),
                    json!(row.domain),
                    json!(row.schema_name),
                    json!(row.status.as_str()),
                    json!(row.user_count),
                    json!(row.max_users),
                    json!(at(row.created_on)),
                ]
            })
        }
        List::Usage => {
            let found = control::usage::usage_export(cx, query).await;
            let names = ["name", "slug", "users", "requests_today", "errors_today", "people_today", "records", "bytes", "measured_at"];
            Batch::new(&names, cx.answer(found).await?.page, |row| {
                let size = row.size.as_ref();
                vec![
                    json!(row.name),
                    json!(row.slug),
                    json!(row.users),
                    json!(row.today.requests),
                    json!(row.today.errors),
                    json!(row.people),
                    json!(size.map(|size| size.rows)),
                    json!(size.map(|size| size.bytes)),
                    json!(size.map(|size| at(size.measured_at))),
                ]
            })
        }
        List::Domains => {
            let found = control::domains::domain_export(cx, query).await;
            let names = ["domain", "tenant", "slug", "primary", "verified"];
            Batch::new(&names, cx.answer(found).await?.page, |row| {
                vec![json!(row.domain), json!(row.tenant), json!(row.slug), json!(row.is_primary), json!(row.verified)]
            })
        }
        List::Audit => {
            let page = if cx.site.tenant().is_some() {
                let found = identity::audit::company_audit_export(cx, query).await;
                cx.answer(found).await?
            } else {
                let found = control::audit::audit_export(cx, query).await;
                cx.answer(found).await?.page
            };
            let names = [
                "line",
                "at",
                "actor_kind",
                "actor",
                "tenant_id",
                "action",
                "object_kind",
                "object_id",
                "object",
                "diff",
                "ip",
                "user_agent",
                "request_id",
            ];
            Batch::new(&names, page, |line| {
                vec![
                    json!(line.seq),
                    json!(at(line.at)),
                    json!(line.actor_kind),
                    json!(line.actor),
                    json!(line.tenant),
                    json!(line.action),
                    json!(line.object_kind),
                    json!(line.object_id),
                    json!(line.object),
                    line.diff,
                    json!(line.ip),
                    json!(line.user_agent),
                    json!(line.request_id),
                ]
            })
        }
        List::Records => {
            let found = records::record_export(cx, pipeline, query).await;
            let found = cx.answer(found).await?;
            let stage = found.has_stages.then_some("stage");
            let names = ["id", "title"].into_iter().chain(stage).chain(["owner", "created", "updated"]);
            let names: Vec<&str> = names.chain(found.columns.iter().map(String::as_str)).collect();
            Batch::new(&names, found.page, |row| {
                let stage = stage.map(|_| json!(row.stage));
                let own = [json!(row.id), json!(row.title)].into_iter().chain(stage);
                let own = own.chain([json!(row.owner), json!(at(row.created_at)), json!(at(row.updated_at))]);
                own.chain(row.values.into_iter().map(|value| json!(value))).collect()
            })
        }
        List::Users => {
            let found = identity::users::user_export(cx, query).await;
            let found = cx.answer(found).await?;
            let custom: Vec<String> = found.fields.iter().map(UserField::column).collect();
            let names = ["id", "first_name", "last_name", "email", "username", "role", "active", "last_sign_in", "created"];
            let names: Vec<&str> = names.into_iter().chain(custom.iter().map(String::as_str)).collect();
            Batch::new(&names, found.page, |row| {
                let custom =
                    found.fields.iter().map(|field| json!(row.fields.iter().find(|(key, _)| *key == field.key).map(|(_, text)| text)));
                let own = [
                    json!(row.id),
                    json!(row.first_name),
                    json!(row.last_name),
                    json!(row.email),
                    json!(row.username),
                    json!(row.role),
                    json!(row.is_active),
                    json!(row.last_login.map(at)),
                    json!(at(row.created_at)),
                ];
                own.into_iter().chain(custom).collect()
            })
        }
    }
}
