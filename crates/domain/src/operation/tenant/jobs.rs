//! Jobs.

use crate::Permission;
use crate::operation::definition::{
    Kind, Operation, OperationSite, Reauthentication, destructive, holds, holds_any, operations, optional, read, required, write,
};

operations! { OperationSite::Tenant;
    /// One page of the company's jobs, as asked for by the query of an address.
    JOB_LIST = read("job_list", "job")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[optional("query", Kind::Query)])
        .output("CompanyJobListPage")
        .paged();
    /// What the page of a job of the company shows.
    JOB_GET = read("job_get", "job")
        .rule(holds_any(&[Permission::UsersManage, Permission::SessionsManage, Permission::RecordsEdit]))
        .input(&[required("id", Kind::Id)])
        .output("CompanyJobPage");
    /// Stops a job of the company; what it has done so far stays.
    JOB_CANCEL = destructive("job_cancel", "job")
        .rule(holds_any(&[Permission::UsersManage, Permission::SessionsManage, Permission::RecordsEdit]))
        .input(&[required("id", Kind::Id)]);
    /// Lets a job of the company that failed or was stopped go on.
    JOB_RETRY = write("job_retry", "job")
        .rule(holds_any(&[Permission::UsersManage, Permission::SessionsManage, Permission::RecordsEdit]))
        .input(&[required("id", Kind::Id)]);
    /// The lines that a job of the company left out, as a file.
    JOB_FILE = read("job_file", "job")
        .rule(holds_any(&[Permission::UsersManage, Permission::SessionsManage, Permission::RecordsEdit]))
        .input(&[required("id", Kind::Id)])
        .output("File")
        .reauthentication(Reauthentication::Always);
}
