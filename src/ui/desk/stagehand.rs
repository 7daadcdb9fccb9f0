// SPDX-License-Identifier: MIT
//! The one who turns devices on and off, one thing after the other, so that the window never waits.

use super::tell;
use crate::studio::{
    Admission, Call, CallError, CallSettings, CameraChoice, Invite, MicrophoneChoice, PictureWatch, Preview,
};
use crate::ui::state::News;
use async_channel::Sender;
use std::sync::mpsc::{self, Receiver, channel};
use std::thread::JoinHandle;

/// What there is to do.
pub enum Job {
    /// Camera and microphone on, or others.
    Preview(CameraChoice, MicrophoneChoice, PictureWatch),
    /// Everything off.
    Rest,
    /// Open a call.
    Host(CallSettings, Admission),
    /// Come into one.
    Join(CallSettings, Invite),
}

/// The guard: devices are off, and a call is left, when it goes out of scope.
pub struct Stagehand {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Stagehand {
    /// Waits for jobs.
    pub fn start(news: Sender<News>) -> Stagehand {
        let (jobs, inbox) = channel();
        let work = move || work(&inbox, &news);
        let thread = std::thread::Builder::new().name("stagehand".into()).spawn(work);
        Stagehand { jobs: Some(jobs), thread: Some(thread.expect("the system has a thread left")) }
    }

    /// One thing more to do.
    pub fn give(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            // A stagehand who has gone is one who panicked; that was logged.
            let _ = jobs.send(job);
        }
    }
}

impl Drop for Stagehand {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the window's stagehand has panicked");
        }
    }
}

fn work(inbox: &Receiver<Job>, news: &Sender<News>) {
    let mut preview: Option<Preview> = None;
    while let Ok(job) = inbox.recv() {
        // Whatever comes next, the devices have to be free for it.
        if let Some(preview) = preview.take() {
            preview.end();
        }
        match newest(job, inbox) {
            Job::Preview(camera, microphone, pictures) => {
                preview = turn_on(camera, microphone, pictures, news);
            }
            Job::Rest => {}
            Job::Host(settings, admission) => follow(Call::host(settings, admission), news),
            Job::Join(settings, invite) => follow(Call::join(settings, invite), news),
        }
    }
}

/// Of previews that were ordered while one was turned on, only the last one counts.
fn newest(mut job: Job, inbox: &Receiver<Job>) -> Job {
    while matches!(job, Job::Preview(..)) {
        match inbox.try_recv() {
            Ok(next) => job = next,
            Err(_) => break,
        }
    }
    job
}

fn turn_on(
    camera: CameraChoice,
    microphone: MicrophoneChoice,
    pictures: PictureWatch,
    news: &Sender<News>,
) -> Option<Preview> {
    let told = news.clone();
    match Preview::start(camera, microphone, pictures, move |event| tell(&told, News::Preview(Ok(event)))) {
        Ok(preview) => {
            tell(news, News::PreviewMeters(preview.meters()));
            Some(preview)
        }
        Err(why) => {
            tell(news, News::Preview(Err(why.to_string())));
            None
        }
    }
}

/// Listens to a call until it is over and everything of it is closed.
fn follow(call: Result<Call, CallError>, news: &Sender<News>) {
    let call = match call {
        Ok(call) => call,
        Err(why) => return tell(news, News::CallRefused(why.to_string())),
    };
    tell(news, News::CallOpened(call.remote(), call.meters()));
    for event in call.events() {
        tell(news, News::Call(event));
    }
    drop(call);
    tell(news, News::CallOver);
}
