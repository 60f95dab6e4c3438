//! What the address of a list narrows it to.

mod path;

use self::path::{Place, Sight, over};
use crate::relation::link_title;
use crate::value::{Reader, entries, moment_stored, value_amount};
use bigdecimal::BigDecimal;
use chrono::{Datelike, Days, NaiveDate};
use db::{
    DbError,
    tenant::records::{OwnerFilter, RecordCondition, RecordFilter, RecordMoment, linked_titles, list_limit},
};
use domain::{
    AppError, RecordId, UserId,
    dto::tenant::{FilterAdding, FilterShown},
    list::{ListQuery, PERIODS, day_relative, day_start, period},
    record::{CONDITIONS_MAX, Compare, Condition, Field, FieldKind, Lens, MATCH, MOMENTS, OWNER, Op, STAGE, Test},
    text::{cut, line},
    user_field::FIELD_PREFIX,
};
use kernel::{Error, cx::TenantTx};
use serde_json::Value;
use std::str::FromStr;

/// The filters that lists of records know.
pub const FILTERS: &[&str] = &[OWNER, STAGE, MATCH, "field.*", "created.*", "updated.*"];
/// The most characters of a text that a field is compared with.
const TEXT_MAX: usize = 255;

/// What a list is narrowed to, and how a page says it.
pub(crate) struct Narrowed {
    /// What the statement asks for.
    pub filter: RecordFilter,
    /// What the page says of each condition.
    pub shown: Vec<FilterShown>,
    /// The form of the filter that is being added.
    pub adding: Option<FilterAdding>,
}

/// Limits how long a list that is narrowed, or sorted by a field, may be read: its conditions are up to its user.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn limited(tx: &mut TenantTx, filter: &RecordFilter, query: &ListQuery) -> kernel::Result<()> {
    let is_sorted = query.sort.starts_with(FIELD_PREFIX) || !query.then.is_empty();
    if is_sorted || !filter.search.is_empty() || !filter.conditions.is_empty() {
        list_limit(&mut tx.conn).await?;
    }
    Ok(())
}

/// What a list that was limited answers when it takes too long.
pub(crate) fn too_slow(error: Error) -> Error {
    if matches!(error, Error::Db(DbError::TimedOut)) { AppError::TooSlow.into() } else { error }
}

impl Narrowed {
    fn push(&mut self, name: &str, text: String, condition: RecordCondition) {
        self.filter.conditions.push(condition);
        self.shown.push(FilterShown { name: name.to_owned(), text, problem: None });
    }

    fn refuse(&mut self, name: &str, text: String, problem: String) {
        self.filter.conditions.push(RecordCondition::Never);
        self.shown.push(FilterShown { name: name.to_owned(), text, problem: Some(problem) });
    }
}

/// A filter as its form sends it.
#[derive(Clone, Debug, Default)]
pub struct FilterWish {
    /// What it is about, as addresses name it.
    pub name: String,
    /// The comparison: the name of an operator, with the value behind a colon where it is the same for everyone.
    pub op: String,
    /// What was typed or ticked.
    pub values: Vec<String>,
}

/// What the form of a filter shows; nothing for one that there is not.
fn adding(sight: &Sight, reader: &Reader, wish: FilterWish) -> Option<FilterAdding> {
    let keys = wish.name.strip_prefix(FIELD_PREFIX).map(|keys| keys.split('.').collect::<Vec<_>>());
    let place = keys.as_ref().and_then(|keys| sight.place(keys));
    let moment = MOMENTS.into_iter().find(|(name, _)| *name == wish.name);
    let (label, kind) = match (&place, moment) {
        (Some(place), _) => (place.label.clone(), place.field.kind),
        (_, Some((_, label))) => (label.to_owned(), FieldKind::DateTime),
        _ => return None,
    };
    let further = keys.zip(place.as_ref()).map(|(keys, place)| sight.further(&wish.name, keys.len(), place.field)).unwrap_or_default();
    let field = place.map(|place| place.field);
    let (op, value) =
        wish.op.split_once(':').map_or_else(|| (wish.op.as_str(), wish.values.join(",")), |(op, value)| (op, value.to_owned()));
    let name = format!("{}.{op}", wish.name);
    // An address leaves out a pair without a value.
    let has_value = Op::parse(op).is_none_or(Op::has_value);
    let value = if has_value { value.trim().to_owned() } else { "yes".to_owned() };
    let read = if value.is_empty() {
        Err("Enter something to compare with".to_owned())
    } else {
        condition(sight, reader, &name, &value).map_err(|(_, problem)| problem)
    };
    let is_sent = !wish.op.is_empty();
    Some(FilterAdding {
        label,
        kind,
        further,
        options: field.map(|field| field.options.clone()).unwrap_or_default(),
        problem: read.as_ref().err().filter(|_| is_sent).cloned(),
        done: read.ok().filter(|_| is_sent).map(|_| (name, value)),
        name: wish.name,
        op: wish.op,
        values: wish.values,
    })
}

/// What a query narrows the list to. A condition that names what is not there, or what the caller does not see, is met by no record: a
/// list never shows more than was asked for.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn filter_of(
    tx: &TenantTx,
    lens: &Lens,
    reader: &Reader,
    query: &ListQuery,
    wish: Option<FilterWish>,
) -> kernel::Result<Narrowed> {
    let sight = Sight::of(tx, lens, query, wish.as_ref().map(|wish| wish.name.as_str())).await?;
    let mut narrowed = narrowed(&sight, reader, query);
    narrowed.adding = wish.and_then(|wish| adding(&sight, reader, wish));
    filters_name(tx, &mut narrowed).await?;
    Ok(narrowed)
}

fn narrowed(sight: &Sight, reader: &Reader, query: &ListQuery) -> Narrowed {
    let lens = sight.lens;
    let any = query.filter(MATCH).next() == Some("any");
    let filter = RecordFilter { search: query.q.clone(), any, ..RecordFilter::default() };
    let mut narrowed = Narrowed { filter, shown: Vec::new(), adding: None };
    if let Some(owner) = query.filter(OWNER).next() {
        match owner_of(lens, owner) {
            Some((text, owner)) => narrowed.push(OWNER, format!("Owner: {text}"), RecordCondition::Owner(owner)),
            None => narrowed.refuse(OWNER, "Owner".to_owned(), "This user does not exist".to_owned()),
        }
    }
    let stages: Vec<_> = query.filter(STAGE).map(|key| lens.stage(key)).collect();
    if !stages.is_empty() && !lens.pipeline().stages.is_empty() {
        let known: Vec<_> = stages.iter().flatten().collect();
        let text = format!("Stage: {}", known.iter().map(|stage| stage.name.as_str()).collect::<Vec<_>>().join(", "));
        if known.is_empty() {
            narrowed.refuse(STAGE, "Stage".to_owned(), "This stage no longer exists".to_owned());
        } else {
            narrowed.push(STAGE, text, RecordCondition::Stages(known.iter().map(|stage| stage.id).collect()));
        }
    }
    for (name, value) in query.filters.iter().filter(|(name, _)| ![OWNER, STAGE, MATCH].contains(&name.as_str())) {
        if narrowed.shown.len() >= CONDITIONS_MAX {
            narrowed.refuse(name, name.clone(), format!("A list has at most {CONDITIONS_MAX} filters"));
            break;
        }
        match condition(sight, reader, name, value) {
            Ok((text, condition)) => narrowed.push(name, text, condition),
            Err((text, problem)) => narrowed.refuse(name, text, problem),
        }
    }
    narrowed
}

/// Says the titles of records that filters name by their numbers.
async fn filters_name(tx: &TenantTx, narrowed: &mut Narrowed) -> kernel::Result<()> {
    for (condition, shown) in narrowed.filter.conditions.iter_mut().zip(&mut narrowed.shown) {
        let (RecordCondition::Field(tested) | RecordCondition::Path(_, tested, _)) = &*condition else { continue };
        let Condition { field, test: Test::Linked(id), .. } = tested else { continue };
        let Some(related) = field.related() else { continue };
        if let Some((_, title)) = linked_titles(&tx.conn, related, &[id.0]).await?.pop() {
            shown.text = shown.text.replace(&format!("#{id}"), &link_title(&related.end, *id, &title));
        } else {
            shown.problem = Some("This record does not exist".to_owned());
            *condition = RecordCondition::Never;
        }
    }
    Ok(())
}

fn owner_of(lens: &Lens, value: &str) -> Option<(String, OwnerFilter)> {
    Some(match value {
        "me" => ("my own".to_owned(), OwnerFilter::User(lens.user())),
        "none" => ("no owner".to_owned(), OwnerFilter::None),
        "shared" => ("shared with me".to_owned(), OwnerFilter::Shared),
        id => ("one user".to_owned(), OwnerFilter::User(UserId(id.parse().ok()?))),
    })
}

/// What a condition says, and what it asks for; or what it is about, and what is wrong with it.
type Read = Result<(String, RecordCondition), (String, String)>;

/// Reads a condition such as `field.amount.gte` with its value.
fn condition(sight: &Sight, reader: &Reader, name: &str, value: &str) -> Read {
    // A hidden field answers exactly like one that does not exist.
    let unknown = || (name.to_owned(), "This field does not exist".to_owned());
    if let Some(rest) = name.strip_prefix(FIELD_PREFIX) {
        let (keys, op) = sight.keys_and_op(rest);
        let Place { path, field, named, label } = sight.place(&keys).ok_or_else(unknown)?;
        let op = op_of(field.kind, op).ok_or_else(|| (label.clone(), "This comparison does not exist".to_owned()))?;
        let (said, test, negated) = test_of(reader, field, op, value).map_err(|problem| (label.clone(), problem))?;
        let text = [label.as_str(), op.label(field.kind), &said].join(" ").trim_end().to_owned();
        return Ok((text, over(path, Condition { field: named, test, negated })));
    }
    let (moment, op) = name.split_once('.').unwrap_or((name, ""));
    let (name, label) = MOMENTS.into_iter().find(|(known, _)| *known == moment).ok_or_else(unknown)?;
    let moment = if name == "created" { RecordMoment::Created } else { RecordMoment::Updated };
    let problem = |problem: String| (label.to_owned(), problem);
    let op = op_of(FieldKind::DateTime, op).filter(|op| op.has_value());
    let op = op.ok_or_else(|| problem("This comparison does not exist".to_owned()))?;
    let (said, (from, until)) = days_of(reader, op, value).map_err(problem)?;
    let at = |day: Option<NaiveDate>| day.map(|day| day_start(day, reader.format.zone));
    Ok((format!("{label} {} {said}", op.label(FieldKind::DateTime)), RecordCondition::Moment(moment, at(from), at(until))))
}

fn op_of(kind: FieldKind, name: &str) -> Option<Op> {
    let known = kind.ops();
    if name.is_empty() { known.first().copied() } else { Op::parse(name).filter(|op| known.contains(op)) }
}

/// What a field is tested for: the value as a person reads it, the test, and whether it must fail.
fn test_of(reader: &Reader, field: &Field, op: Op, value: &str) -> Result<(String, Test, bool), String> {
    if !op.has_value() {
        return Ok((String::new(), Test::Empty, op == Op::Filled));
    }
    let negated = matches!(op, Op::IsNot | Op::Lacks | Op::NoneOf);
    let (said, test) = match field.kind {
        FieldKind::Text | FieldKind::LongText | FieldKind::Email | FieldKind::Phone | FieldKind::Url => {
            let text = needle(field.kind, value)?;
            // An address is compared as it is stored: with its scheme, in lower case, its domain in ASCII.
            let whole = stored(reader, field, value).ok().and_then(|list| entries(&list).next().map(str::to_owned));
            let test = match op {
                Op::Is | Op::IsNot => Test::Equals(whole.unwrap_or_else(|| text.clone())),
                Op::Begins => Test::Begins(text.clone()),
                _ => Test::Contains(text.clone()),
            };
            (format!("“{}”", cut(&text, 40)), test)
        }
        FieldKind::Number | FieldKind::Money | FieldKind::Percent | FieldKind::Rating | FieldKind::Duration => {
            let stored = stored(reader, field, value)?;
            let number = match field.kind {
                FieldKind::Money => value_amount(&stored),
                _ => stored.as_str().and_then(|text| BigDecimal::from_str(text).ok()),
            };
            let compare = match op {
                Op::AtLeast => Compare::AtLeast,
                Op::Over => Compare::More,
                Op::AtMost => Compare::AtMost,
                Op::Under => Compare::Less,
                _ => Compare::Equal,
            };
            let said = crate::shown::shown(reader, field, &stored).map(|shown| shown.text()).unwrap_or_default();
            (said, Test::Number(compare, number.ok_or("Enter a number")?))
        }
        FieldKind::Date | FieldKind::DateTime => {
            let (said, (from, until)) = days_of(reader, op, value)?;
            let stored = |day: NaiveDate| match field.kind {
                FieldKind::Date => day.to_string(),
                _ => moment_stored(day_start(day, reader.format.zone)),
            };
            (said, Test::Span(from.map(stored), until.map(stored)))
        }
        FieldKind::Checkbox => match value {
            "yes" => return Ok(("yes".to_owned(), Test::Ticked, false)),
            "no" => return Ok(("no".to_owned(), Test::Ticked, true)),
            _ => return Err("Choose yes or no".to_owned()),
        },
        FieldKind::Relation => match op {
            Op::Is | Op::IsNot => {
                let id = value.trim().parse().map(RecordId).map_err(|_| "Enter the number of a record")?;
                (format!("#{id}"), Test::Linked(id))
            }
            _ => {
                let text = needle(field.kind, value)?;
                (format!("“{}”", cut(&text, 40)), Test::Contains(text))
            }
        },
        FieldKind::Select | FieldKind::MultiSelect => {
            let chosen: Option<Vec<_>> = value.split(',').map(|key| field.option(key.trim())).collect();
            let chosen = chosen.ok_or("This choice no longer exists")?;
            let said = chosen.iter().map(|option| option.label.as_str()).collect::<Vec<_>>().join(", ");
            (said, Test::AnyOf(chosen.into_iter().map(|option| option.key.clone()).collect()))
        }
    };
    Ok((said, test, negated))
}

/// A text to look for. Of a phone number only what is stored counts, however it is written.
fn needle(kind: FieldKind, value: &str) -> Result<String, String> {
    let text = line(value).map_err(|_| "Remove control characters".to_owned())?;
    let text: String = match kind {
        // The zero before a national number is not stored.
        FieldKind::Phone => {
            let digits: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
            digits.strip_prefix('0').map_or(digits.clone(), str::to_owned)
        }
        _ => text,
    };
    match text.chars().count() {
        0 => Err("Enter something to compare with".to_owned()),
        1..=TEXT_MAX => Ok(text),
        _ => Err(format!("Use at most {TEXT_MAX} characters")),
    }
}

/// A value as a field would store it.
fn stored(reader: &Reader, field: &Field, value: &str) -> Result<Value, String> {
    let free = Field { is_required: false, ..field.clone() };
    reader.parse(&free, value).map_err(|error| error.to_string())?.ok_or_else(|| "Enter something to compare with".to_owned())
}

/// The first day, and the first one after the last.
type Span = (Option<NaiveDate>, Option<NaiveDate>);

/// The days that a comparison means: as a person reads them, from the first until before the second.
fn days_of(reader: &Reader, op: Op, value: &str) -> Result<(String, Span), String> {
    let today = reader.today.unwrap_or_default();
    if op == Op::Within {
        let (from, until) = period(value, today).ok_or("Choose a period from the list")?;
        let label = PERIODS.into_iter().find(|(name, _)| *name == value).map_or(value, |(_, label)| label);
        return Ok((label.to_owned(), (Some(from), Some(until))));
    }
    let day = day_relative(value, today).ok_or("Enter a date such as 2026-03-31, or today, today+7 or today-30")?;
    // The last day that is stored has none after it.
    let next = day.checked_add_days(Days::new(1)).filter(|next| next.year() <= 9999);
    let span = match op {
        Op::AtLeast => (Some(day), None),
        Op::Over => (Some(next.ok_or("Enter an earlier date")?), None),
        Op::AtMost => (None, next),
        Op::Under => (None, Some(day)),
        _ => (Some(day), next),
    };
    let said = if value.starts_with("today") { value.to_owned() } else { reader.format.date(day) };
    Ok((said, span))
}
