//! Starts the program: arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser;

use aisoule_bridge::cli::{Arguments, CliError, remark, run};

/// What one thread allocates here another often frees; the system's allocator is slow at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            remark(&format!("error: the program can't start its threads: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) | Err(CliError::Unheard) => ExitCode::SUCCESS,
        Err(error) => {
            remark(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}
