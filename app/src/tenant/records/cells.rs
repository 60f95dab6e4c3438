//! Values of records in lists and on pages.

use crate::ui::{Cell, Title, tone};
use domain::{
    dto::tenant::RecordRow,
    record::{Field, PipelineHead, PipelineSettings, Shown, ShownOption, Stage},
    user_field::FIELD_PREFIX,
};
use leptos::prelude::*;

/// The column of a list that shows a field.
pub(super) fn column_of(settings: &PipelineSettings, field: &Field) -> String {
    // These two are sorted by their index, which is named for what they are.
    match &field.key {
        key if settings.value.as_ref() == Some(key) => "value".to_owned(),
        key if settings.due.as_ref() == Some(key) => "due".to_owned(),
        _ => field.column(),
    }
}

/// The value of a field, if it has one.
pub(super) fn value<'a>(row: &'a RecordRow, key: &str) -> Option<&'a Shown> {
    row.cells.iter().find(|cell| cell.key == key).map(|cell| &cell.value)
}

/// A stage as a coloured word.
pub(super) fn stage_cell(stages: &[Stage], key: Option<&String>) -> Cell {
    let stage = key.and_then(|key| stages.iter().find(|stage| stage.key == *key));
    stage.map_or(Cell::Empty, |stage| Cell::Tag { class: tone(&stage.color), text: stage.name.clone() })
}

/// What a column of a list shows of a record.
pub(super) fn cell(pipeline: &PipelineHead, settings: &PipelineSettings, stages: &[Stage], row: &RecordRow, column: &str) -> Cell {
    let key = match column {
        "title" => return Title::link(format!("{}/{}", pipeline.path(), row.id), row.title.clone()).into(),
        "owner" => return row.owner.as_ref().map_or(Cell::Empty, |owner| owner.name.clone().into()),
        "stage" => return stage_cell(stages, row.stage.as_ref()),
        "created" => return Cell::When(row.created_at),
        "updated" => return Cell::When(row.updated_at),
        "value" => settings.value.as_deref(),
        "due" => settings.due.as_deref(),
        other => other.strip_prefix(FIELD_PREFIX),
    };
    match key.and_then(|key| value(row, key)) {
        None => Cell::Empty,
        Some(Shown::Links(links)) => match links.first() {
            Some(link) => Cell::Link { href: link.href.clone(), text: link.text.clone() },
            None => Cell::Empty,
        },
        Some(Shown::Options(options)) => match options.as_slice() {
            [option] => Cell::Tag { class: tone(&option.color), text: option.label.clone() },
            _ => Cell::View(tags(options)),
        },
        Some(Shown::Rating(stars, most)) => Cell::View(rating(*stars, *most)),
        Some(Shown::Lines(text)) => Cell::Text(domain::text::cut(text, 80)),
        Some(Shown::Text(text)) => Cell::Text(text.clone()),
        Some(Shown::Number(text)) => Cell::Number(text.clone()),
    }
}

fn tags(options: &[ShownOption]) -> AnyView {
    let tags = options.iter().map(|option| view! { <span class=tone(&option.color)>{option.label.clone()}</span> });
    view! { <span class="flex flex-wrap gap-1">{tags.collect_view()}</span> }.into_any()
}

fn rating(stars: u8, most: u8) -> AnyView {
    let text: String = (0..most).map(|star| if star < stars { '★' } else { '☆' }).collect();
    view! { <span class="rating-stars" role="img" aria-label=format!("{stars} of {most}")>{text}</span> }.into_any()
}

/// A value on the page of its record.
pub(super) fn detail(value: &Shown) -> AnyView {
    match value {
        Shown::Text(text) | Shown::Number(text) => view! { <span dir="auto">{text.clone()}</span> }.into_any(),
        Shown::Lines(text) => view! { <span class="whitespace-pre-wrap" dir="auto">{text.clone()}</span> }.into_any(),
        Shown::Options(options) => tags(options),
        Shown::Rating(stars, most) => rating(*stars, *most),
        Shown::Links(links) => {
            let links = links.iter().map(|link| {
                // A page that belongs to others learns nothing of where it was opened from.
                let rel = link.href.starts_with("http").then_some("noopener noreferrer nofollow");
                view! { <a class="link block w-fit max-w-full break-words" href=link.href.clone() rel=rel>{link.text.clone()}</a> }
            });
            links.collect_view().into_any()
        }
    }
}
