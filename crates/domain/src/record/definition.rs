//! What is typed into the forms that define pipelines, and what it says.

use super::{Field, FieldKind, FieldOption, FieldSettings, KEY_MAX, StageKind};
use crate::{
    AppError, Code, FieldErrors,
    person::name_parse,
    text::{fold, line},
    user_field::field_key,
};
use std::collections::HashMap;

/// The most pipelines of a company.
pub const PIPELINES_MAX: usize = 50;
/// The most fields of a pipeline.
pub const FIELDS_MAX: usize = 200;
/// The most stages of a pipeline.
pub const STAGES_MAX: usize = 30;
/// The most options of a field.
pub const OPTIONS_MAX: usize = 200;
/// The most decimals of a number.
pub const SCALE_MAX: u8 = 8;
/// The longest name of a pipeline and of a stage, and the longest label of a field, in characters.
pub const NAME_MAX: usize = 60;
/// The longest help of a field, in characters.
const HELP_MAX: usize = 300;
/// The longest label of an option, in characters.
const OPTION_MAX: usize = 100;

/// The colours of options and stages, as stored and as a person reads it.
pub const COLORS: [(&str, &str); 9] = [
    ("", "Gray"),
    ("blue", "Blue"),
    ("sky", "Sky"),
    ("teal", "Teal"),
    ("green", "Green"),
    ("amber", "Amber"),
    ("red", "Red"),
    ("pink", "Pink"),
    ("violet", "Violet"),
];

/// The icons of pipelines, as stored and as a person reads it.
pub const ICONS: [(&str, &str); 5] =
    [("", "List"), ("person", "Person"), ("building", "Building"), ("deal", "Briefcase"), ("calendar", "Calendar")];

/// A key made of a name, with a number appended if the key is in `taken`.
#[must_use]
pub fn key_free<'a>(name: &str, taken: impl Iterator<Item = &'a str> + Clone) -> String {
    let wish = field_key(name);
    let numbered = (1..).map(|number| {
        let end = if number == 1 { String::new() } else { format!("_{number}") };
        format!("{}{end}", wish.get(..KEY_MAX - end.len()).unwrap_or(&wish))
    });
    let free = |key: &String| taken.clone().all(|known| known != key);
    numbered.take(10_000).find(free).unwrap_or_default()
}

/// What is typed into the form of a field.
#[derive(Clone, Debug, Default)]
pub struct FieldForm {
    /// Its label.
    pub label: String,
    /// Its kind; not read for a field that is there.
    pub kind: String,
    /// What is worth knowing before typing.
    pub help: String,
    /// New options, one in a line.
    pub choices: String,
    /// The labels of options that are there, by their keys.
    pub labels: HashMap<String, String>,
    /// Their colours.
    pub colors: HashMap<String, String>,
    /// Those that are not offered any more.
    pub archived: HashMap<String, String>,
    /// Decimals of a number.
    pub scale: String,
    /// What a new record holds, as its form would take it.
    pub default: String,
    /// Whether a form without a value is refused.
    pub is_required: bool,
    /// Whether no two records have the same value.
    pub is_unique: bool,
    /// Whether the search box looks into it.
    pub is_searchable: bool,
    /// Whether records that may be the same are found by it.
    pub is_match: bool,
}

impl FieldForm {
    /// The same with the rules that are ticked: `required`, `unique`, `searchable`, `match`.
    #[must_use]
    pub fn with_rules(self, ticked: &HashMap<String, String>) -> Self {
        let is = |rule: &str| ticked.contains_key(rule);
        Self { is_required: is("required"), is_unique: is("unique"), is_searchable: is("searchable"), is_match: is("match"), ..self }
    }

    /// Reads a new field and gives it a key that is not in `taken`.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside the fields of the form.
    pub fn create<'a>(&self, taken: impl Iterator<Item = &'a str> + Clone) -> Result<Field, AppError> {
        let mut errors = FieldErrors::default();
        let kind = errors.check_as(
            Code::FieldUnknownChoice,
            "kind",
            FieldKind::parse(&self.kind).filter(|kind| *kind != FieldKind::Relation).ok_or("Choose a type"),
        );
        let key = key_free(&self.label, taken);
        let field = Field { is_unique: true, ..Field::new(&key, kind.unwrap_or(FieldKind::Text), "") };
        let read = self.read(&field, &mut errors);
        if let Some(kind) = kind {
            self.fits(kind, &mut errors);
        }
        if kind.is_some_and(FieldKind::has_options) && read.options.is_empty() && errors.get("choices").is_none() {
            errors.push(Code::FieldRequired, "choices", "Enter at least one choice");
        }
        errors.into_result()?;
        Ok(Field { slot: read.key.clone(), ..read })
    }

    /// Reads the type that a field gets. Options that it has stay and new ones are added; records that may be the same are not told apart
    /// or matched by it.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside the fields of the form.
    pub fn retype(&self, field: &Field) -> Result<Field, AppError> {
        let mut errors = FieldErrors::default();
        let kind = FieldKind::parse(&self.kind).filter(|kind| *kind != FieldKind::Relation && *kind != field.kind);
        let kind = errors.check_as(Code::FieldUnknownChoice, "kind", kind.ok_or("Choose another type"));
        let kind = kind.unwrap_or(field.kind);
        let becomes = Field { id: 0, kind, settings: FieldSettings::default(), is_unique: false, is_match: false, ..field.clone() };
        let form = Self { label: field.label.clone(), help: field.help.clone(), ..self.clone() };
        let form = Self { is_required: field.is_required, is_searchable: field.is_searchable, ..form };
        let read = form.read(&becomes, &mut errors);
        Self { is_required: false, is_searchable: false, is_unique: false, is_match: false, ..form }.fits(kind, &mut errors);
        if kind.has_options() && read.options.is_empty() && errors.get("choices").is_none() {
            errors.push(Code::FieldRequired, "choices", "Enter at least one choice");
        }
        errors.into_result()?;
        Ok(Field { id: field.id, ..read })
    }

    /// Refuses what a field of that kind would ignore.
    fn fits(&self, kind: FieldKind, errors: &mut FieldErrors) {
        let of = |what: &str| format!("Fields of the type {} cannot be {what}", kind.label());
        if self.is_required && kind == FieldKind::Checkbox {
            errors.push(Code::FieldInvalid, "rules[required]", of("required"));
        }
        if self.is_unique && !kind.may_be_unique() {
            errors.push(Code::FieldInvalid, "rules[unique]", of("unique"));
        }
        if self.is_match && !kind.may_be_unique() {
            errors.push(Code::FieldInvalid, "rules[match]", of("used for matching"));
        }
        if self.is_searchable && !kind.may_be_searched() {
            errors.push(Code::FieldInvalid, "rules[searchable]", of("searched"));
        }
        if !kind.has_options() && !self.choices.trim().is_empty() {
            errors.push(Code::FieldInvalid, "choices", "Fields of this type have no choices");
        }
        if !kind.has_scale() && !self.scale.trim().is_empty() {
            errors.push(Code::FieldInvalid, "scale", "Fields of this type have no decimal places");
        }
    }

    /// Reads what a field becomes; its key and its kind stay.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside the fields of the form.
    pub fn update(&self, field: &Field) -> Result<Field, AppError> {
        let mut errors = FieldErrors::default();
        let read = self.read(field, &mut errors);
        errors.into_result()?;
        Ok(read)
    }

    fn read(&self, field: &Field, errors: &mut FieldErrors) -> Field {
        let label = errors.check("label", name_parse(&self.label, NAME_MAX)).unwrap_or_default();
        let help = line(&self.help).ok().filter(|help| help.chars().count() <= HELP_MAX);
        let help = errors.check_as(Code::FieldInvalid, "help", help.ok_or("Use one line of at most 300 characters")).unwrap_or_default();
        let settings = FieldSettings { scale: self.scale(field, errors), default: field.settings.default.clone() };
        let options = if field.kind.has_options() { self.options(field, errors) } else { field.options.clone() };
        Field {
            label,
            help,
            settings,
            options,
            is_required: self.is_required && field.kind != FieldKind::Checkbox && field.is_value(),
            // Values that are there may be the same.
            is_unique: self.is_unique && field.is_unique && field.kind.may_be_unique(),
            is_searchable: self.is_searchable && field.kind.may_be_searched(),
            is_match: self.is_match && field.kind.may_be_unique() && field.relation.is_none(),
            ..field.clone()
        }
    }

    fn scale(&self, field: &Field, errors: &mut FieldErrors) -> u8 {
        if !field.kind.has_scale() || self.scale.trim().is_empty() {
            return field.settings.scale;
        }
        let scale = self.scale.trim().parse().ok().filter(|scale| *scale <= SCALE_MAX);
        let scale = scale.ok_or(format!("Enter a number from 0 to {SCALE_MAX}"));
        let scale = errors.check_as(Code::FieldInvalid, "scale", scale).unwrap_or_default();
        if field.id != 0 && scale < field.settings.scale {
            errors.push(Code::FieldInvalid, "scale", "Values may already have more decimal places, so this can only grow");
        }
        scale
    }

    fn options(&self, field: &Field, errors: &mut FieldErrors) -> Vec<FieldOption> {
        let mut options: Vec<FieldOption> = Vec::new();
        for option in &field.options {
            let (key, input) = (&option.key, format!("labels[{}]", option.key));
            let label = self.labels.get(key).map_or(Ok(option.label.clone()), |typed| name_parse(typed, OPTION_MAX));
            let label = errors.check(&input, label).unwrap_or_default();
            let color = self.colors.get(key).filter(|color| COLORS.iter().any(|(known, _)| known == color));
            let color = color.unwrap_or(&option.color).clone();
            let is_archived = if self.labels.is_empty() { option.is_archived } else { self.archived.contains_key(key) };
            options.push(FieldOption { key: key.clone(), label, color, is_archived });
        }
        let lines = self.choices.lines().filter(|text| !text.trim().is_empty());
        if options.len() + lines.clone().take(OPTIONS_MAX + 1).count() > OPTIONS_MAX {
            errors.push(Code::FieldTooLong, "choices", format!("A field has at most {OPTIONS_MAX} choices"));
            return options;
        }
        for typed in lines {
            if let Some(label) = errors.check("choices", name_parse(typed, OPTION_MAX)) {
                let key = key_free(&label, options.iter().map(|option| option.key.as_str()).collect::<Vec<_>>().into_iter());
                options.push(FieldOption { key, label, color: String::new(), is_archived: false });
            }
        }
        let mut seen: Vec<String> = Vec::new();
        for option in &options {
            let folded = fold(&option.label);
            if seen.contains(&folded) {
                errors.push(Code::FieldInvalid, "choices", format!("“{}” is there twice", option.label));
                break;
            }
            seen.push(folded);
        }
        options
    }
}

impl FieldKind {
    /// Whether it can be that no two records have the same value.
    #[must_use]
    pub const fn may_be_unique(self) -> bool {
        matches!(self, Self::Text | Self::Number | Self::Date | Self::Email | Self::Phone | Self::Url)
    }

    /// Whether the search box can look into it.
    #[must_use]
    pub const fn may_be_searched(self) -> bool {
        !matches!(
            self,
            Self::Checkbox | Self::Money | Self::Percent | Self::Rating | Self::Duration | Self::Date | Self::DateTime | Self::Relation
        )
    }
}

/// What is typed into the form of a stage.
#[derive(Clone, Debug, Default)]
pub struct StageForm {
    /// Its name.
    pub name: String,
    /// `open`, `won` or `lost`.
    pub kind: String,
    /// In per cent.
    pub probability: String,
    /// The name of its colour.
    pub color: String,
    /// The keys of the fields without which no record is in it.
    pub requires: HashMap<String, String>,
}

/// What a stage is to be.
#[derive(Clone, Debug)]
pub struct StageCommand {
    /// Its name.
    pub name: String,
    /// What it means.
    pub kind: StageKind,
    /// In per cent.
    pub probability: i16,
    /// The name of its colour.
    pub color: String,
    /// The rows of the fields without which no record is in it.
    pub requires: Vec<i64>,
}

impl StageForm {
    /// Reads the form of a stage in a pipeline with these fields.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside the fields of the form.
    pub fn parse(&self, fields: &[Field]) -> Result<StageCommand, AppError> {
        let mut errors = FieldErrors::default();
        let name = errors.check("name", name_parse(&self.name, NAME_MAX));
        let kind = errors.check_as(Code::FieldUnknownChoice, "kind", StageKind::parse(&self.kind).ok_or("Choose what the stage means"));
        let probability = match (kind, self.probability.trim()) {
            (Some(StageKind::Won), "") => Ok(100),
            (_, "") => Ok(0),
            (_, typed) => typed
                .trim_end_matches('%')
                .trim()
                .parse()
                .ok()
                .filter(|number| (0..=100).contains(number))
                .ok_or("Enter a number from 0 to 100"),
        };
        let probability = errors.check_as(Code::FieldInvalid, "probability", probability);
        let color = COLORS.iter().find(|(color, _)| *color == self.color).map(|(color, _)| (*color).to_owned());
        let color = errors.check_as(Code::FieldUnknownChoice, "color", color.ok_or("Choose a color from the list"));
        errors.into_result()?;
        let requires =
            fields.iter().filter(|field| field.is_value() && self.requires.contains_key(&field.key)).map(|field| field.id).collect();
        Ok(StageCommand {
            name: name.unwrap_or_default(),
            kind: kind.unwrap_or(StageKind::Open),
            probability: probability.unwrap_or_default(),
            color: color.unwrap_or_default(),
            requires,
        })
    }
}

/// What is typed into the form of a pipeline.
#[derive(Clone, Debug, Default)]
pub struct PipelineForm {
    /// What many of its records are called.
    pub name: String,
    /// What one of its records is called.
    pub name_one: String,
    /// The name of its icon.
    pub icon: String,
    /// The keys of the fields that make the title, by their places `0`, `1` and `2`.
    pub title: HashMap<String, String>,
    /// The key of the field that holds the amount.
    pub value: String,
    /// The key of the field that holds the day a record is due.
    pub due: String,
    /// The key of the checkbox that says that a record is done.
    pub done: String,
}

/// What a pipeline is called and looks like.
#[derive(Clone, Debug)]
pub struct PipelineNames {
    /// What many of its records are called.
    pub name: String,
    /// What one of its records is called.
    pub name_one: String,
    /// The name of its icon.
    pub icon: String,
}

impl PipelineForm {
    /// Reads what the pipeline is called, with what is wrong among the errors.
    pub fn names(&self, errors: &mut FieldErrors) -> PipelineNames {
        let name = errors.check("name", name_parse(&self.name, NAME_MAX)).unwrap_or_default();
        let name_one = errors.check("name_one", name_parse(&self.name_one, NAME_MAX)).unwrap_or_default();
        let icon = ICONS.iter().find(|(icon, _)| *icon == self.icon).map(|(icon, _)| (*icon).to_owned());
        let icon = errors.check_as(Code::FieldUnknownChoice, "icon", icon.ok_or("Choose an icon from the list")).unwrap_or_default();
        PipelineNames { name, name_one, icon }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields beside which something is wrong.
    fn wrong<T: std::fmt::Debug>(read: Result<T, AppError>) -> Vec<String> {
        match read.unwrap_err() {
            AppError::Validation(errors) => errors.0.into_iter().map(|error| error.field).collect(),
            other => vec![other.to_string()],
        }
    }

    fn form(label: &str, kind: &str) -> FieldForm {
        FieldForm { label: label.into(), kind: kind.into(), ..FieldForm::default() }
    }

    #[test]
    fn keys_are_made_of_names_and_free() {
        let free = |name: &str, taken: &[&str]| key_free(name, taken.iter().copied());
        assert_eq!(free("Size (cm)", &[]), "size_cm");
        assert_eq!(free("Size", &["size", "size_2"]), "size_3");
        assert_eq!(free(&"x".repeat(60), &[&"x".repeat(40)]), format!("{}_2", "x".repeat(38)));
        assert!(crate::record::key_is_valid(&free("漢字", &[])) && crate::record::key_is_valid(&free("42", &[])));
    }

    #[test]
    fn fields_are_read_and_what_is_there_stays() {
        let field = FieldForm { choices: "Small\n\nLarge\n".into(), is_searchable: true, ..form("Size", "select") };
        let field = field.create(["size"].into_iter()).unwrap();
        assert_eq!((field.key.as_str(), field.slot.as_str(), field.is_unique, field.is_searchable), ("size_2", "size_2", false, true));
        assert_eq!(field.options.iter().map(|option| option.key.as_str()).collect::<Vec<_>>(), ["small", "large"]);
        let renamed = FieldForm {
            labels: HashMap::from([("small".into(), "Tiny".into()), ("large".into(), "Large".into())]),
            archived: HashMap::from([("large".into(), "true".into())]),
            colors: HashMap::from([("small".into(), "teal".into()), ("large".into(), "mauve".into())]),
            choices: "Huge".into(),
            ..form("Size", "")
        };
        let changed = renamed.update(&field).unwrap();
        let options: Vec<_> = changed.options.iter().map(|o| (o.key.as_str(), o.label.as_str(), o.color.as_str(), o.is_archived)).collect();
        assert_eq!(options, [("small", "Tiny", "teal", false), ("large", "Large", "", true), ("huge", "Huge", "", false)]);
        let errors = |form: FieldForm| wrong(form.create(std::iter::empty()));
        assert_eq!(errors(form("", "galaxy")), ["kind", "label"]);
        assert_eq!(errors(form("Size", "select")), ["choices"]);
        let ignored = FieldForm {
            is_required: true,
            is_unique: true,
            is_searchable: true,
            choices: "A".into(),
            scale: "2".into(),
            ..form("Size", "checkbox")
        };
        assert_eq!(errors(ignored), ["rules[required]", "rules[unique]", "rules[searchable]", "choices", "scale"]);
        assert_eq!(errors(FieldForm { choices: "A\na".into(), ..form("Size", "select") }), ["choices"]);
        assert_eq!(errors(FieldForm { scale: "9".into(), ..form("Size", "number") }), ["scale"]);
        let number = FieldForm { scale: "2".into(), is_unique: true, ..form("Size", "number") }.create(std::iter::empty()).unwrap();
        assert!(number.is_unique && number.settings.scale == 2);
        assert!(FieldForm { scale: "1".into(), ..form("Size", "") }.update(&Field { id: 7, ..number.clone() }).is_err());
        let once = FieldForm { is_unique: true, ..form("Size", "") };
        assert!(!once.update(&Field { id: 7, is_unique: false, ..number }).unwrap().is_unique, "values that are there may be the same");
    }

    #[test]
    fn stages_are_read() {
        let form = |name: &str, kind: &str, probability: &str, color: &str| StageForm {
            name: name.into(),
            kind: kind.into(),
            probability: probability.into(),
            color: color.into(),
            requires: HashMap::new(),
        };
        let stage = form("Won", "won", "", "green").parse(&[]).unwrap();
        assert_eq!((stage.probability, stage.kind), (100, StageKind::Won));
        assert_eq!(form("New", "open", "30 %", "").parse(&[]).unwrap().probability, 30);
        assert_eq!(wrong(form("", "maybe", "101", "mauve").parse(&[])), ["name", "kind", "probability", "color"]);
    }
}
