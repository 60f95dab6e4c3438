//! Guesses what the columns of a file hold and how it writes values, for its user to correct.

use super::{ID, fields};
use domain::{
    dto::tenant::ImportTarget,
    format::Format,
    import::{DayOrder, DecimalMark, field_column_guess},
    record::{FieldKind, Lens},
    user_field::FIELD_PREFIX,
};
use kernel::imports::Sheet;
use std::collections::BTreeMap;

/// The columns as their names tell them.
pub(super) fn columns(headers: &[String], targets: &[ImportTarget]) -> BTreeMap<String, usize> {
    let mut columns = BTreeMap::new();
    // Other systems number their records too. Only an export of this one names fields in this way.
    let is_export = headers.iter().any(|header| header.starts_with(FIELD_PREFIX));
    for target in targets.iter().filter(|target| target.name != ID || is_export) {
        let key = target.name.strip_prefix(FIELD_PREFIX).unwrap_or(&target.name);
        let taken: Vec<usize> = columns.values().copied().collect();
        if let Some(column) = field_column_guess(&target.name, &[&target.label, key], headers, &taken) {
            columns.insert(target.name.clone(), column);
        }
    }
    columns
}

/// The names of columns by which [`columns`] finds the same ones again.
pub(super) fn header(headers: &[String], mapped: &BTreeMap<String, usize>, targets: &[ImportTarget]) -> Vec<String> {
    let mut header = headers.to_vec();
    // Each round renames one column that is mistaken for another one, so it ends.
    for _ in 0..=header.len() {
        let guessed = columns(&header, targets);
        let wrong = targets.iter().find(|target| guessed.get(&target.name) != mapped.get(&target.name));
        let Some(target) = wrong else { break };
        let (is, should) = (guessed.get(&target.name).copied(), mapped.get(&target.name).copied());
        if let Some(name) = should.and_then(|column| header.get_mut(column)) {
            name.clone_from(&target.name);
        } else if let Some(name) = is.and_then(|column| header.get_mut(column)) {
            name.push_str(" (not imported)");
        }
    }
    header
}

/// The cells of the first lines that fill fields of some kinds.
fn cells<'a>(
    lens: &'a Lens,
    sheet: &'a Sheet,
    mapped: &'a BTreeMap<String, usize>,
    kinds: &'a [FieldKind],
) -> impl Iterator<Item = &'a str> {
    let columns = fields(lens).filter(|field| kinds.contains(&field.kind)).filter_map(|field| mapped.get(&field.column()));
    columns.flat_map(|column| sheet.preview.iter().filter_map(|line| line.get(*column))).map(String::as_str)
}

/// How the first lines write decimals; where they do not tell, as the user does.
pub(super) fn decimals(lens: &Lens, sheet: &Sheet, mapped: &BTreeMap<String, usize>, format: Format) -> DecimalMark {
    let own = if format.decimal_typed("0.5").contains(',') { DecimalMark::Comma } else { DecimalMark::Point };
    let last = |text: &str| {
        let at = text.rfind([',', '.'])?;
        let (mark, digits) = (text.get(at..=at)?, text.get(at + 1..)?.bytes().take_while(u8::is_ascii_digit).count());
        // Three digits behind a mark may be thousands.
        let is_decimal =
            digits != 3 || text.matches(mark).count() == 1 && text.contains([',', '.'].map(|one| if mark == "," { '.' } else { one }));
        is_decimal.then_some(if mark == "," { DecimalMark::Comma } else { DecimalMark::Point })
    };
    cells(lens, sheet, mapped, &[FieldKind::Number, FieldKind::Money, FieldKind::Percent]).find_map(last).unwrap_or(own)
}

/// In which order the first lines write the parts of a day.
pub(super) fn days(lens: &Lens, sheet: &Sheet, mapped: &BTreeMap<String, usize>, locale: &str) -> DayOrder {
    let texts: Vec<&str> = cells(lens, sheet, mapped, &[FieldKind::Date, FieldKind::DateTime])
        .filter_map(|text| text.split_whitespace().next()?.split('T').next())
        .collect();
    let own = if locale == "en-US" { DayOrder::MonthFirst } else { DayOrder::DayFirst };
    let orders = [DayOrder::YearFirst, own, DayOrder::DayFirst, DayOrder::MonthFirst];
    let fits = |order: &DayOrder| texts.iter().all(|text| order.day_parse(text).is_some());
    orders.into_iter().find(fits).unwrap_or(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(name: &str, label: &str) -> ImportTarget {
        ImportTarget { name: name.to_owned(), label: label.to_owned(), is_key: false, is_required: false }
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn columns_are_found_by_label_key_and_export_name() {
        let targets = [target("field.email", "E-mail"), target("field.first_name", "First name"), target("id", "Record number")];
        let found = columns(&texts(&["ID", "Email", "first name"]), &targets);
        assert_eq!(
            found,
            BTreeMap::from([("field.email".to_owned(), 1), ("field.first_name".to_owned(), 2)]),
            "the number is another system's"
        );
        let found = columns(&texts(&["id", "field.first_name", "field.email"]), &targets);
        assert_eq!(found.get("id"), Some(&0));
        assert_eq!(found.get("field.email"), Some(&2));
    }

    #[test]
    fn skipped_rows_are_mapped_as_they_were() {
        let targets = [target("field.email", "E-mail"), target("field.name", "Name"), target("stage", "Stage")];
        for mapped in [
            BTreeMap::from([("field.email".to_owned(), 0), ("field.name".to_owned(), 1)]),
            BTreeMap::from([("field.email".to_owned(), 2), ("field.name".to_owned(), 0)]),
            BTreeMap::from([("field.name".to_owned(), 2), ("stage".to_owned(), 1)]),
            BTreeMap::new(),
        ] {
            for headers in [["Email", "Name", "Stage"], ["Name", "Name", "Name"], ["Column 1", "Column 2", "Column 3"]] {
                let header = header(&texts(&headers), &mapped, &targets);
                assert_eq!(columns(&header, &targets), mapped, "{headers:?} became {header:?}");
            }
        }
    }
}
