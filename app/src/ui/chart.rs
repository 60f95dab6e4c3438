//! Plots as SVG made on the server, each with its numbers as a table: the picture is never the only way to them.

use leptos::prelude::*;

/// The plot's own units; the page scales it.
const WIDTH: i64 = 720;
const HEIGHT: i64 = 160;
/// Room for the labels below and above the bars.
const FOOT: i64 = 18;
const HEAD: i64 = 14;

/// One bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What it stands for, such as a day.
    pub label: String,
    /// Its height, in whatever unit.
    pub value: i64,
    /// How much of it stands out, such as the errors among requests.
    pub part: i64,
    /// Its value as a person reads it.
    pub shown: String,
}

/// Bars over time, oldest first, with the same as a table below.
#[component]
pub fn BarChart(
    /// Tells this plot from others of the page.
    id: &'static str,
    /// What is plotted, with its unit.
    #[prop(into)]
    title: String,
    /// What the table calls the label and the value.
    heads: (&'static str, &'static str),
    /// The bars.
    bars: Vec<Bar>,
    /// What to say when every bar is nothing.
    empty: &'static str,
) -> impl IntoView {
    let most = bars.iter().map(|bar| bar.value).max().unwrap_or(0);
    if most <= 0 {
        return view! {
            <div class="chart"><p class="text-sm font-semibold">{title}</p><p class="text-muted mt-2 text-sm">{empty}</p></div>
        }
        .into_any();
    }
    let top = bars.iter().max_by_key(|bar| bar.value).map(|bar| bar.shown.clone()).unwrap_or_default();
    let (title_id, text_id) = (format!("{id}-title"), format!("{id}-text"));
    let labelled = format!("{title_id} {text_id}");
    let text = match (bars.first(), bars.last()) {
        (Some(first), Some(last)) => format!("From {} to {}. The highest value is {top}.", first.label, last.label),
        _ => String::new(),
    };
    let count = i64::try_from(bars.len()).unwrap_or(1).max(1);
    let step = WIDTH / count;
    let room = HEIGHT - FOOT - HEAD;
    let height = |value: i64| if value <= 0 { 0 } else { (value.saturating_mul(room) / most).max(1) };
    let floor = HEIGHT - FOOT;
    let ends = [(0, "start", bars.first()), (step * count, "end", bars.last())].map(|(x, anchor, bar)| {
        bar.map(|bar| view! { <text x=x y=HEIGHT - 4 text-anchor=anchor class="chart-label">{bar.label.clone()}</text> })
    });
    view! {
        <figure class="chart">
            <figcaption class="text-sm font-semibold" id=title_id>{title.clone()}</figcaption>
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-labelledby=labelled>
                <desc id=text_id>{text}</desc>
                <line x1="0" x2=WIDTH y1=HEAD y2=HEAD class="chart-line"></line>
                <line x1="0" x2=WIDTH y1=floor y2=floor class="chart-line"></line>
                <text x="0" y=HEAD - 4 class="chart-label">{top}</text>
                {bars.iter().zip(0_i64..).map(|(bar, index)| {
                    let (tall, part) = (height(bar.value), height(bar.part.min(bar.value)));
                    let (x, wide) = (index * step + step / 8, (step - step / 4).max(1));
                    view! {
                        <g>
                            <title>{format!("{}: {}", bar.label, bar.shown)}</title>
                            <rect x=x y=floor - tall width=wide height=tall rx="2" class="chart-bar"></rect>
                            {(part > 0).then(|| view! { <rect x=x y=floor - part width=wide height=part class="chart-part"></rect> })}
                        </g>
                    }
                }).collect_view()}
                {ends}
            </svg>
            <details class="chart-table">
                <summary>"As a table"</summary>
                <div class="table-scroll">
                    <table class="list-table">
                        <caption class="sr-only">{title}</caption>
                        <thead><tr><th scope="col">{heads.0}</th><th scope="col">{heads.1}</th></tr></thead>
                        <tbody>
                            {bars.into_iter().rev().map(|bar| view! { <tr><th scope="row" class="font-normal">{bar.label}</th><td data-label=heads.1 class="tabular-nums">{bar.shown}</td></tr> }).collect_view()}
                        </tbody>
                    </table>
                </div>
            </details>
        </figure>
    }
    .into_any()
}
