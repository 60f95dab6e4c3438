//! How a user signed in, or tried to.

use super::{Wrap, profile::Head};
use crate::{
    api::{ApiResult, Framed},
    ui::{BadgeText, Cell, Column, Table, list_card, list_query, load, search_pairs},
};
use domain::{
    dto::account::SignInRow,
    list::{ListPage, ListQuery},
};
use leptos::prelude::*;

const PATH: &str = "/account/sign-ins";

/// The page `/account/sign-ins`.
#[component]
pub fn SignInsPage<F>(
    /// `/api/platform` or `/api/tenant`.
    api: &'static str,
    /// The frame of the site.
    wrap: Wrap,
    /// The server function of the page.
    fetch: fn(Vec<(String, String)>) -> F,
) -> impl IntoView
where
    F: Future<Output = ApiResult<Framed<ListPage<SignInRow>>>> + Send + 'static,
{
    let pairs = search_pairs();
    let query = list_query(&pairs, &[]);
    load(
        move || fetch(pairs.clone()),
        move |Framed { frame, data }| {
            let now = frame.now;
            let rows = move |rows: Vec<SignInRow>| view! { <SignInTable rows now/> }.into_any();
            let empty = || view! { <div class="empty"><p class="font-semibold">"Nothing to show yet"</p></div> }.into_any();
            let list = list_card(PATH, &query, data, (), rows, empty);
            let view = view! {
                <Head api tab="Sign-ins"/>
                <p class="text-muted mb-4 text-sm">"Don't recognize one of these? "<a class="link" href="/account/password">"Change your password"</a>". This signs out all your other sessions."</p>
                {list}
            };
            wrap(frame, "Sign-ins", view.into_any())
        },
    )
}

/// Sign-ins and tries, newest first.
#[component]
pub(crate) fn SignInTable(rows: Vec<SignInRow>, now: chrono::DateTime<chrono::Utc>) -> impl IntoView {
    let columns = vec![
        Column::new("result", "Result"),
        Column::new("at", "When").labelled(),
        Column::new("reason", "How").labelled(),
        Column::new("ip", "IP address").labelled(),
        Column::new("browser", "Browser").labelled(),
    ];
    let table = Table { caption: "Sign-ins".into(), path: PATH, query: &ListQuery::default(), columns, ticks: None, is_dense: false, now };
    table.plain(rows, |row, column| match column {
        "result" => BadgeText::of_sign_in(row.succeeded).into(),
        "at" => Cell::When(row.at),
        "reason" => row.reason.clone().into(),
        "ip" => row.ip.clone().into(),
        "browser" => row.browser.clone().into(),
        _ => Cell::Empty,
    })
}
