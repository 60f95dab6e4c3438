//! Definitions of pipelines: what they are called, their fields and their stages.

use crate::Permission;
use crate::operation::definition::{Kind, Operation, OperationSite, destructive, holds, operations, optional, read, required, write};

operations! { OperationSite::Tenant;
    /// All pipelines, and those that were deleted.
    PIPELINE_LIST = read("pipeline_list", "pipeline").rule(holds(&[Permission::SettingsManage])).output("PipelineListPage");
    /// The definition of a pipeline: its fields, deleted ones too, and its stages.
    PIPELINE_GET = read("pipeline_get", "pipeline")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("pipeline", Kind::Text)])
        .output("PipelineDefinitionPage");
    /// Creates a pipeline with one field, which is its title.
    PIPELINE_CREATE = write("pipeline_create", "pipeline")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[
            required("name", Kind::Text),
            required("name_one", Kind::Text),
            optional("icon", Kind::Text),
            optional("has_stages", Kind::Flag),
        ])
        .output("Text");
    /// Changes what a pipeline is called and what its fields are used for; `version` is the one the form was filled from.
    PIPELINE_UPDATE = write("pipeline_update", "pipeline")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[
            required("pipeline", Kind::Text),
            required("version", Kind::Integer),
            required("name", Kind::Text),
            required("name_one", Kind::Text),
            optional("icon", Kind::Text),
            optional("title", Kind::Map),
            optional("value", Kind::Text),
            optional("due", Kind::Text),
            optional("done", Kind::Text),
        ]);
    /// Moves a pipeline one place in the navigation: `to` is `up` or `down`.
    PIPELINE_MOVE = write("pipeline_move", "pipeline")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("pipeline", Kind::Text), required("to", Kind::Text)]);
    /// Deletes a pipeline: its records are out of sight until it is restored.
    PIPELINE_DELETE = destructive("pipeline_delete", "pipeline")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("pipeline", Kind::Text)]);
    /// Brings a pipeline back with its records.
    PIPELINE_RESTORE = write("pipeline_restore", "pipeline")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("pipeline", Kind::Text)]);
    /// Adds a relation: a field in a pipeline and one in the `other`; `has` and `inverse_has` are `one` or `several`.
    RELATION_CREATE = write("relation_create", "field")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[
            required("pipeline", Kind::Text),
            required("label", Kind::Text),
            required("other", Kind::Text),
            required("inverse_label", Kind::Text),
            required("has", Kind::Text),
            required("inverse_has", Kind::Text),
        ]);
    /// Adds a field to a pipeline; `rules` may be `required`, `unique` and `searchable`.
    FIELD_CREATE = write("field_create", "field")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[
            required("pipeline", Kind::Text),
            required("label", Kind::Text),
            required("kind", Kind::Text),
            optional("help", Kind::Text),
            optional("choices", Kind::Text),
            optional("scale", Kind::Text),
            optional("default", Kind::Text),
            optional("rules", Kind::Map),
        ]);
    /// Changes a field; its key and its kind stay, and `unique` is only given up. `version` is that of the pipeline the form was filled from.
    FIELD_UPDATE = write("field_update", "field")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[
            required("pipeline", Kind::Text),
            required("field", Kind::Text),
            required("version", Kind::Integer),
            required("label", Kind::Text),
            optional("help", Kind::Text),
            optional("choices", Kind::Text),
            optional("labels", Kind::Map),
            optional("colors", Kind::Map),
            optional("archived", Kind::Map),
            optional("scale", Kind::Text),
            optional("default", Kind::Text),
            optional("rules", Kind::Map),
        ]);
    /// What a change of a field's type would do, for the type that `kind` names; `scale` is the number of its decimal places.
    FIELD_TYPE_GET = read("field_type_get", "field")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[
            required("pipeline", Kind::Text),
            required("field", Kind::Text),
            optional("kind", Kind::Text),
            optional("scale", Kind::Text),
        ])
        .output("FieldTypePage");
    /// Changes the type of a field; a job converts its values. `version` is that of the pipeline the form was filled from.
    FIELD_TYPE_CHANGE = destructive("field_type_change", "field")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[
            required("pipeline", Kind::Text),
            required("field", Kind::Text),
            required("version", Kind::Integer),
            required("kind", Kind::Text),
            optional("choices", Kind::Text),
            optional("scale", Kind::Text),
        ]);
    /// Cancels the change of a field's type, or undoes one that is done, for 30 days.
    FIELD_TYPE_UNDO = write("field_type_undo", "field")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("pipeline", Kind::Text), required("field", Kind::Text)]);
    /// Moves a field one place: `to` is `up` or `down`.
    FIELD_MOVE = write("field_move", "field")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("pipeline", Kind::Text), required("field", Kind::Text), required("to", Kind::Text)]);
    /// Deletes a field: what records have of it stays, out of sight, until the field is restored.
    FIELD_DELETE = destructive("field_delete", "field")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("pipeline", Kind::Text), required("field", Kind::Text)]);
    /// Brings a field back with what records have of it.
    FIELD_RESTORE = write("field_restore", "field")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("pipeline", Kind::Text), required("field", Kind::Text)]);
    /// Adds a stage to a pipeline; `requires` names fields by their keys.
    STAGE_CREATE = write("stage_create", "stage")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[
            required("pipeline", Kind::Text),
            required("name", Kind::Text),
            required("kind", Kind::Text),
            optional("probability", Kind::Text),
            optional("color", Kind::Text),
            optional("requires", Kind::Map),
        ]);
    /// Changes a stage; `version` is that of the pipeline the form was filled from.
    STAGE_UPDATE = write("stage_update", "stage")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[
            required("pipeline", Kind::Text),
            required("stage", Kind::Text),
            required("version", Kind::Integer),
            required("name", Kind::Text),
            required("kind", Kind::Text),
            optional("probability", Kind::Text),
            optional("color", Kind::Text),
            optional("requires", Kind::Map),
        ]);
    /// Moves a stage one place: `to` is `up` or `down`.
    STAGE_MOVE = write("stage_move", "stage")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("pipeline", Kind::Text), required("stage", Kind::Text), required("to", Kind::Text)]);
    /// Archives a stage: records that are in it stay, and no other one is moved to it.
    STAGE_ARCHIVE = write("stage_archive", "stage")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("pipeline", Kind::Text), required("stage", Kind::Text)]);
    /// Brings a stage back.
    STAGE_RESTORE = write("stage_restore", "stage")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("pipeline", Kind::Text), required("stage", Kind::Text)]);
}
