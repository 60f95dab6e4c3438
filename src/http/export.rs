//! Downloads: plain GET handlers that read in batches, each a transaction of its own, so a slow reader holds no connection.

mod rows;

use self::rows::List;
use super::error_page::HttpError;
use axum::{
    Extension, Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use domain::list::ListQuery;
use futures_util::stream;
use kernel::RequestCx;

/// Rows read at a time.
const BATCH: u16 = 1000;

/// Records read at a time: one may hold 256 kB.
const RECORDS: u16 = 100;

/// How its rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// RFC 4180, with a line of names first.
    Csv,
    /// One JSON object to a line.
    JsonLines,
}

/// A download as it is offered.
#[derive(Clone, Copy, Debug)]
struct Offer {
    site: &'static str,
    path: &'static str,
    /// The page whose `Accept: text/csv` asks for the same.
    page: &'static str,
    list: List,
    format: Format,
    filters: &'static [&'static str],
}

const OFFERS: [Offer; 9] = [
    Offer {
        site: "platform",
        path: "/tenants.csv",
        page: "/tenants",
        list: List::Tenants,
        format: Format::Csv,
        filters: control::tenants::FILTERS,
    },
    Offer {
        site: "platform",
        path: "/audit.csv",
        page: "/audit",
        list: List::Audit,
        format: Format::Csv,
        filters: control::audit::FILTERS,
    },
    Offer {
        site: "platform",
        path: "/domains.csv",
        page: "/domains",
        list: List::Domains,
        format: Format::Csv,
        filters: control::domains::FILTERS,
    },
    Offer {
        site: "platform",
        path: "/usage.csv",
        page: "/usage",
        list: List::Usage,
        format: Format::Csv,
        filters: control::usage::FILTERS,
    },
    Offer {
        site: "platform",
        path: "/audit.jsonl",
        page: "",
        list: List::Audit,
        format: Format::JsonLines,
        filters: control::audit::FILTERS,
    },
    Offer {
        site: "tenant",
        path: "/audit.csv",
        page: "/audit",
        list: List::Audit,
        format: Format::Csv,
        filters: kernel::audit::TENANT_FILTERS,
    },
    Offer {
        site: "tenant",
        path: "/audit.jsonl",
        page: "",
        list: List::Audit,
        format: Format::JsonLines,
        filters: kernel::audit::TENANT_FILTERS,
    },
    Offer {
        site: "tenant",
        path: "/p/{pipeline}/export.csv",
        page: "/p/{pipeline}",
        list: List::Records,
        format: Format::Csv,
        filters: records::FILTERS,
    },
    Offer { site: "tenant", path: "/users.csv", page: "/users", list: List::Users, format: Format::Csv, filters: identity::users::FILTERS },
];

/// The paths of the downloads of a site.
pub(super) fn paths(site: &str) -> Vec<&'static str> {
    OFFERS.iter().filter(|offer| offer.site == site).map(|offer| offer.path).collect()
}

/// The routes of the downloads of a site.
pub(super) fn router(site: &str) -> Router {
    let offers = OFFERS.iter().filter(|offer| offer.site == site);
    offers.fold(Router::new(), |router, offer| {
        let answer = async move |Extension(cx): Extension<RequestCx>, uri: Uri| download(offer, cx, &uri).await;
        router.route(offer.path, get(answer))
    })
}

/// Answers a list whose reader asks for `text/csv` with the download of the same.
pub(super) async fn negotiate(
    State(site): State<&'static str>,
    Extension(cx): Extension<RequestCx>,
    request: Request,
    next: Next,
) -> Result<Response, HttpError> {
    let csv = request.method() == Method::GET && request.headers().get(header::ACCEPT).is_some_and(|accept| accept == "text/csv");
    let path = request.uri().path();
    match OFFERS.iter().find(|offer| csv && offer.site == site && is_at(offer.page, path)) {
        Some(offer) => download(offer, cx, request.uri()).await,
        None => Ok(next.run(request).await),
    }
}

/// Whether a path is one of those that a pattern stands for: `{pipeline}` stands for one segment.
fn is_at(pattern: &str, path: &str) -> bool {
    match pattern.split_once("{pipeline}") {
        Some((before, after)) => path
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .is_some_and(|segment| !segment.is_empty() && !segment.contains('/')),
        None => pattern == path,
    }
}

/// Streams a download.
async fn download(offer: &'static Offer, cx: RequestCx, uri: &Uri) -> Result<Response, HttpError> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(uri.query().unwrap_or_default()).unwrap_or_default();
    let mut query = ListQuery::from_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())), offer.filters);
    query.size = if offer.list == List::Records { RECORDS } else { BATCH };
    (query.after, query.before) = (None, None);
    // The first batch decides the status; later ones follow as the client reads. Anyone who may see a list page by page takes it
    // away as a whole with a fresh reauthentication only (security.md 40), which the operation asks for.
    let pipeline = uri.path().split('/').nth(2).unwrap_or_default().to_owned();
    let first = rows::batch(&cx, (offer.list, &pipeline), &query).await?;
    let file_name = pipeline.clone();
    let start = match offer.format {
        Format::Csv => format!("{}{}", head(&first.names), cx.answer(first.csv().map_err(kernel::Error::from)).await?),
        Format::JsonLines => first.json_lines(),
    };
    let (after, names, standing) = (first.after, first.names, cx.clone());
    let rest = stream::try_unfold((cx, query, names, pipeline, after), move |(cx, mut query, names, pipeline, after)| async move {
        let Some(after) = after else { return Ok::<_, std::io::Error>(None) };
        query.after = Some(after);
        let batch = rows::batch(&cx, (offer.list, &pipeline), &query).await.map_err(|error| std::io::Error::other(error.to_string()))?;
        let batch = batch.with_columns(&names);
        let text = if offer.format == Format::Csv { batch.csv()? } else { batch.json_lines() };
        Ok(Some((text, (cx, query, names, pipeline, batch.after))))
    });
    let whole = standing.while_standing(futures_util::StreamExt::chain(stream::once(async move { Ok(start) }), rest));
    // The file is called like its list.
    let name = offer.path.trim_start_matches('/').replace("p/{pipeline}/export", &file_name);
    let kind = if offer.format == Format::Csv { "text/csv; charset=utf-8" } else { "application/jsonl; charset=utf-8" };
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, disposition.unwrap_or(HeaderValue::from_static("attachment"))),
        (header::VARY, HeaderValue::from_static("Accept")),
    ];
    Ok((headers, Body::from_stream(whole)).into_response())
}

fn head(names: &[String]) -> String {
    format!("{}\n", names.join(","))
}
