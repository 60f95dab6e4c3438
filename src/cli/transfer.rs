//! `oneo tenant clone`, `export`, `import`, `purge`: jobs that are done here and now, and shown while they run.

use super::{
    ask::line,
    output::{print_error, print_line},
    start::{CliError, operator, started},
};
use control::{
    jobs,
    transfer::{CloneForm, ImportForm, PurgeForm, tenant_clone, tenant_export, tenant_import, tenant_purge},
};
use domain::{JobId, dto::platform::JobPage, job::JobStatus, list::grouped};
use futures_util::StreamExt;
use kernel::{RequestCx, Services};
use secrecy::SecretString;
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// How often the progress is shown.
const SHOW_EVERY: Duration = Duration::from_millis(500);

/// Commands on whole companies.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Copy a company under another name
    Clone {
        /// The company's short name
        slug: String,
        /// The copy's short name, which is its subdomain too
        #[arg(long = "as")]
        copy: String,
        /// The copy's name, instead of the original's
        #[arg(long)]
        name: Option<String>,
        /// Replace names and addresses of people, and leave their traces behind
        #[arg(long)]
        anonymize: bool,
    },
    /// Write everything of a company as one archive, to the output unless told otherwise
    Export {
        /// The company's short name
        slug: String,
        /// Where to write it
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
    /// Make a company of an archive, read from the input unless told otherwise
    Import {
        /// The new company's short name, which is its subdomain too
        #[arg(long = "as")]
        slug: String,
        /// The new company's name, instead of the one in the archive
        #[arg(long)]
        name: Option<String>,
        /// Where to read it
        #[arg(long, short)]
        input: Option<PathBuf>,
    },
    /// End an archived company: write a last dump, then remove everything of it
    Purge {
        /// The company's short name
        slug: String,
        /// Drop the schema rather than keep it under another name
        #[arg(long)]
        drop_schema: bool,
        /// Do not wait for the end of its grace period
        #[arg(long)]
        now: bool,
        /// The company's name, instead of being asked for it
        #[arg(long)]
        confirm_name: Option<String>,
    },
}

fn no_proof() -> SecretString {
    SecretString::from("")
}

pub(super) async fn transfer(command: Command) -> Result<(), CliError> {
    let failed = |error: std::io::Error| CliError::Other(error.to_string());
    match command {
        Command::Clone { slug, copy, name, anonymize } => {
            let started = started().await?;
            let cx = operator(&started.services);
            let form = CloneForm { name: name.unwrap_or_default(), domain: copy, anonymize };
            let asked = tenant_clone(&cx, &slug, &form, &no_proof()).await;
            let page = drive(&started.services, &cx, cx.answer(asked).await?).await?;
            print_line(&format!("{} is ready", page.made.unwrap_or_default()));
        }
        Command::Export { slug, output } => {
            let started = started().await?;
            let cx = operator(&started.services);
            let asked = tenant_export(&cx, &slug, &no_proof()).await;
            let id = cx.answer(asked).await?;
            drive(&started.services, &cx, id).await?;
            let opened = jobs::job_file(&cx, id).await;
            let (_, bytes) = cx.answer(opened).await?;
            match output {
                Some(path) => copy(bytes, tokio::fs::File::create(path).await.map_err(failed)?).await.map_err(failed)?,
                None => copy(bytes, tokio::io::stdout()).await.map_err(failed)?,
            }
        }
        Command::Import { slug, name, input } => {
            // What comes by a pipe is kept first, so that the job can be done again should it break off.
            let spool = tempfile::NamedTempFile::new().map_err(failed)?;
            let path = match input {
                Some(path) => path,
                None => {
                    let mut write = tokio::fs::File::create(spool.path()).await.map_err(failed)?;
                    tokio::io::copy(&mut tokio::io::stdin(), &mut write).await.map_err(failed)?;
                    write.flush().await.map_err(failed)?;
                    spool.path().to_owned()
                }
            };
            let started = started().await?;
            let cx = operator(&started.services);
            let form = ImportForm { name: name.unwrap_or_default(), domain: slug };
            let asked = tenant_import(&cx, &path, &form, &no_proof()).await;
            let page = drive(&started.services, &cx, cx.answer(asked).await?).await?;
            print_line(&format!("{} is ready", page.made.unwrap_or_default()));
        }
        Command::Purge { slug, drop_schema, now, confirm_name } => {
            let name = match confirm_name {
                Some(name) => name,
                None => line(&format!("Type the name of the tenant {slug} to purge it"))?,
            };
            let started = started().await?;
            let cx = operator(&started.services);
            let asked = tenant_purge(&cx, &slug, &PurgeForm { name, drop_schema, at_once: now }, &no_proof()).await;
            let page = drive(&started.services, &cx, cx.answer(asked).await?).await?;
            print_line(&page.file.map_or("purged".to_owned(), |file| format!("purged; its last dump is {file}")));
        }
    }
    Ok(())
}

async fn copy(mut bytes: kernel::files::Bytes, mut to: impl AsyncWrite + Unpin) -> std::io::Result<()> {
    while let Some(part) = bytes.next().await {
        to.write_all(&part?).await?;
    }
    to.flush().await
}

/// Does a job, or waits for the worker that has it, and shows how far it is.
async fn drive(services: &Arc<Services>, cx: &RequestCx, id: JobId) -> Result<JobPage, CliError> {
    let (mine, mut shown) = (Arc::clone(services), String::new());
    let work = tokio::spawn(async move { jobs::run_only(&mine, id).await });
    loop {
        let found = jobs::job_get(cx, id).await;
        let page = cx.answer(found).await?;
        let job = &page.job;
        let text = match job.total {
            Some(total) => format!("job {id}: {} of {} rows", grouped(job.done), grouped(total)),
            None => format!("job {id}: {}", job.status.as_str()),
        };
        if text != shown {
            print_error(&text);
            shown = text;
        }
        if job.status.is_over() {
            // What follows from the end is done in this process too.
            let _ended = work.await;
            return match job.status {
                JobStatus::Done => Ok(page),
                _ => Err(CliError::Other(job.error.clone().unwrap_or_else(|| "the job was cancelled".to_owned()))),
            };
        }
        tokio::time::sleep(if work.is_finished() { SHOW_EVERY } else { SHOW_EVERY / 5 }).await;
    }
}
