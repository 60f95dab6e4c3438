//! Downloads: plain GET handlers that read in batches, each a transaction of its own, so a slow reader holds no connection.

mod rows;

pub(super) use rows::cell;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{AppError, list::ListQuery};
use futures_util::stream;
use services::{RequestCx, Site};

/// Rows read at a time.
const BATCH: u16 = 1000;

/// A list that can be taken along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Tenants,
    Domains,
    Usage,
    Audit,
    Users,
}

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

const OFFERS: [Offer; 8] = [
    Offer {
        site: "platform",
        path: "/tenants.csv",
        page: "/tenants",
        list: List::Tenants,
        format: Format::Csv,
        filters: services::tenants::FILTERS,
    },
    Offer {
        site: "platform",
        path: "/audit.csv",
        page: "/audit",
        list: List::Audit,
        format: Format::Csv,
        filters: services::audit::FILTERS,
    },
    Offer {
        site: "platform",
        path: "/domains.csv",
        page: "/domains",
        list: List::Domains,
        format: Format::Csv,
        filters: services::domains::FILTERS,
    },
    Offer {
        site: "platform",
        path: "/usage.csv",
        page: "/usage",
        list: List::Usage,
        format: Format::Csv,
        filters: services::usage::FILTERS,
    },
    Offer {
        site: "platform",
        path: "/audit.jsonl",
        page: "",
        list: List::Audit,
        format: Format::JsonLines,
        filters: services::audit::FILTERS,
    },
    Offer {
        site: "tenant",
        path: "/audit.csv",
        page: "/audit",
        list: List::Audit,
        format: Format::Csv,
        filters: services::audit::TENANT_FILTERS,
    },
    Offer {
        site: "tenant",
        path: "/audit.jsonl",
        page: "",
        list: List::Audit,
        format: Format::JsonLines,
        filters: services::audit::TENANT_FILTERS,
    },
    Offer { site: "tenant", path: "/users.csv", page: "/users", list: List::Users, format: Format::Csv, filters: services::users::FILTERS },
];

/// The paths of the downloads of a site.
pub(super) fn paths(site: &str) -> Vec<&'static str> {
    OFFERS.iter().filter(|offer| offer.site == site).map(|offer| offer.path).collect()
}

/// A download that was asked for.
pub(super) struct Export {
    offer: Offer,
    query: ListQuery,
}

impl Export {
    /// The download a request asks for, if it is one; `Accept: text/csv` on a list asks for it too.
    pub fn wanted(site: &Site, request: &Request) -> Option<Self> {
        let csv = request.headers().get(header::ACCEPT).is_some_and(|accept| accept == "text/csv");
        let (site, path) = (if site.tenant().is_some() { "tenant" } else { "platform" }, request.uri().path());
        let offer = OFFERS.iter().find(|offer| offer.site == site && (offer.path == path || (csv && offer.page == path)))?;
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(request.uri().query().unwrap_or_default()).unwrap_or_default();
        let mut query = ListQuery::from_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())), offer.filters);
        query.size = BATCH;
        (query.after, query.before) = (None, None);
        Some(Self { offer: *offer, query })
    }

    /// Streams it.
    pub async fn answer(self, cx: &RequestCx) -> Result<Response, AppError> {
        let Self { offer, query } = self;
        let cx = cx.clone();
        // The first batch decides the status; later ones follow as the client reads. Whoever may see a list page by page takes it
        // away as a whole with a fresh reauthentication only (security.md 40), which the operation asks for.
        let first = rows::batch(&cx, offer.list, &query).await?;
        let start = match offer.format {
            Format::Csv => format!("{}{}", head(&first.names), first.csv()),
            Format::JsonLines => first.json_lines(),
        };
        let after = first.after;
        let rest = stream::try_unfold((cx, query, after), move |(cx, mut query, after)| async move {
            let Some(after) = after else { return Ok::<_, std::io::Error>(None) };
            query.after = Some(after);
            let batch = rows::batch(&cx, offer.list, &query).await.map_err(|error| std::io::Error::other(error.to_string()))?;
            let text = if offer.format == Format::Csv { batch.csv() } else { batch.json_lines() };
            Ok(Some((text, (cx, query, batch.after))))
        });
        let whole = futures_util::StreamExt::chain(stream::once(async move { Ok(start) }), rest);
        let name = offer.path.trim_start_matches('/');
        let kind = if offer.format == Format::Csv { "text/csv; charset=utf-8" } else { "application/jsonl; charset=utf-8" };
        let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CONTENT_DISPOSITION, disposition.unwrap_or(HeaderValue::from_static("attachment"))),
            (header::VARY, HeaderValue::from_static("Accept")),
        ];
        Ok((headers, Body::from_stream(whole)).into_response())
    }
}

fn head(names: &[&str]) -> String {
    format!("{}\n", names.join(","))
}
