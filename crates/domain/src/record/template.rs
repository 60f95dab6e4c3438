//! Templates: pipelines that a company starts with.

use super::{FieldKind, FieldOption, FieldSettings, PipelineSettings, StageKind};
use serde::{Deserialize, Serialize};

/// Contacts, organizations, deals and activities: what every new company has.
const CRM: &str = include_str!("../../../../templates/crm.json");

/// Pipelines that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its pipelines in order.
    pub pipelines: Vec<TemplatePipeline>,
    /// What their records have to do with one another.
    #[serde(default)]
    pub relations: Vec<TemplateRelation>,
}

/// A relation of a template: two of its fields of the kind [`FieldKind::Relation`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateRelation {
    /// The keys of the pipeline and the field where links begin.
    pub from: (String, String),
    /// Those of where they lead to.
    pub to: (String, String),
    /// Whether a record where links begin has at most one.
    #[serde(default)]
    pub from_one: bool,
    /// Whether a record that links lead to has at most one.
    #[serde(default)]
    pub to_one: bool,
}

/// A pipeline of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplatePipeline {
    /// Its key.
    pub key: String,
    /// What many of its records are called.
    pub name: String,
    /// What one of its records is called.
    pub name_one: String,
    /// The name of its icon.
    pub icon: String,
    /// What its fields are used for.
    pub settings: PipelineSettings,
    /// Its fields in order.
    pub fields: Vec<TemplateField>,
    /// The stages of its board in order; none for a pipeline without a board.
    #[serde(default)]
    pub stages: Vec<TemplateStage>,
}

/// A field of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateField {
    /// Its key.
    pub key: String,
    /// What it holds.
    pub kind: FieldKind,
    /// As a person reads it.
    pub label: String,
    /// What is worth knowing before typing.
    #[serde(default)]
    pub help: String,
    /// What else is said of it.
    #[serde(default)]
    pub settings: FieldSettings,
    /// What can be chosen.
    #[serde(default)]
    pub options: Vec<FieldOption>,
    /// Whether a form without a value is refused.
    #[serde(default)]
    pub is_required: bool,
    /// Whether no two records have the same value.
    #[serde(default)]
    pub is_unique: bool,
    /// Whether records are matched by it.
    #[serde(default)]
    pub is_match: bool,
    /// Whether the search box looks into it.
    #[serde(default)]
    pub is_searchable: bool,
}

/// A stage of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateStage {
    /// Its key.
    pub key: String,
    /// As a person reads it.
    pub name: String,
    /// What it means.
    pub kind: StageKind,
    /// How likely a record in it ends well, in per cent.
    pub probability: i16,
    /// The name of its colour.
    #[serde(default)]
    pub color: String,
    /// The keys of the fields without which no record is in it.
    #[serde(default)]
    pub requires: Vec<String>,
}

impl Template {
    /// Contacts, organizations, deals and activities: what every new company has.
    ///
    /// # Errors
    /// None: a test reads it.
    pub fn crm() -> Result<Self, serde_json::Error> {
        Self::parse(CRM)
    }

    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::key_is_valid;
    use std::collections::HashSet;

    #[test]
    fn the_shipped_template_is_whole() {
        let template = Template::parse(CRM).unwrap();
        assert_eq!(
            template.pipelines.iter().map(|p| p.key.as_str()).collect::<Vec<_>>(),
            ["contacts", "organizations", "deals", "activities"]
        );
        for pipeline in &template.pipelines {
            let keys: HashSet<&str> = pipeline.fields.iter().map(|field| field.key.as_str()).collect();
            assert_eq!(keys.len(), pipeline.fields.len(), "{}: two fields have one key", pipeline.key);
            assert!(keys.iter().all(|key| key_is_valid(key)) && key_is_valid(&pipeline.key));
            let settings = &pipeline.settings;
            let kind = |key: &String| pipeline.fields.iter().find(|field| field.key == *key).map(|field| field.kind);
            assert!(!settings.title.is_empty() && settings.title.iter().all(|key| kind(key) == Some(FieldKind::Text)), "{}", pipeline.key);
            assert!(settings.value.as_ref().is_none_or(|key| kind(key) == Some(FieldKind::Money)), "{}", pipeline.key);
            assert!(settings.due.as_ref().is_none_or(|key| kind(key) == Some(FieldKind::Date)), "{}", pipeline.key);
            assert!(settings.done.as_ref().is_none_or(|key| kind(key) == Some(FieldKind::Checkbox)), "{}", pipeline.key);
            let required = pipeline.stages.iter().flat_map(|stage| &stage.requires);
            assert!(required.clone().all(|key| kind(key).is_some()), "{}", pipeline.key);
            let has_options = |field: &TemplateField| (field.kind == FieldKind::Select) != field.options.is_empty();
            assert!(pipeline.fields.iter().all(has_options), "{}", pipeline.key);
        }
        let mut ends: Vec<_> = template.relations.iter().flat_map(|relation| [&relation.from, &relation.to]).collect();
        let count = ends.len();
        ends.sort();
        ends.dedup();
        let fields = template.pipelines.iter().flat_map(|pipeline| pipeline.fields.iter().map(move |field| (pipeline, field)));
        let fields = fields.filter(|(_, field)| field.kind == FieldKind::Relation);
        let mut fields: Vec<_> = fields.map(|(pipeline, field)| (pipeline.key.clone(), field.key.clone())).collect();
        fields.sort();
        assert_eq!(count, ends.len(), "a field is the end of one relation");
        assert_eq!(ends, fields.iter().collect::<Vec<_>>(), "each relation has two fields, and each such field a relation");
    }
}
