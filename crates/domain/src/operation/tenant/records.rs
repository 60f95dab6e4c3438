//! Records of the tenant's pipelines.

use crate::Permission;
use crate::operation::definition::{
    Kind, Operation, OperationSite, Reauthentication, destructive, holds, operations, optional, read, required, write,
};

operations! { OperationSite::Tenant;
    /// The records of a pipeline that the caller sees.
    RECORD_LIST = read("record_list", "record")
        .rule(holds(&[Permission::RecordsView]))
        .input(&[required("pipeline", Kind::Text), optional("query", Kind::Query)])
        .output("RecordListPage")
        .paged();
    /// The records of a pipeline as a file, as asked for by the query of its list.
    RECORD_EXPORT = read("record_export", "record")
        .rule(holds(&[Permission::RecordsView]))
        .input(&[required("pipeline", Kind::Text), optional("query", Kind::Query)])
        .output("RecordExportPage")
        .reauthentication(Reauthentication::Always);
    /// The records of a pipeline by stage.
    RECORD_BOARD = read("record_board", "record")
        .rule(holds(&[Permission::RecordsView]))
        .input(&[required("pipeline", Kind::Text), optional("query", Kind::Query)])
        .output("RecordBoardPage");
    /// Moves a record to another stage.
    RECORD_MOVE = write("record_move", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), required("id", Kind::Id), required("stage", Kind::Text)]);
    /// A record with its notes and its timeline.
    RECORD_GET = read("record_get", "record")
        .rule(holds(&[Permission::RecordsView]))
        .input(&[
            required("pipeline", Kind::Text),
            required("id", Kind::Id),
            optional("before", Kind::Integer),
            optional("notes", Kind::Integer),
        ])
        .output("RecordPage");
    /// What the caller has to do, in all pipelines with due dates.
    TASK_LIST = read("task_list", "record").rule(holds(&[Permission::RecordsView])).output("TaskListPage");
    /// Says that a record is done, or that it is not: `done` is `yes` or `no`.
    TASK_SET_DONE = write("task_set_done", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), required("id", Kind::Id), required("done", Kind::Text)]);
    /// Writes a note about a record; who is mentioned as `@username` gets an e-mail.
    NOTE_CREATE = write("note_create", "note")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), required("id", Kind::Id), required("body", Kind::Text)]);
    /// Changes a note of the caller. `version` is the one the form was filled from.
    NOTE_UPDATE = write("note_update", "note")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[
            required("pipeline", Kind::Text),
            required("id", Kind::Id),
            required("note", Kind::Id),
            required("version", Kind::Integer),
            required("body", Kind::Text),
        ]);
    /// Deletes a note.
    NOTE_DELETE = write("note_delete", "note")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), required("id", Kind::Id), required("note", Kind::Id)]);
    /// Brings a note back that was deleted.
    NOTE_RESTORE = write("note_restore", "note")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), required("id", Kind::Id), required("note", Kind::Id)]);
    /// What the form of a new record shows; pairs such as `link.organization=7` name what it is to be linked to.
    RECORD_NEW = read("record_new", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), optional("query", Kind::Query)])
        .output("RecordFormPage");
    /// What the form of a record shows.
    RECORD_EDIT = read("record_edit", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), required("id", Kind::Id)])
        .output("RecordFormPage");
    /// Creates a record; without an owner it belongs to the caller. `links` names what it is linked to; `duplicates` allows one that may exist.
    RECORD_CREATE = write("record_create", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[
            required("pipeline", Kind::Text),
            optional("fields", Kind::Map),
            optional("boxes", Kind::Map),
            optional("owner", Kind::Text),
            optional("stage", Kind::Text),
            optional("seen", Kind::Map),
            optional("links", Kind::Map),
            optional("duplicates", Kind::Flag),
        ])
        .output("RecordId");
    /// Changes a record: what differs from what was `seen` in the form, as long as nobody else changed the same field since `version`.
    RECORD_UPDATE = write("record_update", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[
            required("pipeline", Kind::Text),
            required("id", Kind::Id),
            required("version", Kind::Integer),
            optional("seen", Kind::Map),
            optional("fields", Kind::Map),
            optional("boxes", Kind::Map),
            optional("owner", Kind::Text),
            optional("stage", Kind::Text),
        ]);
    /// What an act for many records is about, as asked for by the query of an address.
    RECORD_BULK_ASK = read("record_bulk_ask", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), required("act", Kind::Text), optional("query", Kind::Query)])
        .output("RecordBulkPage");
    /// Changes many records in one way: `query` says which, `expected` how many were shown. It gives the job that does it.
    RECORD_BULK = destructive("record_bulk", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[
            required("pipeline", Kind::Text),
            required("act", Kind::Text),
            required("query", Kind::Text),
            required("expected", Kind::Integer),
            optional("field", Kind::Text),
            optional("fields", Kind::Map),
            optional("boxes", Kind::Map),
            optional("owner", Kind::Text),
            optional("stage", Kind::Text),
            optional("clear", Kind::Flag),
        ])
        .output("JobId");
    /// Takes such a change back, where nobody changed the records since. It gives the job that does it.
    RECORD_BULK_UNDO = write("record_bulk_undo", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("id", Kind::Id)])
        .output("JobId");
    /// What the page of an import shows on which a file is chosen.
    RECORD_IMPORT_NEW = read("record_import_new", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text)])
        .output("RecordImportNewPage");
    /// Takes in a file of records as a draft; the pipeline is named in the query of the address. It gives the number of the draft.
    RECORD_IMPORT_UPLOAD = write("record_import_upload", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), required("file", Kind::File)])
        .output("JobId");
    /// A draft of the caller: the first lines of its file, and how its columns are mapped.
    RECORD_IMPORT_GET = read("record_import_get", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), required("id", Kind::Id)])
        .output("RecordImportPage");
    /// Reads the file of a draft in another way: another encoding, delimiter or first line.
    RECORD_IMPORT_READ = write("record_import_read", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[
            required("pipeline", Kind::Text),
            required("id", Kind::Id),
            optional("encoding", Kind::Text),
            optional("delimiter", Kind::Text),
            optional("has_header", Kind::Flag),
        ]);
    /// Keeps how a file is to be imported, and begins a job that checks what that would do. It gives the job.
    RECORD_IMPORT_CHECK = write("record_import_check", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[
            required("pipeline", Kind::Text),
            required("id", Kind::Id),
            optional("columns", Kind::Map),
            optional("mode", Kind::Text),
            optional("match_by", Kind::Text),
            optional("decimals", Kind::Text),
            optional("days", Kind::Text),
            optional("clears", Kind::Flag),
        ])
        .output("JobId");
    /// Begins the import that a job of the caller has checked. It gives the job that does it.
    RECORD_IMPORT_RUN = write("record_import_run", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("id", Kind::Id)])
        .output("JobId");
    /// Undoes an import of the caller, where nobody changed the records since. It gives the job that does it.
    RECORD_IMPORT_UNDO = write("record_import_undo", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("id", Kind::Id)])
        .output("JobId");
    /// What a record has to do with over its relations, up to `depth` steps away.
    RECORD_HOPS = read("record_hops", "record")
        .rule(holds(&[Permission::RecordsView]))
        .input(&[required("pipeline", Kind::Text), required("id", Kind::Id), optional("depth", Kind::Integer)])
        .output("RecordHopsPage");
    /// The records that a record can be linked to by a relation that leads to several.
    RECORD_LINK_LIST = read("record_link_list", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), required("id", Kind::Id), required("field", Kind::Text), optional("q", Kind::Text)])
        .output("RecordLinkPage");
    /// Links a record to another one by a relation that leads to several.
    RECORD_LINK = write("record_link", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), required("id", Kind::Id), required("field", Kind::Text), required("other", Kind::Id)]);
    /// Removes the link between two records.
    RECORD_UNLINK = write("record_unlink", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), required("id", Kind::Id), required("field", Kind::Text), required("other", Kind::Id)]);
    /// Who a record is shared with.
    RECORD_SHARE_LIST = read("record_share_list", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), required("id", Kind::Id)])
        .output("RecordSharePage");
    /// Shares a record with a user or a team, by e-mail address or name; `access` is `view` or `edit`.
    RECORD_SHARE = write("record_share", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), required("id", Kind::Id), required("with", Kind::Text), optional("access", Kind::Text)]);
    /// Ends a share of a record.
    RECORD_UNSHARE = write("record_unshare", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), required("id", Kind::Id), required("share", Kind::Id)]);
    /// Moves a record to the trash.
    RECORD_DELETE = destructive("record_delete", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), required("id", Kind::Id)]);
    /// Brings a record back from the trash.
    RECORD_RESTORE = write("record_restore", "record")
        .rule(holds(&[Permission::RecordsEdit]))
        .input(&[required("pipeline", Kind::Text), required("id", Kind::Id)]);
    /// The records of a pipeline in the trash that the caller sees.
    RECORD_TRASH = read("record_trash", "record")
        .rule(holds(&[Permission::RecordsView]))
        .input(&[required("pipeline", Kind::Text), optional("query", Kind::Query)])
        .output("RecordTrashPage")
        .paged();
    /// The records of all pipelines that hold every word of `q`.
    RECORD_SEARCH = read("record_search", "record")
        .rule(holds(&[Permission::RecordsView]))
        .input(&[optional("q", Kind::Text)])
        .output("RecordHits");
    /// What waits for the caller: open records, what is due, what changed lately.
    RECORD_WORK = read("record_work", "record").rule(holds(&[Permission::RecordsView])).output("WorkPage");
}
