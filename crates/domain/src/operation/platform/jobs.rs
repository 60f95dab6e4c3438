//! Jobs.

use crate::operation::definition::{
    Kind, Operation, OperationSite, Reauthentication, Rule, destructive, operations, optional, read, required, write,
};

operations! { OperationSite::Platform;
    /// Stops a job; what it has done so far is undone.
    JOB_CANCEL = destructive("job_cancel", "job")
        .rule(Rule::PlatformAdmin)
        .input(&[required("id", Kind::Id)]);
    /// What the page of a job shows.
    JOB_GET = read("job_get", "job")
        .rule(Rule::PlatformStaff)
        .input(&[required("id", Kind::Id)])
        .output("JobPage");
    /// One page of all jobs, as asked for by the query of an address.
    JOB_LIST = read("job_list", "job")
        .rule(Rule::PlatformStaff)
        .input(&[optional("query", Kind::Query)])
        .output("JobListPage")
        .paged();
    /// Begins a job that failed or was cancelled again.
    JOB_RETRY = write("job_retry", "job").rule(Rule::PlatformAdmin).input(&[required("id", Kind::Id)]);
    /// The file that a job made.
    JOB_FILE = read("job_file", "job")
        .rule(Rule::PlatformAdmin)
        .input(&[required("id", Kind::Id)])
        .output("File")
        .reauthentication(Reauthentication::Always);
}
