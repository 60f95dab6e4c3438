//! Downloads: plain GET handlers that read in batches, each a transaction of its own, so a slow reader holds no connection.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{AppError, list::ListQuery};
use futures_util::stream;
use services::{RequestCx, Site};

/// The list of tenants as CSV.
pub const TENANTS: &str = "/tenants.csv";
/// The list of users as CSV.
pub const USERS: &str = "/users.csv";

/// Rows read at a time.
const BATCH: u16 = 1000;

const TENANTS_HEAD: &str = "name,slug,domain,schema,status,users,max_users,created\n";
const USERS_HEAD: &str = "id,name,email,username,role,active,last_sign_in,created\n";

/// A download that was asked for.
pub(super) struct Export {
    path: &'static str,
    head: &'static str,
    query: ListQuery,
}

impl Export {
    /// The download a request asks for, if it is one; `Accept: text/csv` on a list asks for it too.
    pub fn wanted(site: &Site, request: &Request) -> Option<Self> {
        let csv = request.headers().get(header::ACCEPT).is_some_and(|accept| accept == "text/csv");
        let (path, filters, head) = match (site, request.uri().path()) {
            (Site::Platform, TENANTS) => (TENANTS, services::tenants::FILTERS, TENANTS_HEAD),
            (Site::Platform, "/tenants") if csv => (TENANTS, services::tenants::FILTERS, TENANTS_HEAD),
            (Site::Tenant(_), USERS) => (USERS, services::users::FILTERS, USERS_HEAD),
            (Site::Tenant(_), "/users") if csv => (USERS, services::users::FILTERS, USERS_HEAD),
            _ => return None,
        };
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(request.uri().query().unwrap_or_default()).unwrap_or_default();
        let mut query = ListQuery::from_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())), filters);
        query.size = BATCH;
        (query.after, query.before) = (None, None);
        Some(Self { path, head, query })
    }

    /// Streams it.
    pub async fn answer(self, cx: &RequestCx) -> Result<Response, AppError> {
        download(cx.clone(), self.path, self.query, self.head).await
    }
}

async fn download(cx: RequestCx, path: &'static str, query: ListQuery, head: &str) -> Result<Response, AppError> {
    // The first batch decides the status; later ones follow as the client reads.
    let (first, after) = batch(&cx, path, &query).await?;
    let start = format!("{head}{first}");
    let rest = stream::try_unfold((cx, query, after), move |(cx, mut query, after)| async move {
        let Some(after) = after else { return Ok::<_, std::io::Error>(None) };
        query.after = Some(after);
        // A cursor of our own that is not taken would begin the list again, for ever.
        let (text, next) = batch(&cx, path, &query).await.map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok(Some((text, (cx, query, next))))
    });
    let whole = futures_util::StreamExt::chain(stream::once(async move { Ok(start) }), rest);
    let name = path.trim_start_matches('/');
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")).unwrap_or(HeaderValue::from_static("attachment")),
        ),
        (header::VARY, HeaderValue::from_static("Accept")),
    ];
    Ok((headers, Body::from_stream(whole)).into_response())
}

async fn batch(cx: &RequestCx, path: &str, query: &ListQuery) -> Result<(String, Option<String>), AppError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut put = |fields: &[String]| {
        let cells: Vec<String> = fields.iter().map(|field| cell(field)).collect();
        writer.write_record(&cells).is_ok()
    };
    let (after, ignored) = if path == TENANTS {
        let found = services::tenants::tenant_list(cx, query).await;
        let page = cx.answer(found).await?.1.page;
        for row in page.rows {
            put(&[
                row.name,
                row.slug,
                row.domain,
                row.schema_name,
                row.status.as_str().to_owned(),
                row.user_count.to_string(),
                row.max_users.to_string(),
                row.created_on.to_rfc3339(),
            ]);
        }
        (page.after, page.cursor_ignored)
    } else {
        let found = services::users::user_list(cx, query).await;
        let page = cx.answer(found).await?.1.page;
        for row in page.rows {
            let last = row.last_login.map(|at| at.to_rfc3339()).unwrap_or_default();
            put(&[
                row.id.to_string(),
                row.name,
                row.email,
                row.username,
                row.role,
                row.is_active.to_string(),
                last,
                row.created_at.to_rfc3339(),
            ]);
        }
        (page.after, page.cursor_ignored)
    };
    if ignored {
        return Err(AppError::Malformed);
    }
    let bytes = writer.into_inner().unwrap_or_default();
    Ok((String::from_utf8(bytes).unwrap_or_default(), after))
}

/// A cell that no spreadsheet takes for a formula (OWASP ASVS 5.0, 1.2.10).
fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn formulas_are_defused() {
        assert_eq!(super::cell("=cmd()"), "'=cmd()");
        assert_eq!(super::cell("Åsa"), "Åsa");
    }
}
