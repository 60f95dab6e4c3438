//! Plots as SVG made on the server, each with its numbers as a table: the picture is never the only way to them.

use leptos::prelude::*;

/// The plot's own units; the page stretches it.
const WIDTH: i64 = 960;
const HEIGHT: i64 = 120;
/// The widest step from one bar to the next.
const WIDE_MAX: i64 = 40;

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
        let text = if bars.is_empty() { "No data yet." } else { empty };
        return view! {
            <div class="chart"><p class="text-sm font-semibold">{title}</p><p class="text-muted mt-2 text-sm">{text}</p></div>
        }
        .into_any();
    }
    let top = bars.iter().max_by_key(|bar| bar.value).map(|bar| bar.shown.clone()).unwrap_or_default();
    let (title_id, text_id) = (format!("{id}-title"), format!("{id}-text"));
    let labelled = format!("{title_id} {text_id}");
    let ends =
        (bars.first().map(|bar| bar.label.clone()).unwrap_or_default(), bars.last().map(|bar| bar.label.clone()).unwrap_or_default());
    let text = format!("From {} to {}. The highest value is {top}.", ends.0, ends.1);
    let count = i64::try_from(bars.len()).unwrap_or(1).max(1);
    // Few bars stay bars, at the right where now is.
    let step = (WIDTH / count).min(WIDE_MAX);
    let start = WIDTH - step * count;
    let height = |value: i64| if value <= 0 { 0 } else { (value.saturating_mul(HEIGHT) / most).max(1) };
    let (first, last) = if bars.len() > 1 { ends } else { (String::new(), ends.1) };
    view! {
        <figure class="chart">
            <figcaption class="flex items-baseline justify-between gap-3">
                <span class="text-sm font-semibold" id=title_id>{title.clone()}</span>
                <span class="text-muted text-xs whitespace-nowrap tabular-nums">"Highest: "{top}</span>
            </figcaption>
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-labelledby=labelled>
                <desc id=text_id>{text}</desc>
                {bars.iter().zip(0_i64..).map(|(bar, index)| {
                    let (tall, part) = (height(bar.value), height(bar.part.min(bar.value)));
                    let (x, wide) = (start + index * step + step / 8, (step - step / 4).max(1));
                    view! {
                        <g>
                            <title>{format!("{}: {}", bar.label, bar.shown)}</title>
                            {(tall > 0).then(|| view! { <rect x=x y=HEIGHT - tall width=wide height=tall class="chart-bar"></rect> })}
                            {(part > 0).then(|| view! { <rect x=x y=HEIGHT - part width=wide height=part class="chart-part"></rect> })}
                        </g>
                    }
                }).collect_view()}
            </svg>
            <p class="text-muted flex justify-between text-xs tabular-nums" aria-hidden="true"><span>{first}</span><span>{last}</span></p>
            <details class="chart-table">
                <summary>"Show as table"</summary>
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
