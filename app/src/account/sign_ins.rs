//! How a user signed in, or tried to.

use super::{Wrap, profile::Head};
use crate::{
    api::{ApiResult, Framed},
    ui::{When, list_card, list_query, load, search_pairs},
};
use domain::{dto::account::SignInRow, list::ListPage};
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
                <p class="text-muted mb-4 text-sm">"Is one of these not yours? "<a class="link" href="/account/password">"Change your password"</a>", which signs all other sessions out."</p>
                {list}
            };
            wrap(frame, "Sign-ins", view.into_any())
        },
    )
}

/// Sign-ins and tries, newest first.
#[component]
pub(crate) fn SignInTable(rows: Vec<SignInRow>, now: chrono::DateTime<chrono::Utc>) -> impl IntoView {
    let lines = rows.into_iter().map(|row| {
        let (class, word) = if row.succeeded { ("state-success", "Signed in") } else { ("state-error", "Refused") };
        view! {
            <tr>
                <th scope="row"><span class=format!("state-badge {class}")><span class="state-dot" aria-hidden="true"></span>{word}</span></th>
                <td data-label="When"><When at=row.at now/></td>
                <td data-label="How">{row.reason}</td>
                <td data-label="From">{row.ip}</td>
                <td data-label="With">{row.browser}</td>
            </tr>
        }
    });
    let lines = lines.collect_view();
    view! {
        <div class="table-scroll">
            <table class="list-table">
                <caption class="sr-only">"Sign-ins"</caption>
                <thead><tr><th scope="col">"Result"</th><th scope="col">"When"</th><th scope="col">"How"</th><th scope="col">"From"</th><th scope="col">"With"</th></tr></thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    }
}
