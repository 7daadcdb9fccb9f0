// SPDX-License-Identifier: MIT
//! Who goes first when the machine is busy: capture at real-time priority, the master's encoders before other
//! programs. Where the system refuses, the recording goes on without, and the log says so once.

use std::sync::Once;

/// The calling thread takes samples or pictures from a device: nothing may make it late.
pub fn capture_this_thread() {
    static REFUSED: Once = Once::new();
    if let Err(why) = system::real_time() {
        REFUSED.call_once(|| {
            tracing::warn!(
                "capture runs without real-time priority ({why}); allow it with rtkit or an 'rtprio' limit if \
                 recordings suffer while the machine is busy"
            );
        });
    }
}

/// The same, with the answer.
pub fn try_real_time() -> Result<(), String> {
    system::real_time()
}

/// PipeWire's own thread in this process, which takes sound and pictures from the graph, runs at real-time priority
/// only if the client's configuration says so, and that is read once. At normal priority a busy machine loses one
/// graph cycle in six. Only a program that has not started threads yet may do this: it is the first thing that one
/// does. Later it does nothing.
pub fn ask_for_real_time_clients() {
    #[cfg(target_os = "linux")]
    {
        use std::path::Path;
        const NAME: &str = "PIPEWIRE_CONFIG_NAME";
        const CONFIG: &str = "client-rt.conf";
        let threads = std::fs::read_dir("/proc/self/task").map_or(usize::MAX, Iterator::count);
        // Newer versions have no such file, because their ordinary configuration says it already.
        let exists = ["/usr/share/pipewire", "/etc/pipewire"].iter().any(|f| Path::new(f).join(CONFIG).exists());
        if threads == 1 && exists && std::env::var_os(NAME).is_none() {
            // SAFETY: this is the process's only thread, so nobody reads the environment meanwhile.
            unsafe { std::env::set_var(NAME, CONFIG) };
        }
    }
}

/// The calling thread works for the master: before other programs, after capture.
pub fn favour_this_thread() {
    if let Err(why) = system::favoured() {
        tracing::debug!("the master's encoders run at normal priority ({why})");
    }
}

#[cfg(target_os = "linux")]
mod system {
    use audio_thread_priority::promote_current_thread_to_real_time;
    use std::io;

    /// Low among the real-time priorities: above every ordinary thread, below the sound server's own.
    const REAL_TIME_PRIORITY: i32 = 10;
    const NICE: i32 = -11;

    pub fn real_time() -> Result<(), String> {
        let param = libc::sched_param { sched_priority: REAL_TIME_PRIORITY };
        let policy = libc::SCHED_RR | libc::SCHED_RESET_ON_FORK;
        // SAFETY: 0 is the calling thread, and `param` lives through the call.
        if unsafe { libc::sched_setscheduler(0, policy, &raw const param) } == 0 {
            return Ok(());
        }
        // Without the right itself, the desktop's broker may grant it. The handle only serves demotion, and the
        // thread keeps its priority until it ends.
        promote_current_thread_to_real_time(480, 48_000).map(drop).map_err(|e| e.to_string())
    }

    pub fn favoured() -> Result<(), String> {
        // SAFETY: plain system calls on the calling thread.
        let done = unsafe { libc::setpriority(libc::PRIO_PROCESS, libc::gettid() as libc::id_t, NICE) };
        if done == 0 { Ok(()) } else { Err(io::Error::last_os_error().to_string()) }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use audio_thread_priority::promote_current_thread_to_real_time;

    pub fn real_time() -> Result<(), String> {
        promote_current_thread_to_real_time(480, 48_000).map(drop).map_err(|e| e.to_string())
    }

    /// The systems that ship hardware encoders do not need it.
    pub fn favoured() -> Result<(), String> {
        Ok(())
    }
}
